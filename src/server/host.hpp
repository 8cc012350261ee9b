// Everything that a running switchboard holds, made in the order in which it depends on each other.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "crypto/identity.hpp"
#include "net/loop.hpp"
#include "net/tls.hpp"
#include "platform/folder_lock.hpp"
#include "server/config/config.hpp"
#include "server/control/server.hpp"
#include "server/relay/relay.hpp"
#include "server/room/records.hpp"
#include "server/store/store.hpp"
#include "server/watch.hpp"

namespace partyline::server {

/// Owned by main, on its thread.
class Host {
public:
    /// Reads the configuration again, as it was read for the start.
    using Reread = std::function<Result<config::Config>()>;

    /// Takes the data folder, restores what was staged for this start, reads or makes identity, certificate
    /// and database, binds all ports. Fails with one line for the owner.
    static Result<std::unique_ptr<Host>> create(config::Config config, Reread reread);

    /// Serves until SIGTERM or SIGINT, then says good-bye to everybody.
    void run();

    [[nodiscard]] std::uint16_t port() const { return server_->port(); }
    [[nodiscard]] std::string fingerprint() const;
    /// Where the admin port is; nothing when there is none.
    [[nodiscard]] std::optional<net::Endpoint> admin() const;
    /// Of this start: makes an account the owner. Empty once somebody owns the server.
    [[nodiscard]] const std::string& owner_token() const { return owner_token_; }

private:
    Host(config::Config config, Reread reread, platform::FolderLock lock,
         crypto::Identity identity);

    /// Opens what is remembered, with the file's rooms in it.
    Result<std::vector<room::Channel>> remember(const config::Config& config);
    Result<void> make_owner_token(const room::Records& records);
    Result<void> listen(const config::Config& config);
    Result<void> bind(const config::Config& config, const net::TlsContext& tls, std::uint16_t port);
    net::task<> stop_on_signal();
    net::task<> reload_on_signal();
    void reload();

    const config::Config started_with_;
    std::string known_away_room_;  // as the store has it
    const Reread reread_;
    platform::FolderLock lock_;
    crypto::Identity identity_;
    SystemClock clock_;
    net::Loop loop_;
    std::optional<net::Signals> stops_;
    net::Signals hangups_;  // from the beginning: SIGHUP must not end a server that is starting
    std::vector<net::TlsListener> listeners_;  // until the server takes them
    std::unique_ptr<store::Store> store_;
    std::string owner_token_;
    std::unique_ptr<relay::Relay> relay_;
    std::unique_ptr<control::Server> server_;
    Watch watch_{clock_};  // last: it looks at all of the above
};

}  // namespace partyline::server

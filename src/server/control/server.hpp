// The control lane of a server: listens, and runs a Switchboard for whoever connects.
#pragma once

#include <memory>
#include <optional>
#include <unordered_set>
#include <vector>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "crypto/identity.hpp"
#include "net/gate.hpp"
#include "net/local.hpp"
#include "net/loop.hpp"
#include "net/tls.hpp"
#include "server/control/admission.hpp"
#include "server/control/config.hpp"
#include "server/control/switchboard.hpp"
#include "server/relay/relay.hpp"

namespace partyline::control {

class Connection;
class Console;

/// Owned by main, or by a test; what it is given outlives it. Every member on the loop's thread.
/// Whoever has called run() waits for its end before destroying the server.
class Server {
public:
    struct Parts {
        net::Loop& loop;
        const Clock& clock;
        const crypto::Identity& identity;
        relay::Relay& relay;
        store::Store& store;
        std::vector<net::TlsListener> listeners;
        std::optional<net::LocalListener> admin_socket = std::nullopt;
    };
    /// Fails with config for channels that make no tree.
    static Result<std::unique_ptr<Server>> create(Config config, Parts parts);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Serves until stop(); returns when every connection has ended.
    net::task<> run();
    /// Lets nobody in, says good-bye to everybody, and ends run() within Limits::closing.
    void stop();

    /// For whoever comes from now on.
    void reconfigure(LiveConfig config, const net::TlsContext& tls);

    [[nodiscard]] std::uint16_t port() const;
    /// [any] to read; lives as long as the server.
    [[nodiscard]] const Figures& figures() const { return switchboard_->figures(); }
    [[nodiscard]] const room::Model& model() const { return switchboard_->model(); }
    [[nodiscard]] std::size_t seats_away() const { return switchboard_->seats_away(); }
    [[nodiscard]] const Admission& admission() const { return admission_; }

private:
    Server(std::unique_ptr<Hashing> hashing, std::unique_ptr<Switchboard> switchboard, Parts parts);

    net::task<> accept_all(net::TlsListener& listener, net::Gate::Pass pass);
    /// To be served, or to be told why not, if that costs little.
    void let_in(net::TlsStream stream, net::Gate::Pass pass);
    net::task<> serve(net::TlsStream stream, Admission::Slot slot, std::optional<Error> turned_away,
                      net::Gate::Pass pass);
    net::task<> accept_consoles(net::Gate::Pass pass);
    net::task<> serve_console(net::LocalStream stream, net::Gate::Pass pass);
    net::task<> tick_all(net::Gate::Pass pass);
    void deliver_tunnelled();
    template <class Which>
    void hang_up(Which which);

    net::Loop& loop_;
    const Clock& clock_;
    relay::Relay& relay_;
    std::vector<net::TlsListener> listeners_;
    std::optional<net::LocalListener> admin_socket_;
    std::unique_ptr<Hashing> hashing_;
    std::unique_ptr<Switchboard> switchboard_;
    Admission admission_;
    net::Gate gate_;
    net::Event stopping_;
    net::Timer ticker_;
    std::unordered_set<Connection*> connections_;
    std::unordered_set<Console*> consoles_;
    Bytes read_buffer_;
    /// What functions posted from the relay's threads look at: they may run after us.
    std::shared_ptr<Server*> self_;
};

}  // namespace partyline::control

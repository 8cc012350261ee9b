// What the admin port tells of a running switchboard: health, readiness, figures.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "net/endpoint.hpp"
#include "server/admin/http_server.hpp"
#include "server/control/figures.hpp"
#include "server/relay/relay.hpp"
#include "server/store/store.hpp"

namespace partyline::server {

/// Owned by the host. The pages run on the admin thread and read what is made for every thread, so
/// watching a server never holds it up.
class Watch {
public:
    /// Of a server that is up. All of them outlive the watch, or its stop().
    struct Sources {
        const control::Figures& control;
        const relay::Relay& relay;
        store::Store& store;
    };

    explicit Watch(const Clock& clock) : clock_(clock), started_(clock.now()) {}

    /// Opens the port; not ready yet. Fails with io, naming the address.
    Result<void> open(const net::Endpoint& listen);
    /// [main] From now on there is something to tell.
    void ready(Sources sources);
    /// [main] Ready no longer, and still there to say so.
    void stopping() { state_ = State::stopping; }
    /// [main] Closes the port; afterwards the sources may go.
    void close() { http_.reset(); }

    /// Where it listens; nothing before open().
    [[nodiscard]] const admin::HttpServer* http() const { return http_.get(); }

private:
    enum class State : std::uint8_t { starting, ready, stopping };

    [[nodiscard]] admin::Response health() const;
    [[nodiscard]] admin::Response readiness() const;
    [[nodiscard]] admin::Response metrics() const;

    const Clock& clock_;
    const TimePoint started_;
    std::atomic<State> state_{State::starting};
    std::unique_ptr<const Sources> sources_;   // written before state_ becomes ready
    std::unique_ptr<admin::HttpServer> http_;  // last: its thread uses all of the above
};

}  // namespace partyline::server

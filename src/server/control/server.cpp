#include "server/control/server.hpp"

#include <format>
#include <utility>

#include "base/log.hpp"
#include "server/control/connection.hpp"
#include "server/control/console.hpp"

namespace partyline::control {

Result<std::unique_ptr<Server>> Server::create(Config config, Parts parts) {
    auto hashing = std::make_unique<HashingThreads>(
        [&loop = parts.loop](auto work) { loop.post(std::move(work)); });
    auto switchboard = Switchboard::create(std::move(config), {.clock = parts.clock,
                                                               .identity = parts.identity,
                                                               .relay = parts.relay,
                                                               .store = parts.store,
                                                               .hashing = *hashing});
    if (!switchboard) {
        return std::unexpected(switchboard.error());
    }
    return std::unique_ptr<Server>(
        new Server(std::move(hashing), std::move(*switchboard), std::move(parts)));
}

Server::Server(std::unique_ptr<Hashing> hashing, std::unique_ptr<Switchboard> switchboard,
               Parts parts)
    : loop_(parts.loop),
      clock_(parts.clock),
      relay_(parts.relay),
      listeners_(std::move(parts.listeners)),
      admin_socket_(std::move(parts.admin_socket)),
      hashing_(std::move(hashing)),
      switchboard_(std::move(switchboard)),
      admission_(switchboard_->limits(), clock_.now()),
      gate_(loop_),
      stopping_(loop_),
      ticker_(loop_),
      read_buffer_(read_buffer_bytes),
      self_(std::make_shared<Server*>(this)) {
    relay_.on_tunnel_down([&loop = loop_, self = std::weak_ptr(self_)] {
        loop.post([self] {
            if (const auto server = self.lock()) {
                (*server)->deliver_tunnelled();
            }
        });
    });
}

Server::~Server() { relay_.on_tunnel_down({}); }

std::uint16_t Server::port() const { return listeners_.front().local().port(); }

template <class Which>
void Server::hang_up(Which which) {
    for (auto* connection : connections_) {
        if (which(*connection)) {
            connection->hang_up();
        }
    }
}

net::task<> Server::run() {
    for (auto& listener : listeners_) {
        loop_.spawn(accept_all(listener, gate_.enter().value()));
    }
    if (admin_socket_) {
        loop_.spawn(accept_consoles(gate_.enter().value()));
    }
    loop_.spawn(tick_all(gate_.enter().value()));
    co_await stopping_.wait();

    for (auto& listener : listeners_) {
        listener.close();
    }
    if (admin_socket_) {
        admin_socket_->close();
    }
    for (auto* console : consoles_) {
        console->hang_up();
    }
    switchboard_->shut_down();
    ticker_.cancel();
    hang_up([](const Connection& connection) { return !connection.greeted(); });
    // Whoever has heard the good-bye hangs up; the others have until then.
    const net::Alarm late(loop_, switchboard_->limits().closing,
                          [this] { hang_up([](const Connection&) { return true; }); });
    co_await gate_.close();
}

void Server::reconfigure(LiveConfig config, const net::TlsContext& tls) {
    admission_.set_limits(config.limits, clock_.now());
    switchboard_->reconfigure(std::move(config));
    for (auto& listener : listeners_) {
        listener.use(tls);
    }
}

void Server::stop() { stopping_.set(); }

net::task<> Server::accept_all(net::TlsListener& listener, [[maybe_unused]] net::Gate::Pass pass) {
    for (;;) {
        auto stream = co_await listener.accept();
        if (!stream) {
            co_return;  // closed, by run()
        }
        if (auto inside = gate_.enter()) {
            let_in(std::move(*stream), std::move(*inside));
        }
    }
}

void Server::let_in(net::TlsStream stream, net::Gate::Pass pass) {
    const auto now = clock_.now();
    auto slot = admission_.admit(stream.remote(), now);
    (slot ? switchboard_->figures().accepted : switchboard_->figures().turned_away).add(1);
    if (slot) {
        loop_.spawn(serve(std::move(stream), std::move(*slot), std::nullopt, std::move(pass)));
        return;
    }
    auto why = std::move(slot.error());
    log::debug("{} is refused: {}", stream.remote().to_string(), why.message);
    if (auto to_be_told = admission_.admit_to_be_told(now)) {
        why.message = std::format("The server does not let you in now: {}.", why.message);
        loop_.spawn(
            serve(std::move(stream), std::move(*to_be_told), std::move(why), std::move(pass)));
    }
}

net::task<> Server::serve(net::TlsStream stream, Admission::Slot slot,
                          std::optional<Error> turned_away, [[maybe_unused]] net::Gate::Pass pass) {
    Connection connection(
        {.loop = loop_, .clock = clock_, .switchboard = *switchboard_, .read_buffer = read_buffer_},
        std::move(stream), std::move(slot));
    if (turned_away) {
        connection.turn_away(*std::move(turned_away));
    }
    connections_.insert(&connection);
    co_await connection.run();
    connections_.erase(&connection);
}

net::task<> Server::accept_consoles([[maybe_unused]] net::Gate::Pass pass) {
    for (;;) {
        auto stream = co_await admin_socket_->accept();
        if (!stream) {
            co_return;  // closed, by run()
        }
        if (auto inside = gate_.enter()) {
            loop_.spawn(serve_console(std::move(*stream), std::move(*inside)));
        }
    }
}

net::task<> Server::serve_console(net::LocalStream stream, [[maybe_unused]] net::Gate::Pass pass) {
    Console console(loop_, clock_, *switchboard_, std::move(stream));
    consoles_.insert(&console);
    if (gate_.closing()) {
        console.hang_up();  // it has come in while the others were sent away
    }
    co_await console.run();
    consoles_.erase(&console);
}

net::task<> Server::tick_all([[maybe_unused]] net::Gate::Pass pass) {
    // The gate, too: a wait that is over already when it is cancelled still ends as if it were not.
    while (co_await ticker_.wait(tick_interval) && !gate_.closing()) {
        switchboard_->tick();
        switchboard_->figures().connections.set(admission_.connections());
        switchboard_->figures().unauthenticated.set(admission_.unauthenticated());
    }
}

void Server::deliver_tunnelled() {
    // A batch at a time, so that a flood of voice does not keep the loop from everything else.
    if (switchboard_->deliver_tunnelled()) {
        loop_.post([self = std::weak_ptr(self_)] {
            if (const auto server = self.lock()) {
                (*server)->deliver_tunnelled();
            }
        });
    }
}

}  // namespace partyline::control

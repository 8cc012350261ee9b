// For tests: people whose connections are lost, on a clock that is moved by hand.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <iterator>
#include <vector>

#include "server/control/server_fixture.hpp"

namespace partyline::control {

class AwayTest : public ServerTest {
protected:
    AwayTest() { clock = &manual_clock; }

    /// Until the server has noticed that a connection is gone. `other` is somebody who is there.
    net::task<> away(Caller& other, std::size_t seats = 1) {
        while (server->seats_away() != seats) {
            manual_clock.advance(std::chrono::milliseconds(20));  // a ping's worth of messages
            co_await other.ask<wire::ControlPong>(wire::ControlPing{});
        }
    }
    net::task<> lose(Caller& caller, Caller& other) {
        caller.break_off();
        co_await away(other);
    }

    /// Everything that was told until now; the presence of those who speak and such is flushed.
    net::task<std::vector<wire::ServerBody>> told(Caller& caller) {
        manual_clock.advance(std::chrono::seconds(1));
        // Ticks come by real time: one has passed when something that it does has been done.
        const auto before = relay.losses_updated;
        std::vector<wire::ServerBody> bodies;
        while (relay.losses_updated == before) {
            manual_clock.advance(std::chrono::milliseconds(20));  // a ping's worth of messages
            auto more = co_await caller.told();
            std::ranges::move(more, std::back_inserter(bodies));
        }
        co_return bodies;
    }
};

}  // namespace partyline::control

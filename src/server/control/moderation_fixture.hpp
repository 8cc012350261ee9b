// For tests: people in one room of whom some keep order, and a store that can be held.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <variant>

#include "server/control/people_fixture.hpp"

namespace partyline::control {

class OrderTest : public PeopleTest {
protected:
    [[nodiscard]] const room::Presence& presence(const Caller& caller) const {
        return server->model().find(caller.session)->presence;
    }
    /// The newest line of the audit log.
    [[nodiscard]] room::AuditEntry logged() const {
        return std::get<room::AuditEntry>(store.applied.back().back());
    }
    net::task<> enter_lobby(Caller& caller, std::string name) {
        co_await enter(caller, name);
        co_await caller.ask<wire::Joined>(wire::Join{.channel = lobby, .password = {}});
    }
    /// A moderator and a guest, each under their own name.
    net::task<> enter_lobby(Caller& mo, Caller& gus) {
        co_await enter_lobby(mo, "Mo");
        co_await enter_lobby(gus, "Gus");
    }

    /// How others are told that somebody is, next time they are told.
    static net::task<wire::Presence> shown(Caller& to, SessionId whom) {
        for (;;) {
            const auto news = co_await to.get<wire::PresenceChanged>();
            const auto found = std::ranges::find(news.sessions, whom, &wire::Presence::session);
            if (found != news.sessions.end() && found->server_mute) {
                co_return *found;
            }
        }
    }
    /// From now on what is to be kept is on its way to the disk until release().
    void hold_the_store() {
        store.hold = true;
        applied_before = store.applied.size();
    }
    net::task<> store_has_begun() {
        while (store.applied.size() == applied_before) {
            net::Event soon(loop);
            const net::Alarm alarm(loop, std::chrono::milliseconds(1), [&] { soon.set(); });
            co_await soon.wait();
        }
    }

    /// What was kept when the store was held.
    std::size_t applied_before = 0;
};

}  // namespace partyline::control

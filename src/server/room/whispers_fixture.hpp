// For tests: people in three rooms of whom one whispers, and what the others are told of it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "server/room/built_in.hpp"
#include "server/room/model.hpp"
#include "server/room/records.hpp"
#include "server/room/test_support.hpp"

namespace partyline::room {

inline constexpr ChannelId lobby{1};
inline constexpr ChannelId attic{2};
inline constexpr ChannelId vault{3};
inline constexpr StreamId first{1};
inline constexpr StreamId second{2};

/// Three rooms; Ada, who whispers, Bob in the lobby, Cid in the attic, Dan in no room.
class WhispersTest : public testing::Test {
protected:
    using People = std::set<SessionId>;
    using Told = std::vector<Event>;

    explicit WhispersTest(Options options = {}) {
        Records records{.roles = built_in_roles(),
                        .accounts = {{.id = AccountId{1}, .name = "Ada", .roles = {}}}};
        for (const auto& [id, name] :
             {std::pair{lobby, "Lobby"}, {attic, "Attic"}, {vault, "Vault"}}) {
            records.channels.push_back({.channel = {.id = id, .name = name}});
        }
        model.emplace(*Model::create(std::move(records), options));
        ada = arrive("Ada");
        bob = arrive("Bob", lobby);
        cid = arrive("Cid", attic);
        dan = arrive("Dan");
    }

    SessionId arrive(std::string name, ChannelId channel = {}) {
        const auto session =
            model->log_in(std::move(name), {.identity = identity(++arrived)})->session;
        if (channel) {
            EXPECT_TRUE(model->join(session, channel));
        }
        return session;
    }
    void go(SessionId session, ChannelId channel) {
        events = channel ? model->join(session, channel)->events : *model->leave(session);
    }
    void say(ChannelId room, Override override) {
        auto changed = *model->directory().find(room);
        changed.overrides[guest_role] = override;
        apply({changed});
    }
    void apply(const Changes& changes) {
        events.clear();
        for (const auto& relocation : model->apply(changes).relocations) {
            std::ranges::copy(model->relocate(relocation), std::back_inserter(events));
        }
        std::ranges::copy(model->judge_whispers(), std::back_inserter(events));
    }

    ErrorCode name(SessionId whisperer, StreamId stream, std::vector<SessionId> sessions,
                   std::vector<ChannelId> channels = {}) {
        const auto plan = model->plan_whisper({whisperer, stream}, sessions, channels);
        if (plan) {
            events = model->set_whisper(*plan);
        }
        return code(plan);
    }
    void name(std::vector<SessionId> sessions, std::vector<ChannelId> channels = {}) {
        EXPECT_EQ(name(ada, first, std::move(sessions), std::move(channels)),
                  ErrorCode::unspecified);
    }

    [[nodiscard]] People members(StreamId stream = first) const {
        const auto* set = model->whispers().find({ada, stream});
        return set == nullptr ? People{} : set->members;
    }
    [[nodiscard]] std::uint32_t epoch() const {
        return model->whispers().epoch({ada, first}).value;
    }

    /// What whoever listens was told by the last command of whom, and what Ada was.
    [[nodiscard]] std::vector<Event> told() const {
        std::vector<Event> whispers;
        std::ranges::copy_if(events, std::back_inserter(whispers), [](const Event& event) {
            return std::holds_alternative<WhisperChanged>(event.body) ||
                   std::holds_alternative<WhisperOpened>(event.body) ||
                   std::holds_alternative<WhisperClosed>(event.body);
        });
        return whispers;
    }
    [[nodiscard]] Event opened(std::vector<SessionId> to) const {
        return {ToThese{std::move(to)}, WhisperOpened{.whisperer = ada, .stream = first}};
    }
    [[nodiscard]] Event closed(std::vector<SessionId> to) const {
        return {ToThese{std::move(to)}, WhisperClosed{.whisperer = ada, .stream = first}};
    }
    [[nodiscard]] Event changed(std::vector<SessionId> joined, std::vector<SessionId> left) const {
        return {ToSession{ada}, WhisperChanged{.whisperer = ada,
                                               .stream = first,
                                               .epoch = ChannelEpoch{epoch()},
                                               .joined = std::move(joined),
                                               .left = std::move(left)}};
    }

    std::optional<Model> model;
    Events events;
    SessionId ada, bob, cid, dan;
    std::size_t arrived = 0;
};

}  // namespace partyline::room

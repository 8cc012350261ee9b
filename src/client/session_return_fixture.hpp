// For tests of the way back after a loss: two rooms, and what is told of them.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <format>
#include <initializer_list>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "client/session_test_support.hpp"

namespace partyline::client::test {

class SessionReturn : public testing::Test, protected NotedSession {
protected:
    static constexpr ChannelId lobby{10};
    static constexpr ChannelId den{11};
    inline static const std::vector<wire::Channel> rooms{{.id = lobby, .name = "Lobby"},
                                                         {.id = den, .name = "Den"}};

    SessionReturn() { connect({}, rooms); }

    [[nodiscard]] static wire::Joined joined(ChannelId room, std::uint32_t route = 6) {
        return {.channel = room, .route = Route{route}, .frame_ms = 10, .members = 1};
    }
    static wire::History history(std::initializer_list<std::uint64_t> ids) {
        wire::History out{.channel = lobby, .texts = {}, .more = true};
        for (const auto id : ids) {
            out.texts.push_back({.id = MessageId{id}, .channel = lobby, .text = "word"});
        }
        return out;
    }
    /// Answers what the session has asked of the history, or else this was not asked.
    void answer_history(const wire::History& history) {
        ASSERT_TRUE(std::holds_alternative<wire::GetHistory>(noted.sent.back().body));
        answer(history);
    }
    void enter(ChannelId room) {
        session->join(room);
        answer(joined(room));
    }
    /// Somebody comes to the lobby, where we are.
    void meet(std::uint32_t number) {
        say(wire::MemberJoined{.channel = lobby,
                               .channel_epoch = ChannelEpoch{2},
                               .member = Peer(number).member(clock.unix_ms())});
    }
    /// On another seat, and back in the room.
    void come_back_anew() {
        connect(session->leave_behind(), rooms);
        answer(joined(lobby));
    }
    /// On the same seat, which is in this room; more was missed than the server keeps.
    void come_back_to(ChannelId room, std::uint32_t route) {
        session->go_away();
        session->come_back({.route = Route{route}, .replayed = false, .channel = room});
        say(wire::ChannelPage{rooms});
        say(wire::PresencePage{{{.session = self.session, .name = "me", .channel = room}}});
        say(wire::SnapshotEnd{});
    }
    /// What was told since asked last, as far as it matters here.
    std::string told() {
        std::string out;
        for (const auto& event : std::exchange(noted.told, {})) {
            if (const auto* entered = std::get_if<RoomEntered>(&event)) {
                out +=
                    std::format("{} {} ", entered->moved ? "moved" : "in", entered->channel.value);
            } else if (const auto* left = std::get_if<RoomLeft>(&event)) {
                out += left->moved ? "moved out " : "out ";
            } else if (const auto* missed = std::get_if<HistoryReceived>(&event)) {
                out += missed->missed ? "missed " : "history ";
                for (const auto& text : missed->texts) {
                    out += std::format("{} ", text.id.value);
                }
            } else if (const auto* refused = std::get_if<Refused>(&event)) {
                out += refused->command + " refused ";
            }
        }
        return out;
    }
    template <class Body>
    std::size_t sent_count() const {
        return static_cast<std::size_t>(std::ranges::count_if(noted.sent, [](const auto& message) {
            return std::holds_alternative<Body>(message.body);
        }));
    }
};

}  // namespace partyline::client::test

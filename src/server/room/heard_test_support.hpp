// For tests: a second, naive model of a server that knows only the events.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>

#include "server/room/events.hpp"
#include "server/room/whispers.hpp"

namespace partyline::room {

/// What somebody knows who has heard every event since the start.
struct Heard {
    std::map<SessionId, Presence> people;
    std::map<ChannelId, std::uint32_t> epochs;
    std::map<ChannelId, std::set<SessionId>> members;
    std::uint64_t last_text = 0;
    // What whisperers know of their sets, and others of who whispers to them.
    std::map<WhisperKey, std::uint32_t> whisper_epochs;
    std::map<WhisperKey, std::set<SessionId>> whispered_to;
    std::map<SessionId, std::set<WhisperKey>> heard_by;
    std::map<MessageId, std::set<SessionId>> read;  // by whom, as it was said
    // About the event that comes.
    std::set<SessionId> told;
    std::set<SessionId> may_look_up;  // what was said before, of those in that room

    void operator()(const Arrived& event) {
        EXPECT_TRUE(people.emplace(event.presence.session, event.presence).second);
    }
    void operator()(const PresenceChanged& event) {
        ASSERT_TRUE(people.contains(event.presence.session));
        people[event.presence.session] = event.presence;
    }
    void operator()(const Gone& event) {
        EXPECT_EQ(people.erase(event.session), 1U);
        heard_by.erase(event.session);
        const auto is_theirs = [&](const auto& entry) {
            return entry.first.whisperer == event.session;
        };
        std::erase_if(whispered_to, is_theirs);
        std::erase_if(whisper_epochs, is_theirs);
    }
    void operator()(const MemberJoined& event) {
        if (members[event.channel].insert(event.session).second) {
            rise(event.channel, event.epoch);
        } else {
            EXPECT_EQ(epochs[event.channel], event.epoch.value) << "a renewed device";
        }
    }
    void operator()(const MemberLeft& event) {
        EXPECT_EQ(members[event.channel].erase(event.session), 1U);
        rise(event.channel, event.epoch);
    }
    void operator()(const Text& event) {
        EXPECT_GT(event.message.id.value, last_text);
        last_text = event.message.id.value;
        EXPECT_TRUE(members[event.message.channel].contains(event.session));
        EXPECT_EQ(told, members[event.message.channel]) << "those who are there, and nobody else";
        read[event.message.id] = told;
    }
    void operator()(const TextChanged& event) {
        for (const auto& person : told) {
            EXPECT_TRUE(members[event.message.channel].contains(person));
            EXPECT_TRUE(may_look_up.contains(person) || read[event.message.id].contains(person))
                << "who may not know what it said";
        }
        EXPECT_TRUE(std::ranges::includes(told, may_look_up));
    }
    void operator()(const KeyRequested&) {}
    void operator()(const WhisperChanged& event) {
        const WhisperKey key{event.whisperer, event.stream};
        auto& set = whispered_to[key];
        bool renewed = !event.joined.empty();
        for (const auto person : event.joined) {
            renewed = !set.insert(person).second && renewed;
        }
        for (const auto person : event.left) {
            EXPECT_EQ(set.erase(person), 1U);
        }
        auto& epoch = whisper_epochs[key];
        epoch += renewed ? 0 : 1;
        EXPECT_EQ(event.epoch.value, epoch);
    }
    void operator()(const WhisperOpened& event) {
        for (const auto person : told) {
            heard_by[person].insert({event.whisperer, event.stream});
        }
    }
    void operator()(const WhisperClosed& event) {
        for (const auto person : told) {
            EXPECT_EQ(heard_by[person].erase({event.whisperer, event.stream}), 1U);
        }
    }
    void operator()(const TreeChanged&) {}

    void rise(ChannelId channel, ChannelEpoch epoch) { EXPECT_EQ(epoch.value, ++epochs[channel]); }
};

}  // namespace partyline::room

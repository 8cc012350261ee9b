// For tests of a receiver: one member who talks, and the ears.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "client/test_support.hpp"
#include "client/voice_receiver.hpp"

namespace partyline::client::test {

inline constexpr std::uint32_t own_session = 1;

class VoiceReceiverTest : public testing::Test {
protected:
    VoiceReceiverTest() {
        talker_.sender().set_key(key_of(1));
        receiver_.add_member(talker_.session());
    }

    void give_key(std::uint32_t generation = 1, std::uint16_t step = 0) {
        receiver_.add_key(
            {.speaker = talker_.session(), .stream = {}, .material = key_of(generation, step)},
            clock_.now());
    }

    void receive(const std::optional<Bytes>& datagram) {
        if (datagram) {
            receiver_.receive(*datagram, clock_.now());
        }
    }

    /// 10 ms of the speaker's talk and ours of listening: what was heard.
    double hear(const std::optional<Bytes>& datagram) {
        receive(datagram);
        return listen();
    }
    double listen() { return energy(listen_closely()); }
    Samples listen_closely() {
        Samples frame;
        receiver_.play(frame, clock_.now());
        clock_.advance(std::chrono::milliseconds(10));
        return frame;
    }
    /// As long as there can be anything to hear of what has come.
    void listen_to_the_end() {
        for (int i = 0; i < 150; ++i) {
            listen();
        }
    }

    /// Another member, whose key we have, says a word.
    void meet(SessionId session) {
        Talker talker(session.value);
        talker.sender().set_key(key_of(1));
        receiver_.add_member(session);
        receiver_.add_key({.speaker = session, .stream = {}, .material = key_of(1)}, clock_.now());
        receive(talker.talk());
    }

    std::vector<SpeakerStats> all_stats() {
        std::vector<SpeakerStats> all;
        receiver_.collect_stats(all);
        return all;
    }
    SpeakerStats stats() {
        const auto all = all_stats();
        return all.empty() ? SpeakerStats{} : all.front();
    }

    ManualClock clock_;
    VoiceReceiver receiver_{identity_of(own_session)};
    Talker talker_{2};
};

}  // namespace partyline::client::test

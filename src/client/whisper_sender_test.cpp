// What is said to the room and to those one whispers to, as it leaves the microphone.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "client/capture_path.hpp"
#include "client/test_support.hpp"
#include "client/voice_sender.hpp"
#include "client/whisperer_test_support.hpp"

namespace partyline::client {
namespace {

using test::key_of;
using test::one;
using test::open;
using test::Opened;
using test::to_room;
using test::two;
using test::Whisperer;

TEST(WhisperSender, EachStreamHasItsOwnCounterAndASpurtEndsWhereItBegan) {
    Whisperer alice;
    std::vector<std::pair<int, std::uint64_t>> sent;
    std::vector<std::pair<int, std::uint64_t>> ends;
    for (const auto stream : {to_room, one, to_room, two}) {
        alice.sender().set_stream(stream);
        for (int i = 0; i < 4; ++i) {
            const auto opened = open(alice.talker.talk().value());
            sent.emplace_back(opened.stream.value, opened.counter);
            if (opened.ends_spurt) {
                ends.emplace_back(opened.stream.value, opened.counter);
            }
        }
    }
    using Sent = std::vector<std::pair<int, std::uint64_t>>;
    EXPECT_EQ(sent, (Sent{{0, 0},
                          {0, 1},
                          {0, 2},
                          {0, 3},  //
                          {0, 4},
                          {1, 0},
                          {1, 1},
                          {1, 2},  //
                          {1, 3},
                          {0, 5},
                          {0, 6},
                          {0, 7},  //
                          {0, 8},
                          {2, 0},
                          {2, 1},
                          {2, 2}}));
    EXPECT_EQ(ends, (Sent{{0, 4}, {1, 3}, {0, 8}}));
}

/// Knows whether the last frame was told to be for the room.
struct RoomListener final : SentListener {
    void sent(dsp::MediaTime, dsp::ConstFrame) override { told = true; }
    bool told = false;
};

TEST(WhisperSender, ARecordingHasAllThatGoesToTheRoomAndNothingElse) {
    Whisperer alice;
    RoomListener listener;
    CapturePath path(alice.sender());
    path.set_listener(&listener);
    int for_the_room = 0;
    const auto push = [&](bool talking) {
        auto frame = talking ? test::buzz(alice.sender().media_time()) : test::Samples{};
        listener.told = false;
        std::optional<Opened> sent;
        path.push(frame, [&](const VoiceSender::Packet& packet) {
            sent = open(test::to_downlink(packet.datagram));
        });
        if (sent) {
            const bool to_the_room = sent->stream == to_room && !sent->ends_spurt;
            EXPECT_EQ(listener.told, to_the_room) << "after " << for_the_room;
            for_the_room += to_the_room ? 1 : 0;
        }
        return sent;
    };
    for (const auto stream : {to_room, one, two, to_room, one}) {
        alice.sender().set_stream(stream);
        for (int i = 0; i < 4; ++i) {
            push(true);
        }
    }
    // This whisper ends in silence, before what comes next.
    while (alice.sender().in_spurt()) {
        push(false);
    }
    alice.sender().set_stream(to_room);
    EXPECT_EQ(push(true)->stream, to_room);
    EXPECT_EQ(for_the_room, 4 + 3 + 1);
}

// Opus carries a copy of one packet in the next, and codes it by what was before.
TEST(WhisperSender, NoPacketForSomeHoldsATraceOfWhatWasSaidToOthers) {
    const auto first_whisper = [](float loudness) {
        Whisperer alice;
        alice.sender().on_loss({.uplink_permille = 90, .room_permille = 90});
        for (int i = 0; i < 50; ++i) {
            auto samples = test::buzz(static_cast<dsp::MediaTime>(i) * 480);
            std::ranges::transform(samples, samples.begin(),
                                   [loudness](float sample) { return sample * loudness; });
            alice.talker.push(samples);
        }
        alice.sender().set_stream(one);
        std::vector<Bytes> said;
        for (int i = 0; i < 5; ++i) {
            said.push_back(alice.talker.talk().value());
        }
        said.erase(said.begin());  // the end of the room's spurt
        return said;
    };
    EXPECT_EQ(first_whisper(1.0F), first_whisper(0.3F));
}

TEST(WhisperSender, SaysNothingToASetThatIsClosedOrHasNoKey) {
    Whisperer alice;
    alice.talker.talk();
    alice.sender().set_stream(StreamId{3});
    EXPECT_TRUE(open(alice.talker.talk().value()).ends_spurt);
    alice.sender().set_open(true, StreamId{3});
    EXPECT_FALSE(alice.talker.talk()) << "no key";
    alice.sender().set_key(key_of(StreamId{3}), StreamId{3});
    alice.sender().set_open(false, StreamId{3});
    EXPECT_FALSE(alice.talker.talk()) << "closed, and never into the room";
    alice.sender().set_open(true, StreamId{3});
    EXPECT_EQ(open(alice.talker.talk().value()).stream, StreamId{3});
}

TEST(WhisperSender, ARoomThatIsClosedIsNoHindrance) {
    Whisperer alice;
    alice.sender().set_open(false, to_room);
    EXPECT_FALSE(alice.talker.talk());
    alice.sender().set_stream(one);
    EXPECT_EQ(open(alice.talker.talk().value()).stream, one);
}

TEST(WhisperSender, ToAndFroInOnePauseIsNothing) {
    Whisperer alice;
    alice.sender().set_stream(one);
    alice.sender().set_stream(to_room);
    const auto opened = open(alice.talker.talk().value());
    EXPECT_EQ(opened.stream, to_room);
    EXPECT_FALSE(opened.ends_spurt);
    alice.sender().set_stream(one);
    alice.sender().set_stream(to_room);
    EXPECT_FALSE(open(alice.talker.talk().value()).ends_spurt) << "no frame fell in between";
}

TEST(WhisperSender, HalfALongPacketIsNotForOthers) {
    Whisperer alice;
    alice.sender().set_open(false, to_room);
    alice.sender().set_frame_ms(20).value();
    alice.talker.talk();
    alice.sender().set_stream(one);
    EXPECT_FALSE(alice.talker.talk()) << "its first half was said to the room";
    EXPECT_TRUE(alice.talker.talk());
}

TEST(WhisperSender, SwitchingAllocatesNothing) {
    Whisperer alice;
    alice.talker.talk();
    auto& sender = alice.sender();
    const auto before = test::allocations();
    for (std::uint32_t i = 0; i < 200; ++i) {
        sender.set_stream(StreamId{static_cast<std::uint8_t>(i / 7 % 3)});
        sender.set_open(i % 50 != 0, one);
        sender.push(test::buzz(i * 480));
    }
    EXPECT_EQ(test::allocations(), before);
}

}  // namespace
}  // namespace partyline::client

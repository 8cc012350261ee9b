#include "server/control/outbox.hpp"

#include <gtest/gtest.h>

#include "wire/frame.hpp"

namespace partyline::control {
namespace {

using std::chrono::milliseconds;

constexpr TimePoint start{};

wire::ServerMessage pong(std::uint64_t token) {
    return {.body = wire::ControlPong{.token = token}};
}

std::vector<wire::ServerMessage> decode(ByteView bytes) {
    wire::FrameReader frames;
    frames.feed(bytes);
    std::vector<wire::ServerMessage> messages;
    while (const auto frame = frames.next().value()) {
        messages.push_back(wire::decode_server(*frame).value());
    }
    EXPECT_EQ(frames.buffered(), 0U) << "whole messages only";
    return messages;
}

TEST(Outbox, KeepsTheOrder) {
    Outbox outbox(Limits{});
    EXPECT_TRUE(outbox.take(start).empty());
    EXPECT_TRUE(outbox.push(pong(1)));
    EXPECT_TRUE(outbox.push_event(wire::EncodedEvent(wire::SnapshotEnd{}), 9));
    const std::vector<wire::ServerMessage> expected{pong(1),
                                                    {.seq = 9, .body = wire::SnapshotEnd{}}};
    EXPECT_EQ(decode(outbox.take(start)), expected);
    EXPECT_TRUE(outbox.take(start).empty());
    EXPECT_EQ(outbox.control_bytes(), 0U);
}

TEST(Outbox, IsFullAtItsBoundAndNotBefore) {
    const auto one = wire::encode(pong(1)).size() + wire::frame_length_bytes;
    Outbox outbox({.outbox_bytes = 3 * one});
    EXPECT_TRUE(outbox.push(pong(1)));
    EXPECT_FALSE(outbox.take(start).empty());
    EXPECT_TRUE(outbox.push(pong(1)));
    EXPECT_TRUE(outbox.push_event(wire::EncodedEvent(wire::ControlPong{.token = 1}), 0));
    EXPECT_FALSE(outbox.push(pong(1))) << "what is being written counts, too";
    EXPECT_FALSE(outbox.push_event(wire::EncodedEvent(wire::ControlPong{.token = 1}), 0));
    EXPECT_EQ(decode(outbox.take(start)).size(), 2U) << "refused ones are not queued";
    EXPECT_TRUE(outbox.push(pong(1)));
}

TEST(Outbox, ASnapshotDoesNotCount) {
    const auto one = wire::encode(pong(1)).size() + wire::frame_length_bytes;
    Outbox outbox({.outbox_bytes = one});
    for (int i = 0; i < 10; ++i) {
        EXPECT_TRUE(outbox.push(pong(1), Outbox::Bound::exempt));
    }
    EXPECT_TRUE(outbox.push(pong(1)));
    EXPECT_FALSE(outbox.push(pong(1)));
    EXPECT_EQ(decode(outbox.take(start)).size(), 11U);
    EXPECT_TRUE(outbox.take(start).empty());
    EXPECT_TRUE(outbox.push(pong(1)));
    EXPECT_FALSE(outbox.push(pong(1))) << "once it is written, the bound is as before";
}

TEST(Outbox, VoiceNeverGoesAheadOfControl) {
    Outbox outbox(Limits{});
    outbox.push_voice(Bytes(30), start);
    outbox.push_voice(Bytes(31), start);
    EXPECT_TRUE(outbox.push(pong(1)));
    EXPECT_EQ(decode(outbox.take(start)), std::vector{pong(1)});
    EXPECT_EQ(decode(outbox.take(start)),
              std::vector{wire::ServerMessage{.body = wire::VoiceTunnel{Bytes(30)}}});
    EXPECT_TRUE(outbox.push(pong(2)));
    EXPECT_EQ(decode(outbox.take(start)), std::vector{pong(2)});
    EXPECT_EQ(decode(outbox.take(start)),
              std::vector{wire::ServerMessage{.body = wire::VoiceTunnel{Bytes(31)}}});
}

TEST(Outbox, OldVoiceIsDropped) {
    Outbox outbox(Limits{});
    outbox.push_voice(Bytes(30), start);
    outbox.push_voice(Bytes(31), start + milliseconds(1));
    EXPECT_EQ(decode(outbox.take(start + milliseconds(201))),
              std::vector{wire::ServerMessage{.body = wire::VoiceTunnel{Bytes(31)}}});
    EXPECT_EQ(outbox.voice_dropped(), 1U);
}

TEST(Outbox, TooMuchVoiceIsDroppedAndNotCounted) {
    Outbox outbox({.outbox_bytes = 100});
    for (int i = 0; i < 1000; ++i) {
        outbox.push_voice(Bytes(100), start);
    }
    EXPECT_EQ(outbox.control_bytes(), 0U);
    EXPECT_TRUE(outbox.push(pong(1)));
    std::size_t bytes = 0;
    static_cast<void>(outbox.take(start));
    for (auto frame = outbox.take(start); !frame.empty(); frame = outbox.take(start)) {
        bytes += frame.size();
    }
    EXPECT_LE(bytes, Limits{}.voice_bytes);
    EXPECT_GT(bytes, Limits{}.voice_bytes - 200);
}

TEST(Outbox, DropsWhatWaitsButNotWhatIsBeingWritten) {
    Outbox outbox(Limits{});
    EXPECT_TRUE(outbox.push(pong(1)));
    const auto writing = outbox.take(start);
    EXPECT_TRUE(outbox.push(pong(2)));
    outbox.push_voice(Bytes(30), start);
    outbox.drop_waiting();
    EXPECT_EQ(decode(writing), std::vector{pong(1)});
    EXPECT_TRUE(outbox.take(start).empty());
}

}  // namespace
}  // namespace partyline::control

// What is said to the room and to those one whispers to, from the microphone to the ear.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <optional>
#include <vector>

#include "base/random.hpp"
#include "client/capture_path.hpp"
#include "client/limits.hpp"
#include "client/test_support.hpp"
#include "client/voice_receiver.hpp"
#include "client/voice_sender.hpp"
#include "crypto/receiver_keys.hpp"
#include "crypto/sframe.hpp"

namespace partyline::client {
namespace {

using namespace std::chrono_literals;
using test::Talker;

constexpr StreamId to_room{};
constexpr StreamId one{1};
constexpr StreamId two{2};

/// Each stream's key is of another seed.
crypto::SenderKeyMaterial key_of(StreamId stream, std::uint32_t generation = 1) {
    return test::key_of(generation, 0, static_cast<std::uint8_t>(40 + stream.value));
}

struct Whisperer {
    explicit Whisperer(std::uint32_t session = 2) : talker(session) {
        for (const auto stream : {to_room, one, two}) {
            talker.sender().set_key(key_of(stream), stream);
            talker.sender().set_open(true, stream);
        }
    }
    VoiceSender& sender() { return talker.sender(); }

    Talker talker;
};

/// A record, opened by the key of the stream that it says it is of.
struct Opened {
    StreamId stream;
    std::uint64_t counter = 0;
    bool ends_spurt = false;
};

Opened open(ByteView downlink) {
    const auto record = wire::DownlinkRecords::parse(downlink)->next().value();
    const auto header = crypto::parse_sframe_header(record.sealed)->header;
    const auto key = key_of(record.stream(), crypto::generation_of(header.kid));
    EXPECT_TRUE(test::open_record(record, key).has_value());
    return {
        .stream = record.stream(), .counter = header.counter, .ends_spurt = record.ends_spurt()};
}

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

class WhisperReceiverTest : public testing::Test {
protected:
    void give_key(StreamId stream, std::uint32_t generation = 1) {
        receiver_.add_key({.speaker = alice_.talker.session(),
                           .stream = stream,
                           .material = key_of(stream, generation)},
                          clock_.now());
    }
    void let_whisper(StreamId stream) {
        receiver_.add_whisperer(alice_.talker.session(), stream);
        give_key(stream);
    }
    /// 10 ms of what is said and of listening: what was heard.
    double hear(const std::optional<Bytes>& datagram) {
        if (datagram) {
            receiver_.receive(*datagram, clock_.now());
        }
        test::Samples frame;
        receiver_.play(frame, clock_.now());
        clock_.advance(10ms);
        return test::energy(frame);
    }
    double hear_talk(int frames = 30) {
        double heard = 0;
        for (int i = 0; i < frames; ++i) {
            heard += hear(alice_.talker.talk());
        }
        return heard;
    }
    std::vector<std::pair<int, bool>> lights() {
        std::vector<std::pair<int, bool>> lights;
        while (const auto change = receiver_.take_speaking_change()) {
            EXPECT_EQ(change->speaker, alice_.talker.session());
            lights.emplace_back(change->stream.value, change->speaking);
        }
        return lights;
    }
    SpeakerStats stats() {
        std::vector<SpeakerStats> all;
        receiver_.collect_stats(all);
        return all.empty() ? SpeakerStats{} : all.front();
    }
    /// Upkeep is done once a second.
    void idle(Duration time) {
        for (const auto end = clock_.now() + time; clock_.now() < end;) {
            hear(std::nullopt);
        }
    }

    using Lights = std::vector<std::pair<int, bool>>;

    ManualClock clock_;
    VoiceReceiver receiver_{test::identity_of(1)};
    Whisperer alice_;
};

TEST_F(WhisperReceiverTest, HearsWhoeverMayWhisperInNoRoomAtAll) {
    let_whisper(one);
    alice_.sender().set_stream(one);
    EXPECT_GT(hear_talk(), 10.0);
    EXPECT_EQ(stats().packets_received, 30U);
    EXPECT_EQ(stats().packets_unopened, 0U);
    EXPECT_EQ(lights(), (Lights{{1, true}}));
}

TEST_F(WhisperReceiverTest, ARoomThatOneLeavesTakesNoWhispererAlong) {
    receiver_.add_member(alice_.talker.session());
    let_whisper(one);
    receiver_.clear_room();
    alice_.sender().set_stream(one);
    EXPECT_GT(hear_talk(), 10.0);
    alice_.sender().set_stream(to_room);
    hear(alice_.talker.talk());  // the end of the whisper
    EXPECT_EQ(stats().packets_received, 31U);
    hear_talk();
    EXPECT_EQ(stats().packets_received, 31U) << "to the room, which is not ours any more";
}

TEST_F(WhisperReceiverTest, DropsStreamsThatAreNotForIt) {
    receiver_.add_member(alice_.talker.session());
    give_key(to_room);
    give_key(one);
    EXPECT_EQ(receiver_.counters().dropped_keys, 1U);
    alice_.sender().set_stream(one);
    EXPECT_EQ(hear_talk(5), 0.0);
    EXPECT_EQ(receiver_.counters().dropped_unknown_speaker, 5U);
    receiver_.add_whisperer(alice_.talker.session(), StreamId{8});
    receiver_.add_whisperer(alice_.talker.session(), to_room);
    receiver_.remove_whisperer(alice_.talker.session(), StreamId{200}, clock_.now());
    receiver_.add_key(
        {.speaker = alice_.talker.session(), .stream = StreamId{200}, .material = key_of(one)},
        clock_.now());
    EXPECT_EQ(receiver_.counters().dropped_keys, 2U);
}

TEST_F(WhisperReceiverTest, HearsOneBothInTheRoomAndWhispering) {
    receiver_.add_member(alice_.talker.session());
    give_key(to_room);
    let_whisper(one);
    EXPECT_GT(hear_talk(), 10.0);
    alice_.sender().set_stream(one);
    EXPECT_GT(hear_talk(), 10.0);
    EXPECT_EQ(lights(), (Lights{{0, true}, {0, false}, {1, true}}));
    alice_.sender().set_stream(to_room);
    EXPECT_GT(hear_talk(), 10.0);
    EXPECT_EQ(lights(), (Lights{{0, true}, {1, false}})) << "what waits to be played still is";
    EXPECT_EQ(stats().packets_received, 90U);
    EXPECT_EQ(stats().packets_lost, 0U) << "the other stream's frames are no gap";
    EXPECT_EQ(stats().frames_concealed, 0U);
}

TEST_F(WhisperReceiverTest, TheKeyThatIsMissingIsAskedForByStream) {
    receiver_.add_member(alice_.talker.session());
    receiver_.add_whisperer(alice_.talker.session(), two);
    alice_.sender().set_stream(two);
    for (int i = 0; i < 11; ++i) {
        hear(alice_.talker.talk());
    }
    const auto need = receiver_.take_key_need(clock_.now());
    ASSERT_TRUE(need);
    EXPECT_EQ(need->stream, two);
    EXPECT_FALSE(receiver_.take_key_need(clock_.now()));
    give_key(two);
    EXPECT_EQ(stats().packets_received, 11U) << "they waited for it";
}

TEST_F(WhisperReceiverTest, TheLastWordsOfOneWhoMayWhisperNoMoreAreHeard) {
    let_whisper(one);
    alice_.sender().set_stream(one);
    hear_talk();
    const auto late = alice_.talker.talk();
    receiver_.remove_whisperer(alice_.talker.session(), one, clock_.now());
    hear(late);
    EXPECT_EQ(stats().packets_received, 31U);

    idle(crypto::old_generation_lifetime + receiver_upkeep_interval);
    hear(alice_.talker.talk());
    EXPECT_EQ(stats().packets_received, 31U);
    EXPECT_EQ(receiver_.counters().dropped_unknown_speaker, 1U);
    receiver_.add_whisperer(alice_.talker.session(), one);
    hear(alice_.talker.talk());
    EXPECT_EQ(stats().packets_received, 31U) << "the key was wiped";
    give_key(one);
    EXPECT_EQ(stats().packets_received, 32U);
    hear(late);
    EXPECT_EQ(stats().packets_received, 32U) << "played again";
}

TEST_F(WhisperReceiverTest, WhoeverMayWhisperAgainInTimeKeepsTheKey) {
    let_whisper(one);
    alice_.sender().set_stream(one);
    hear_talk();
    receiver_.remove_whisperer(alice_.talker.session(), one, clock_.now());
    receiver_.add_whisperer(alice_.talker.session(), one);
    idle(crypto::old_generation_lifetime + 2 * receiver_upkeep_interval);
    hear(alice_.talker.talk());
    EXPECT_EQ(stats().packets_received, 31U);
}

TEST_F(WhisperReceiverTest, AnEndedSessionWhispersNoMore) {
    let_whisper(one);
    alice_.sender().set_stream(one);
    hear_talk();
    lights();
    receiver_.forget_session(alice_.talker.session());
    EXPECT_EQ(lights(), (Lights{{1, false}}));
    EXPECT_EQ(hear(alice_.talker.talk()), 0.0);
    EXPECT_EQ(stats().packets_received, 30U) << "its figures are still told";
}

/// Whatever one does, each stream's listener gets all of that stream and nothing else, without a gap.
TEST(WhisperWalk, EveryStreamIsWholeAndAlone) {
    for (std::uint64_t seed = 1; seed <= 15; ++seed) {
        SCOPED_TRACE(seed);
        Random random(seed);
        ManualClock clock;
        Whisperer alice;
        std::array<VoiceReceiver, 3> listeners{VoiceReceiver(test::identity_of(10)),
                                               VoiceReceiver(test::identity_of(11)),
                                               VoiceReceiver(test::identity_of(12))};
        listeners[0].add_member(alice.talker.session());
        listeners[1].add_whisperer(alice.talker.session(), one);
        listeners[2].add_whisperer(alice.talker.session(), two);
        for (std::uint8_t stream = 0; stream < 3; ++stream) {
            listeners[stream].add_key({.speaker = alice.talker.session(),
                                       .stream = StreamId{stream},
                                       .material = key_of(StreamId{stream})},
                                      clock.now());
        }
        std::array<std::uint64_t, 3> sent{};
        std::optional<std::uint8_t> in_spurt;
        bool talking = true;
        for (int frame = 0; frame < 300; ++frame) {
            if (random.chance(0.05)) {
                alice.sender().set_stream(StreamId{static_cast<std::uint8_t>(random.below(3))});
            }
            if (random.chance(0.03)) {
                alice.sender().set_open(random.chance(0.7),
                                        StreamId{static_cast<std::uint8_t>(random.below(3))});
            }
            if (random.chance(0.02)) {
                alice.sender().set_frame_ms(random.chance(0.5) ? 10 : 20).value();
            }
            talking = random.chance(0.03) ? !talking : talking;
            const auto datagram = talking ? alice.talker.talk() : alice.talker.pause();
            clock.advance(10ms);
            if (!datagram) {
                continue;
            }
            const auto opened = open(*datagram);
            EXPECT_EQ(opened.counter, sent[opened.stream.value]++);
            EXPECT_EQ(in_spurt.value_or(opened.stream.value), opened.stream.value)
                << "a spurt was not ended";
            in_spurt = opened.ends_spurt ? std::nullopt : std::optional(opened.stream.value);
            for (auto& listener : listeners) {
                listener.receive(*datagram, clock.now());
            }
        }
        for (std::size_t i = 0; i < listeners.size(); ++i) {
            std::vector<SpeakerStats> all;
            listeners[i].collect_stats(all);
            EXPECT_EQ(all.empty() ? 0 : all[0].packets_received, sent[i]);
            EXPECT_EQ(all.empty() ? 0 : all[0].packets_lost, 0U);
            EXPECT_EQ(all.empty() ? 0 : all[0].packets_unopened, 0U);
        }
    }
}

}  // namespace
}  // namespace partyline::client

// What is said to the room and to those one whispers to, as it comes to the ear.
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "client/limits.hpp"
#include "client/test_support.hpp"
#include "client/voice_receiver.hpp"
#include "client/whisperer_test_support.hpp"

namespace partyline::client {
namespace {

using namespace std::chrono_literals;
using test::key_of;
using test::one;
using test::open;
using test::to_room;
using test::two;
using test::Whisperer;

/// Counts the frames of whispers that whoever records is told of.
struct WhispersHeard final : HeardListener {
    void heard(SessionId, StreamId stream, dsp::ConstFrame) override { count += stream ? 1 : 0; }
    int count = 0;
};

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
    idle(1s);  // what had come is heard
    EXPECT_EQ(hear(alice_.talker.talk()), 0.0);
    EXPECT_EQ(stats().packets_received, 30U) << "its figures are still told";
}

TEST_F(WhisperReceiverTest, AWhisperIsKnownAsOneToItsLastFrame) {
    WhispersHeard told;
    receiver_.set_listener(&told);
    let_whisper(one);
    alice_.sender().set_stream(one);
    hear_talk();
    for (int i = 0; i < 20; ++i) {  // much at once, as after a stall
        if (const auto datagram = alice_.talker.talk()) {
            receiver_.receive(*datagram, clock_.now());
        }
    }
    receiver_.forget_session(alice_.talker.session());
    EXPECT_GT(hear(std::nullopt), 0.0);
    let_whisper(one);
    told.count = 0;
    EXPECT_GT(hear(alice_.talker.talk()), 0.0) << "it fades, as the same person whispers again";
    EXPECT_GE(told.count, 1);
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

#include "dsp/playout.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstring>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "dsp/limits.hpp"
#include "dsp/opus.hpp"
#include "dsp/playout_test_support.hpp"

namespace partyline::dsp {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using test::Bench;
using test::decoded;
using test::packet;
using test::play;
using test::Spurt;
using test::voice;

/// Where `sound` is found in `heard`, to the bit.
std::optional<std::size_t> find_exactly(const std::vector<float>& heard,
                                        const std::vector<float>& sound) {
    for (std::size_t at = 0; at + sound.size() <= heard.size(); at += frame_samples) {
        if (std::memcmp(&heard[at], sound.data(), sound.size() * sizeof(float)) == 0) {
            return at;
        }
    }
    return std::nullopt;
}

TEST(Playout, CatchesUpWithWhatWaitedBeforeTheMicrophoneOpened) {
    // The first 150 ms come at once, when the last of them has been spoken.
    constexpr std::size_t waited = 15;
    Spurt spurt{.packets = 100};
    for (std::size_t i = 0; i < waited; ++i) {
        spurt.late_ms[i] = static_cast<int>(waited - 1 - i) * static_cast<int>(frame_ms);
    }
    for (const auto& [packets, behind_ms_max] : {std::pair{64, 60}, std::pair{100, 40}}) {
        SCOPED_TRACE(packets);
        spurt.packets = static_cast<std::size_t>(packets);
        Bench bench;
        play(bench, spurt);
        const auto last = std::ranges::find_last(bench.speaking, true).begin();
        const auto heard_ms = (last - bench.speaking.begin() + 1) * static_cast<int>(frame_ms);
        EXPECT_LE(heard_ms, packets * static_cast<int>(frame_ms) + behind_ms_max);
        EXPECT_EQ(bench.counters().played, spurt.packets) << "and nothing of it is left out";
        EXPECT_EQ(bench.counters().concealed, 0U);
    }
}

TEST(Playout, PlaysASteadyStreamToTheBitWithinATickOfTheTarget) {
    for (const std::size_t packet_samples : {frame_samples, packet_samples_max}) {
        for (int phase_ms = 0; phase_ms < 10; ++phase_ms) {
            SCOPED_TRACE(phase_ms);
            const Spurt spurt{.packets = 3 * sample_rate_hz / packet_samples,
                              .packet_samples = packet_samples,
                              .phase = milliseconds(phase_ms)};
            Bench bench;
            play(bench, spurt);
            const auto found = find_exactly(bench.heard, decoded(spurt));
            ASSERT_TRUE(found.has_value());
            const auto arrived = static_cast<double>(phase_ms);
            const auto delay_ms = static_cast<double>(*found) / 48 - arrived;
            EXPECT_GE(delay_ms, 6);
            EXPECT_LE(delay_ms, 20);
            EXPECT_EQ(bench.counters().played, 300U);
            EXPECT_EQ(bench.accounted() + bench.counters().silent, bench.speaking.size());
            EXPECT_EQ(bench.counters().stretched_samples, 0U);
            EXPECT_EQ(bench.counters().shortened_samples, 0U);
            const auto told =
                std::chrono::duration<double, std::milli>(bench.playout.delay().current);
            EXPECT_NEAR(told.count(), delay_ms, 0.1);
        }
    }
}

TEST(Playout, LeavesASteadyStreamAloneOnABusyMachine) {
    // Both threads of the listener wake up late now and then.
    Bench bench;
    Random random(6);
    const auto& encoded = voice();
    const auto start = bench.clock.now();
    for (int tick = 0; tick < 3000; ++tick) {
        const auto nominal = start + milliseconds(10) * tick;
        const auto i = static_cast<std::size_t>(tick);
        bench.clock.set(nominal + microseconds(random.below(3000)));
        bench.push(packet(encoded, i), static_cast<MediaTime>(tick) * 480);
        bench.clock.set(nominal + milliseconds(4) + microseconds(random.below(3000)));
        bench.tick();
    }
    EXPECT_GE(bench.counters().played, 2998U);
    EXPECT_EQ(bench.counters().concealed, 0U);
    EXPECT_EQ(bench.counters().stretched_samples, 0U);
    EXPECT_EQ(bench.counters().shortened_samples, 0U);
}

TEST(Playout, PlaysAllThatAStallHeldBackAndThenCatchesUp) {
    Bench bench;
    Spurt spurt{.packets = 800};
    for (int i = 0; i < 20; ++i) {
        spurt.late_ms[static_cast<std::size_t>(300 + i)] = 200 - i * 10;
    }
    play(bench, spurt);
    const auto& counters = bench.counters();
    EXPECT_EQ(counters.played, 800U) << "no word is lost";
    EXPECT_EQ(counters.concealed, 0U);
    EXPECT_GT(counters.stretched_samples, 4'000U);
    EXPECT_GT(counters.shortened_samples, 2'000U);
    EXPECT_LT(bench.playout.delay().current, milliseconds(170));
}

TEST(Playout, BeginsWithWhatAnEarlierOneHasLearntOfTheNetwork) {
    Random random(14);
    const auto spurt = [&](std::size_t packets, MediaTime media) {
        Spurt made{.packets = packets, .media = media};
        for (std::size_t i = 0; i < packets; ++i) {
            made.late_ms[i] = static_cast<int>(random.below(60));
        }
        return made;
    };
    Bench before;
    play(before, spurt(800, 7'000));
    const auto learnt = before.playout.delay().target;
    ASSERT_GT(learnt, milliseconds(50));
    const auto next = spurt(100, 3'000'000'000);
    Bench unknowing;
    play(unknowing, next);
    EXPECT_GT(unknowing.counters().stretched_samples, 960U);
    Bench after;
    after.playout = SpeakerPlayout::create(before.playout.network()).value();
    EXPECT_EQ(after.playout.delay().target, learnt);
    play(after, next);
    EXPECT_GE(after.counters().played, 98U);
    EXPECT_LE(after.counters().concealed, 2U);
    EXPECT_LT(after.counters().stretched_samples, 960U);
}

TEST(Playout, TellsSilenceFromLossByMediaTime) {
    Bench bench;
    play(bench, {.packets = 50, .media = 0});
    const auto silent_before = bench.counters().silent;
    play(bench, {.packets = 50, .media = 100 * sample_rate_hz});
    EXPECT_EQ(bench.counters().played, 100U);
    EXPECT_EQ(bench.counters().concealed, 0U);
    EXPECT_GT(bench.counters().silent, silent_before);
    EXPECT_FALSE(bench.playout.speaking());

    // A DTX packet says "silence" without the flag.
    const Bytes dtx = {voice().packets[0][0]};
    bench.push(voice().packets[0], 200 * sample_rate_hz);
    bench.push(dtx, 200 * sample_rate_hz + 480);
    bench.ticks(30);
    EXPECT_EQ(bench.counters().concealed, 0U);
    EXPECT_FALSE(bench.playout.speaking());
}

TEST(Playout, StartsASpurtWithItsFirstSampleEvenIfThatWasOvertaken) {
    Bench bench;
    const Spurt spurt{.packets = 30, .phase = milliseconds(5), .late_ms = {{0, 12}}};
    play(bench, spurt);
    EXPECT_EQ(bench.counters().played, 30U);
    EXPECT_EQ(bench.counters().packets_late, 0U);
    EXPECT_EQ(bench.counters().concealed, 0U);
}

TEST(Playout, PlaysPreRollFasterUntilItHasCaughtUp) {
    Bench bench;
    const auto& encoded = voice();
    // 300 ms from before the microphone opened come at once.
    for (std::size_t i = 0; i < 30; ++i) {
        bench.push(packet(encoded, i), static_cast<MediaTime>(i) * 480);
    }
    for (std::size_t i = 30; i < 400; ++i) {
        bench.push(packet(encoded, i), static_cast<MediaTime>(i) * 480);
        bench.tick();
    }
    EXPECT_LT(bench.playout.delay().current, milliseconds(20));
    EXPECT_EQ(bench.playout.delay().target, milliseconds(10));
    EXPECT_GT(bench.counters().shortened_samples, 280U * 48U);
    EXPECT_EQ(bench.counters().concealed, 0U);
}

TEST(Playout, PreRollThatGoesBackToTheSpurtBeforeDoesNotMakeWhatFollowsWait) {
    Bench bench;
    const auto& encoded = voice();
    std::size_t said = 0;
    const auto say = [&](bool ends_spurt) {
        bench.push(packet(encoded, said), static_cast<MediaTime>(said) * 480, ends_spurt);
        ++said;
    };
    for (int spurt = 0; spurt < 10; ++spurt) {
        for (int i = 0; i < 50; ++i) {
            say(i == 49);
            bench.tick();
        }
        // For 200 ms the microphone stays shut; then what it has heard meanwhile comes at once.
        bench.ticks(20);
        for (int i = 0; i < 20; ++i) {
            say(false);
        }
    }
    EXPECT_EQ(bench.playout.delay().target, milliseconds(10));
    EXPECT_EQ(bench.counters().concealed, 0U);
}

TEST(Playout, AnEndThatIsFollowedAtOnceIsNone) {
    Bench bench;
    const auto& encoded = voice();
    bench.clock.advance(milliseconds(4));
    for (std::size_t i = 0; i < 100; ++i) {
        bench.push(packet(encoded, i), static_cast<MediaTime>(i) * 480, i % 7 == 0);
        bench.tick();
    }
    EXPECT_EQ(bench.counters().silent, 1U) << "the wait at the start";
    EXPECT_EQ(bench.counters().concealed, 0U);
}

TEST(Playout, DropsDuplicatesAndWhatIsNotOpus) {
    Bench bench;
    const auto& encoded = voice();
    for (std::size_t i = 0; i < 20; ++i) {
        bench.push(packet(encoded, i), static_cast<MediaTime>(i) * 480, i == 19);
        bench.push(packet(encoded, i), static_cast<MediaTime>(i) * 480, i == 19);
        bench.push({}, static_cast<MediaTime>(i) * 480);
        bench.push(Bytes(opus_bytes_max + 1), static_cast<MediaTime>(i) * 480);
        bench.tick();
    }
    bench.ticks(10);
    EXPECT_EQ(bench.counters().packets, 80U);
    EXPECT_EQ(bench.counters().packets_duplicate, 20U);
    EXPECT_EQ(bench.counters().packets_malformed, 40U);
    EXPECT_EQ(bench.counters().played, 20U);
}

TEST(Playout, HoldsABoundedAmountAndKeepsTheNewest) {
    Bench bench;
    const auto& encoded = voice();
    for (std::size_t i = 0; i < buffered_packets_max + 400; ++i) {
        EXPECT_EQ(bench.counters().packets_overflow, i - std::min(i, buffered_packets_max));
        bench.push(packet(encoded, i), static_cast<MediaTime>(i) * 480);
    }
    EXPECT_EQ(bench.counters().packets_overflow, 400U);
    bench.ticks(200);
    EXPECT_EQ(bench.counters().played, buffered_packets_max);
}

TEST(Playout, BelievesAClockThatWasSetBack) {
    Bench bench;
    play(bench, {.packets = 100, .media = 10 * sample_rate_hz});
    play(bench, {.packets = 100, .media = 3 * sample_rate_hz});
    EXPECT_EQ(bench.counters().packets_late, late_packets_before_restart - 1);
    EXPECT_EQ(bench.counters().played, 201 - late_packets_before_restart);
}

TEST(Playout, TakesAFewFromAnotherTimeForStragglers) {
    const auto& encoded = voice();
    for (const auto stragglers : {late_packets_before_restart - 1, late_packets_before_restart}) {
        Bench bench;
        play(bench, {.packets = 100, .media = 10 * sample_rate_hz});
        for (unsigned i = 0; i < stragglers; ++i) {
            bench.push(packet(encoded, i),
                       static_cast<MediaTime>(3 * sample_rate_hz + i * frame_samples), true);
        }
        bench.ticks(30);
        const bool believed = stragglers == late_packets_before_restart;
        EXPECT_EQ(bench.counters().played, believed ? 101U : 100U) << stragglers;
    }
}

TEST(Playout, SurvivesAnyMediaTimes) {
    Random random(12);
    const auto& encoded = voice(frame_samples, 10);
    Bench bench;
    const auto allocated = test::allocations();
    std::array<float, frame_samples> frame{};
    MediaTime media = 0;
    for (int i = 0; i < 20'000; ++i) {
        const auto kind = random.below(10);
        if (kind == 0) {
            media = static_cast<MediaTime>(random.next());
        } else if (kind == 1) {
            media -= static_cast<MediaTime>(random.below(5000));
        } else {
            media += static_cast<MediaTime>(random.below(1000));
        }
        bench.push(encoded.packets[random.below(encoded.packets.size())], media,
                   random.chance(0.1));
        if (random.chance(0.8)) {
            bench.playout.pull(frame, bench.clock.now());
            bench.clock.advance(microseconds(random.below(20'000)));
            for (const float sample : frame) {
                ASSERT_LT(std::abs(sample), 10.0F);
            }
        }
        ASSERT_LE(bench.playout.delay().target, milliseconds(400));
    }
    EXPECT_EQ(test::allocations(), allocated);
}

TEST(Playout, AllocatesNothingAfterConstruction) {
    const auto& encoded = voice(frame_samples, 10);
    auto playout = SpeakerPlayout::create().value();
    std::array<float, frame_samples> frame{};
    ManualClock clock;
    Random random(13);
    const auto allocated = test::allocations();
    for (std::size_t i = 0; i < encoded.packets.size(); ++i) {
        if (!random.chance(0.1)) {
            playout.push({.media_time = static_cast<MediaTime>(i) * 480,
                          .opus = packet(encoded, i),
                          .ends_spurt = i % 200 == 199,
                          .arrived = clock.now()});
        }
        clock.advance(microseconds(10'050));
        playout.pull(frame, clock.now());
    }
    EXPECT_GT(playout.counters().recovered + playout.counters().concealed, 40U);
    EXPECT_EQ(test::allocations(), allocated);
}

}  // namespace
}  // namespace partyline::dsp

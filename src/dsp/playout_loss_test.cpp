// What becomes of each frame of a spurt whose packets are lost or late.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
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

struct AccountCase {
    const char* name;
    Spurt spurt;
    std::uint64_t recovered;
    std::uint64_t concealed;
    std::uint64_t late = 0;
};

void check(const AccountCase& test) {
    SCOPED_TRACE(test.name);
    Bench bench;
    play(bench, test.spurt);
    const auto& counters = bench.counters();
    const auto frames = test.spurt.packets * test.spurt.packet_samples / frame_samples;
    EXPECT_EQ(counters.recovered, test.recovered);
    EXPECT_EQ(counters.concealed, test.concealed);
    EXPECT_EQ(counters.packets_late, test.late);
    EXPECT_EQ(counters.packets, test.spurt.packets - test.spurt.lost.size());
    EXPECT_EQ(bench.accounted(), frames) << "every frame of the spurt has one fate";
    // And every tick: it is silent or belongs to the spurt, give or take what was spliced.
    const auto sound =
        frames * frame_samples + counters.stretched_samples - counters.shortened_samples;
    EXPECT_EQ((sound + frame_samples - 1) / frame_samples + counters.silent, bench.speaking.size());
}

TEST(PlayoutLoss, AccountsForEveryFrame) {
    constexpr unsigned fec = 10;
    const AccountCase cases[] = {
        {"nothing lost", {}, 0, 0},
        {"one lost", {.lost = {30}}, 0, 1},
        {"one lost, with FEC", {.expected_loss_percent = fec, .lost = {30}}, 1, 0},
        {"two in a row, with FEC", {.expected_loss_percent = fec, .lost = {30, 31}}, 1, 1},
        {"lost before one without FEC", {.expected_loss_percent = fec, .lost = {39}}, 0, 1},
        {"nine in a row", {.lost = {30, 31, 32, 33, 34, 35, 36, 37, 38}}, 0, 9},
        {"scattered", {.expected_loss_percent = fec, .lost = {5, 10, 25, 31, 51, 60}}, 6, 0},
        {"20 ms packets", {.packets = 50, .packet_samples = 960, .lost = {20, 30}}, 0, 4},
        {"overtaken within the delay", {.late_ms = {{30, 4}}}, 0, 0},
        {"late", {.late_ms = {{30, 25}}}, 0, 1, 1},
        {"late, but recovered", {.expected_loss_percent = fec, .late_ms = {{30, 25}}}, 1, 0, 1},
        {"lost and the next late", {.lost = {30}, .late_ms = {{31, 25}}}, 0, 2, 1},
        {"the end late", {.late_ms = {{99, 25}}}, 0, 0},
        {"the last two late", {.late_ms = {{98, 35}, {99, 25}}}, 0, 1, 1},
    };
    for (const auto& test : cases) {
        check(test);
    }
}

TEST(PlayoutLoss, OfASpurtWhoseEndIsLostOnlyThatCountsAsLost) {
    for (const std::size_t packet_samples : {frame_samples, packet_samples_max}) {
        Bench bench;
        play(bench, {.packets = 50, .packet_samples = packet_samples, .lost = {49}});
        play(bench,
             {.packets = 50, .packet_samples = packet_samples, .media = 900'000, .number = 50});
        const auto per_packet = packet_samples / frame_samples;
        EXPECT_EQ(bench.counters().concealed, per_packet);
        EXPECT_EQ(bench.counters().played, 99 * per_packet);
    }
}

TEST(PlayoutLoss, SoItIsWhereTheNextSpurtBeginsBeforeTheHoleHasFaded) {
    constexpr std::size_t ends = 49;
    constexpr std::size_t begins = 54;
    Bench bench;
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < 100; ++i) {
        if (i < ends || i >= begins) {
            bench.playout.push({.media_time = static_cast<MediaTime>(i * frame_samples),
                                .opus = packet(voice(), i),
                                .ends_spurt = i == 99,
                                .arrived = bench.clock.now(),
                                .number = number});
        }
        number += i <= ends || i >= begins ? 1U : 0U;
        bench.tick();
    }
    bench.ticks(30);
    EXPECT_EQ(bench.counters().concealed, 1U);
    EXPECT_EQ(bench.counters().played, 95U);
    EXPECT_GE(bench.counters().stretched_samples, 4 * frame_samples) << "what the pause sounded of";
}

TEST(PlayoutLoss, WaitsForFecWhenPacketsAreLost) {
    // Too little delay for the next packet to be there when one is missing; so the first losses
    // are concealed, until losses are known to happen.
    for (const std::size_t packet_samples : {frame_samples, packet_samples_max}) {
        Spurt spurt{.packets = 8 * sample_rate_hz / packet_samples,
                    .packet_samples = packet_samples,
                    .expected_loss_percent = 10,
                    .phase = milliseconds(3)};
        for (std::size_t i = 5; i < spurt.packets; i += 10) {
            spurt.lost.insert(i);
        }
        const auto& encoded = voice(packet_samples, 10);
        const auto recoverable = std::ranges::count_if(spurt.lost, [&](std::size_t i) {
            return OpusDecoder::has_fec(packet(encoded, i + 1));
        });
        Bench bench;
        play(bench, spurt);
        const auto per_packet = packet_samples / frame_samples;
        EXPECT_GE(bench.counters().recovered + 10 * per_packet,
                  static_cast<std::size_t>(recoverable) * per_packet);
        EXPECT_EQ(bench.accounted(), 800U);
        EXPECT_LE(bench.playout.delay().current, milliseconds(45));
    }
}

/// 1 for the same, whatever their levels.
double likeness(std::span<const float> a, std::span<const float> b) {
    double product = 0;
    double power_a = 1e-20;
    double power_b = 1e-20;
    for (std::size_t i = 0; i < a.size(); ++i) {
        product += static_cast<double>(a[i]) * static_cast<double>(b[i]);
        power_a += static_cast<double>(a[i]) * static_cast<double>(a[i]);
        power_b += static_cast<double>(b[i]) * static_cast<double>(b[i]);
    }
    return product / std::sqrt(power_a * power_b);
}

TEST(PlayoutLoss, TakesTheSecondHalfOfALongPacketFromItsCopy) {
    // The next packet comes when the first half has been concealed.
    Spurt spurt{.packets = 50, .packet_samples = packet_samples_max, .expected_loss_percent = 10};
    const auto& encoded = voice(spurt.packet_samples, spurt.expected_loss_percent);
    std::size_t lost = 10;
    while (lost < 40 && !OpusDecoder::has_fec(packet(encoded, lost + 1))) {
        ++lost;
    }
    ASSERT_LT(lost, 40U);
    spurt.lost = {lost};
    Bench bench;
    play(bench, spurt);
    EXPECT_EQ(bench.counters().recovered, 1U);
    EXPECT_EQ(bench.counters().concealed, 1U);
    EXPECT_EQ(bench.accounted(), 100U);

    // After the cross-fade it is what had been said there, and not what had been said before.
    constexpr std::size_t half = packet_samples_max / 2;
    const auto said = decoded(spurt);
    const auto begun = std::ranges::find(bench.speaking, true) - bench.speaking.begin();
    const auto at = lost * packet_samples_max + half + half / 2;
    const auto place = static_cast<std::size_t>(begun) * frame_samples + at;
    const auto heard = std::span<const float>(bench.heard).subspan(place, half / 2);
    const auto all = std::span<const float>(said);
    // The playout may have made it shorter by then: what is heard is from there, or from later by so much.
    ASSERT_EQ(bench.counters().stretched_samples, 0U);
    const auto likeness_at = [&](std::size_t from) {
        return std::max(
            likeness(heard, all.subspan(from, half / 2)),
            likeness(heard, all.subspan(from + bench.counters().shortened_samples, half / 2)));
    };
    EXPECT_GT(likeness_at(at), likeness_at(at - half));
}

TEST(PlayoutLoss, AccountsForEveryFrameUnderRandomLossAndLateness) {
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        SCOPED_TRACE(seed);
        Random random(seed);
        Spurt spurt{.packets = 400,
                    .expected_loss_percent = random.chance(0.5) ? 10U : 0U,
                    .phase = microseconds(random.below(10'000)),
                    .media = static_cast<MediaTime>(random.next())};
        for (std::size_t i = 1; i + 1 < spurt.packets; ++i) {
            // Never ten in a row, as that would end the spurt.
            if (i % 8 != 0 && random.chance(0.2)) {
                spurt.lost.insert(i);
            } else if (random.chance(0.2)) {
                spurt.late_ms[i] = static_cast<int>(random.below(40));
            }
        }
        Bench bench;
        play(bench, spurt);
        EXPECT_EQ(bench.accounted(), spurt.packets);
        EXPECT_EQ(bench.counters().packets, spurt.packets - spurt.lost.size());
        EXPECT_EQ(bench.counters().played + bench.counters().packets_late,
                  bench.counters().packets);
    }
}

TEST(PlayoutLoss, FadesALongHoleToSilence) {
    constexpr std::size_t faded = concealed_samples_max / frame_samples;
    Bench bench;
    Spurt spurt{.packets = 200};
    for (std::size_t i = 100; i < 150; ++i) {
        spurt.lost.insert(i);
    }
    play(bench, spurt);
    EXPECT_EQ(bench.counters().concealed, faded);
    EXPECT_EQ(bench.counters().played, 150U);
    // Tick by tick: sound, frames that fade, silence, sound.
    const auto sound = std::ranges::find(bench.speaking, true);
    const auto silence = std::find(sound, bench.speaking.end(), false);
    EXPECT_EQ(silence - sound, 100 + static_cast<std::ptrdiff_t>(faded));
    const auto silent_from = static_cast<std::size_t>(silence - bench.speaking.begin());
    EXPECT_LT(std::abs(bench.heard[silent_from * frame_samples - 1]), 1e-3F);
    EXPECT_EQ(std::find(silence, bench.speaking.end(), true) - silence,
              50 - static_cast<std::ptrdiff_t>(faded));
}

TEST(PlayoutLoss, AHoleOfTheLongestThatIsFilledHasNoSilenceInIt) {
    constexpr std::size_t filled = concealed_samples_max / frame_samples;
    for (const std::size_t lost : {filled, filled + 1}) {
        Bench bench;
        Spurt spurt{.packets = 200};
        for (std::size_t i = 100; i < 100 + lost; ++i) {
            spurt.lost.insert(i);
        }
        play(bench, spurt);
        EXPECT_EQ(bench.counters().concealed, filled);
        EXPECT_EQ(bench.counters().played, 200 - lost);
        const auto sound = std::ranges::find(bench.speaking, true);
        const auto silence = std::find(sound, bench.speaking.end(), false);
        EXPECT_EQ(static_cast<std::size_t>(silence - sound), lost > filled ? 100 + filled : 200)
            << lost;
    }
}

}  // namespace
}  // namespace partyline::dsp

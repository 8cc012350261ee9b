// The jitter buffer with real speech over networks that misbehave.
#include <gtest/gtest.h>

#include <cstdio>

#include "sim/figures.hpp"
#include "sim/playout_run.hpp"

namespace partyline::sim {
namespace {

using namespace std::chrono_literals;

void check(const std::vector<Figure>& figures) {
    for (const auto& figure : figures) {
        if (figure.limit >= 0) {
            EXPECT_LE(figure.value, figure.limit) << figure.name;
        }
        std::printf("%-52s %8.2f\n", figure.name.c_str(), figure.value);
    }
}

TEST(PlayoutSimLoss, FivePercentAndTwentyMsOfJitter) { check(figures_of_loss_and_jitter()); }
TEST(PlayoutSimFec, TenPercentWithFec) { check(figures_of_fec()); }
TEST(PlayoutSimDrift, TenMinutesAtTwoHundredPpm) { check(figures_of_drift()); }

TEST(PlayoutSimFixed, LessDelayThanAFixedBufferOfTheSameLoss) {
    const auto figures = figures_against_fixed_buffers();
    check(figures);
    EXPECT_LT(figures[0].value, figures[3].value);
    EXPECT_LT(figures[1].value, figures[2].value);
}

TEST(PlayoutSim, AccountsForEverythingOnAnyNetwork) {
    const auto speech =
        encode_speech(recorded_speech(), {.bitrate_bps = 40'000, .expected_loss_percent = 10});
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        SCOPED_TRACE(seed);
        Random random(seed);
        const PlayoutRun settings{
            .length = 10s,
            .link = {.delay = std::chrono::milliseconds(random.below(200)),
                     .jitter = static_cast<Jitter>(random.below(4)),
                     .jitter_size = std::chrono::milliseconds(random.below(120)),
                     .reorders = random.chance(0.5),
                     .loss = random.chance(0.5) ? 0.15 * random.uniform() : 0,
                     .burst_start = random.chance(0.3) ? 0.02 * random.uniform() : 0,
                     .burst_packets = 1 + 10 * random.uniform(),
                     .duplicates = random.chance(0.3) ? 0.1 * random.uniform() : 0},
            .seed = seed,
            .sender_ppm = 1000 * (random.uniform() - 0.5),
            .receiver_ppm = 1000 * (random.uniform() - 0.5),
            .wakeup_jitter = std::chrono::microseconds(random.below(5000))};
        const auto report = run(speech, settings);
        const auto& counters = report.counters;
        EXPECT_EQ(counters.packets, report.link.delivered);
        EXPECT_EQ(counters.packets, counters.played + counters.packets_late +
                                        counters.packets_duplicate + counters.packets_overflow);
        EXPECT_EQ(counters.packets_malformed, 0U);
        EXPECT_LE(counters.played + counters.recovered, report.frames_sent);
        EXPECT_GE(counters.packets_late + counters.packets_duplicate, report.link.duplicated);
        // Every tick is silent or heard, and what is heard adds up, but for the tail of a tick at
        // the end of each spurt.
        EXPECT_EQ(report.ticks, report.ticks_heard + counters.silent);
        EXPECT_LE(report.delay_ms(1), 1000);
        EXPECT_LE(report.delay_ms(0.5), 420);
    }
}

}  // namespace
}  // namespace partyline::sim

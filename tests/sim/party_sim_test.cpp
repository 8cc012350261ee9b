// The whole sealed voice path, many times over: nobody hears what they may not, all figures add
// up, delay stays bounded, whatever the network, the clocks and somebody hostile do.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "sim/party.hpp"

namespace partyline::sim {
namespace {

using namespace std::chrono_literals;

/// `./run test --full` runs ten times as many.
std::uint64_t seeds_each() { return std::getenv("PARTYLINE_FULL") != nullptr ? 500 : 50; }

struct Sums {
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
    std::uint64_t played = 0;
    std::uint64_t recovered = 0;
    std::uint64_t concealed = 0;
    std::uint64_t attacks = 0;
    std::uint64_t whispers_due = 0;
    std::uint64_t whispers_sent = 0;
    std::uint64_t whispers_arrived = 0;
    std::uint64_t whispers_opened = 0;
};

void check(const Hearing& hearing, bool perfect_downlinks) {
    const auto& stats = hearing.stats;
    const auto frames = hearing.frames_per_packet;
    EXPECT_LE(hearing.packets_at_relay, hearing.packets_sent);
    EXPECT_LE(stats.packets_received, hearing.packets_at_relay);
    EXPECT_LE(stats.packets_received + stats.packets_lost, hearing.packets_sent);
    if (perfect_downlinks) {
        EXPECT_EQ(stats.packets_received, hearing.packets_at_relay);
    }
    // On a poor line a packet holds as many as it can.
    constexpr auto frames_max = dsp::packet_samples_max / dsp::frame_samples;
    const auto packets_played = stats.packets_received - stats.packets_late;
    EXPECT_GE(stats.frames_played, packets_played * frames);
    EXPECT_LE(stats.frames_played, packets_played * frames_max);
    EXPECT_LE(stats.frames_played + stats.frames_recovered, hearing.packets_sent * frames_max);
    EXPECT_LE(stats.delay_target, 400ms);
    EXPECT_LE(stats.delay_current, 500ms);
}

void check(const PartyReport& report, bool perfect_downlinks) {
    for (const auto& violation : report.violations) {
        ADD_FAILURE() << violation;
    }
    for (const auto& hearing : report.hearings) {
        check(hearing, perfect_downlinks);
    }
    const auto& relay = report.relay;
    EXPECT_EQ(relay.dropped_malformed + relay.dropped_unknown_route + relay.dropped_bad_mac +
                  relay.dropped_replayed,
              report.attacks + report.duplicates);
}

/// That those who are whispered to hear it: but for whoever's address has just changed, what the networks lose,
/// and what waits for its key.
void check_whispers(const Sums& sums) {
    const auto share = [](std::uint64_t part, std::uint64_t whole) {
        return static_cast<double>(part) / static_cast<double>(std::max<std::uint64_t>(1, whole));
    };
    EXPECT_GT(sums.whispers_due, seeds_each() * 50);
    EXPECT_GT(share(sums.whispers_sent, sums.whispers_due), 0.9);
    EXPECT_LE(sums.whispers_sent, sums.whispers_due);
    EXPECT_GT(share(sums.whispers_arrived, sums.whispers_sent), 0.8);
    EXPECT_GT(share(sums.whispers_opened, sums.whispers_arrived), 0.8);
    std::printf("whispers: %zu due, %zu sent, %zu arrived, %zu opened at once\n", sums.whispers_due,
                sums.whispers_sent, sums.whispers_arrived, sums.whispers_opened);
}

/// Fifty parties a suite, so that suites can run side by side.
void run_parties(std::uint64_t first) {
    Sums sums;
    for (std::uint64_t seed = first; seed < first + seeds_each(); ++seed) {
        SCOPED_TRACE(seed);
        const PartySettings settings{.seed = seed, .perfect_downlinks = seed % 3 == 0};
        const auto report = Party(settings).run();
        check(report, settings.perfect_downlinks);
        for (const auto& hearing : report.hearings) {
            sums.sent += hearing.packets_sent * hearing.frames_per_packet;
            sums.received += hearing.stats.packets_received * hearing.frames_per_packet;
            sums.played += hearing.stats.frames_played;
            sums.recovered += hearing.stats.frames_recovered;
            sums.concealed += hearing.stats.frames_concealed;
        }
        sums.attacks += report.attacks;
        sums.whispers_due += report.whispers_due;
        sums.whispers_sent += report.whispers_sent;
        sums.whispers_arrived += report.whispers_arrived;
        sums.whispers_opened += report.whispers_opened;
    }
    check_whispers(sums);
    // That there was something to hear, to lose and to fend off.
    EXPECT_GT(sums.played, seeds_each() * 300);
    EXPECT_GT(sums.recovered + sums.concealed, seeds_each());
    EXPECT_GT(sums.attacks, seeds_each() * 5);
    // Of fifty networks like these, the worst lose or bring too late one frame in ten, all together.
    EXPECT_GT(static_cast<double>(sums.played + sums.recovered),
              0.88 * static_cast<double>(sums.sent));
    std::printf("frames: %zu sent, %zu received, %zu played, %zu recovered, %zu concealed\n",
                sums.sent, sums.received, sums.played, sums.recovered, sums.concealed);
}

TEST(PartySimA, NobodyHearsWhatTheyMayNot) { run_parties(1); }
TEST(PartySimB, NobodyHearsWhatTheyMayNot) { run_parties(1001); }
TEST(PartySimC, NobodyHearsWhatTheyMayNot) { run_parties(2001); }
TEST(PartySimD, NobodyHearsWhatTheyMayNot) { run_parties(3001); }

}  // namespace
}  // namespace partyline::sim

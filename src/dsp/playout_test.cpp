#include "dsp/playout.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "base/random.hpp"
#include "dsp/limits.hpp"
#include "dsp/opus.hpp"
#include "dsp/test_support.hpp"

namespace partyline::dsp {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

const test::EncodedVoice& voice(std::size_t packet_samples = frame_samples,
                                unsigned expected_loss_percent = 0) {
    static std::map<std::pair<std::size_t, unsigned>, test::EncodedVoice> made;
    auto& entry = made[{packet_samples, expected_loss_percent}];
    if (entry.packets.empty()) {
        entry = test::encode(
            test::synthetic_voice(8),
            {.packet_samples = packet_samples, .expected_loss_percent = expected_loss_percent});
    }
    return entry;
}

/// A voice without pauses: the codec's own packets for silence, which are as good as the end of a
/// spurt, come up nowhere. With FEC, the packets 2 to 15, 23 to 38 and 49 to 63 carry it.
const Bytes& packet(const test::EncodedVoice& encoded, std::size_t i) {
    constexpr std::size_t frames_without_pause = 134;
    return encoded.packets[i % (frames_without_pause * frame_samples / encoded.packet_samples)];
}

/// A speaker and a listener on one clock. The listener pulls every 10 ms; packets arrive where a
/// test puts them.
class Bench {
public:
    SpeakerPlayout playout = SpeakerPlayout::create().value();
    ManualClock clock;
    std::vector<float> heard;
    std::vector<bool> speaking;  // on each tick

    /// Pushes packet `number` of `voice`, as if spoken from `media` on.
    void push(const Bytes& opus, MediaTime media, bool ends_spurt = false) {
        playout.push(
            {.media_time = media, .opus = opus, .ends_spurt = ends_spurt, .arrived = clock.now()});
    }
    bool tick() {
        std::array<float, frame_samples> frame{};
        const bool sound = playout.pull(frame, clock.now());
        heard.insert(heard.end(), frame.begin(), frame.end());
        speaking.push_back(sound);
        clock.advance(milliseconds(frame_ms));
        return sound;
    }
    void ticks(int count) {
        for (int i = 0; i < count; ++i) {
            tick();
        }
    }
    [[nodiscard]] const PlayoutCounters& counters() const { return playout.counters(); }
    [[nodiscard]] std::uint64_t accounted() const {
        return counters().played + counters().recovered + counters().concealed;
    }
};

/// What happens to the packets of one spurt.
struct Spurt {
    std::size_t packets = 100;
    std::size_t packet_samples = frame_samples;
    unsigned expected_loss_percent = 0;
    Duration phase = milliseconds(5);  // of arrivals, after a tick
    MediaTime media = 7'000;
    std::set<std::size_t> lost;
    std::map<std::size_t, int> late_ms;
};

/// Lets a whole spurt arrive and be played.
void play(Bench& bench, const Spurt& spurt) {
    const auto& encoded = voice(spurt.packet_samples, spurt.expected_loss_percent);
    const auto packet_length = milliseconds(spurt.packet_samples * 10 / frame_samples);
    std::multimap<TimePoint, std::size_t> arrivals;
    for (std::size_t i = 0; i < spurt.packets; ++i) {
        if (!spurt.lost.contains(i)) {
            const auto late = spurt.late_ms.contains(i) ? spurt.late_ms.at(i) : 0;
            arrivals.emplace(
                bench.clock.now() + spurt.phase + i * packet_length + milliseconds(late), i);
        }
    }
    const auto end = bench.clock.now() + spurt.packets * packet_length + milliseconds(700);
    while (bench.clock.now() < end) {
        const auto tick_at = bench.clock.now();
        while (!arrivals.empty() && arrivals.begin()->first <= tick_at) {
            const auto [at, i] = *arrivals.begin();
            arrivals.erase(arrivals.begin());
            bench.playout.push(
                {.media_time = spurt.media + static_cast<MediaTime>(i * spurt.packet_samples),
                 .opus = packet(encoded, i),
                 .ends_spurt = i + 1 == spurt.packets,
                 .arrived = at});
        }
        bench.tick();
    }
}

/// The same packets, simply decoded one after the other.
std::vector<float> decoded(const Spurt& spurt) {
    const auto& encoded = voice(spurt.packet_samples, spurt.expected_loss_percent);
    auto decoder = OpusDecoder::create().value();
    std::vector<float> out(spurt.packets * spurt.packet_samples);
    for (std::size_t i = 0; i < spurt.packets; ++i) {
        decoder.decode(packet(encoded, i),
                       std::span(out).subspan(i * spurt.packet_samples, spurt.packet_samples));
    }
    return out;
}

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

TEST(Playout, AccountsForEveryFrame) {
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
    };
    for (const auto& test : cases) {
        check(test);
    }
}

TEST(Playout, WaitsForFecWhenPacketsAreLost) {
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

TEST(Playout, AccountsForEveryFrameUnderRandomLossAndLateness) {
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

TEST(Playout, FadesALongHoleToSilence) {
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

TEST(Playout, AHoleOfTheLongestThatIsFilledHasNoSilenceInIt) {
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

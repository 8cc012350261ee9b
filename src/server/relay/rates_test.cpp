// How much each talker may send: packets, and bits by what their room and the server allow.
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "server/relay/hand_talkie.hpp"
#include "server/relay/limits.hpp"
#include "server/relay/meters.hpp"
#include "wire/limits.hpp"

namespace partyline::relay {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Rates, LimitsTheRateOfARoute) {
    Scene scene;
    auto ann = scene.seat(1, lobby);
    const auto bob = scene.seat(2, lobby);
    constexpr auto burst = packets_per_second_max * packet_burst.count() + 1;
    scene.clock.advance(packet_burst);
    for (unsigned i = 0; i < burst; ++i) {
        scene.arrive(ann, ann.voice("x"));
    }
    EXPECT_EQ(scene.relay.counters().dropped_too_fast, 0U);
    scene.arrive(ann, ann.voice("x"));
    EXPECT_EQ(scene.relay.counters().dropped_too_fast, 1U);
    scene.clock.advance(Duration(seconds(1)) / packets_per_second_max);
    scene.arrive(ann, ann.voice("x"));
    EXPECT_EQ(scene.relay.counters().dropped_too_fast, 1U);
    EXPECT_EQ(scene.take_heard({&bob}).size(), burst + 1);
}

TEST(Rates, WhoGoesFromRoomToRoomHasNoMoreForIt) {
    Scene scene;
    auto ann = scene.seat(1, lobby);
    const auto bob = scene.seat(2, lobby);
    scene.clock.advance(packet_burst);
    constexpr auto burst = packets_per_second_max * packet_burst.count() + 1;
    for (unsigned i = 0; i < burst; ++i) {
        scene.arrive(ann, ann.voice("x"));
    }
    auto old = ann;
    ann.route = scene.relay.move(ann.seat, kitchen);
    scene.arrive(ann, ann.voice("a new route"));
    scene.arrive(old, old.voice("the old one"));
    EXPECT_EQ(scene.relay.counters().dropped_too_fast, 2U);
}

TEST(Rates, ABitrateIsOfATalkerInAllRoomsTogether) {
    constexpr std::size_t bytes = wire::sealed_bytes_max;
    Scene scene;
    auto ann = scene.seat(1, lobby);
    const auto bob = scene.seat(2, lobby);
    const auto let_through_here = [&] {
        const auto before = scene.relay.counters().dropped_too_fast;
        for (unsigned i = 0; i < packets_per_second_max; ++i) {
            scene.arrive(ann, ann.voice(std::string(bytes, 'x')));
        }
        return packets_per_second_max - (scene.relay.counters().dropped_too_fast - before);
    };
    EXPECT_GT(let_through_here(), 0U);
    scene.clock.advance(Duration(seconds(1)));  // enough for its packets, but not for their bits
    ann.route = scene.relay.move(ann.seat, kitchen);
    EXPECT_LE(let_through_here(), BitRate::allowed_bps(talker_bps_max) / (bytes * 8) + 1);
}

/// How many packets of so many sealed bytes, all at once, a room with this cap lets through.
std::uint64_t let_through(Scene& scene, HandTalkie& talkie, std::size_t bytes, unsigned tries) {
    const auto before = scene.relay.counters().dropped_too_fast;
    const std::string text(bytes, 'x');
    for (unsigned i = 0; i < tries; ++i) {
        scene.arrive(talkie, talkie.voice(text));
    }
    return tries - (scene.relay.counters().dropped_too_fast - before);
}

TEST(Rates, KeepsEachTalkerToTheBitrateOfTheRoom) {
    constexpr std::uint32_t cap_bps = 32'000;
    constexpr std::size_t bytes = BitRate::allowed_bps(cap_bps) / 8 / 10;  // ten of these a second
    static_assert(bytes * 8 * 10 == BitRate::allowed_bps(cap_bps));
    constexpr auto burst = 10 * bitrate_burst.count() + 1;
    Scene scene;
    scene.relay.set_bitrate(lobby, cap_bps);  // before anybody is there
    auto ann = scene.seat(1, lobby);
    auto bob = scene.seat(2, lobby);
    auto cid = scene.seat(3, kitchen);
    EXPECT_EQ(let_through(scene, ann, bytes, burst + 1), burst);
    EXPECT_EQ(let_through(scene, bob, bytes, burst + 1), burst) << "each has all of it";
    EXPECT_EQ(let_through(scene, cid, bytes, burst + 1), burst + 1) << "there is no cap";
    scene.clock.advance(milliseconds(99));
    EXPECT_EQ(let_through(scene, ann, bytes, 1), 0U);
    scene.clock.advance(milliseconds(1));
    EXPECT_EQ(let_through(scene, ann, bytes, 2), 1U);
    scene.clock.advance(seconds(10));
    EXPECT_EQ(let_through(scene, ann, bytes, burst + 1), burst) << "silence earns no more";
}

/// How many of a minute's packets are lost where each brings so much of the codec, and what sealing adds.
std::uint64_t lost_in_a_minute(Scene& scene, HandTalkie& talkie, std::size_t codec_bytes) {
    constexpr auto step = Duration(seconds(1)) / sealed_packets_per_second;
    const auto before = scene.relay.counters().dropped_too_fast;
    const std::string sealed(codec_bytes + sealing_bytes, 'x');
    for (unsigned i = 0; i < 60 * sealed_packets_per_second; ++i) {
        scene.clock.advance(step);
        scene.arrive(talkie, talkie.voice(sealed));
    }
    return scene.relay.counters().dropped_too_fast - before;
}

TEST(Rates, WhoKeepsToTheHeadroomOfACapLosesNothing) {
    constexpr std::uint32_t cap_bps = 64'000;
    constexpr std::size_t codec_bytes =
        std::size_t{cap_bps} * bitrate_headroom_percent / 100 / 8 / sealed_packets_per_second;
    constexpr std::uint64_t packets = 60 * sealed_packets_per_second;
    static_assert((codec_bytes + sealing_bytes) * 8 * sealed_packets_per_second ==
                  std::uint64_t{cap_bps} * bitrate_headroom_percent / 100 + sealing_bps);
    Scene scene;
    scene.relay.set_bitrate(lobby, cap_bps);
    auto ann = scene.seat(1, lobby);
    EXPECT_EQ(lost_in_a_minute(scene, ann, codec_bytes), 0U);
    // What is beyond it is lost, once what may come at once is used up.
    constexpr std::size_t sealed_bytes = codec_bytes + sealing_bytes;
    constexpr std::size_t more = sealed_bytes / 10;
    constexpr std::uint64_t too_many = packets - packets * sealed_bytes / (sealed_bytes + more);
    constexpr std::uint64_t at_once = bitrate_burst.count() * sealed_packets_per_second;
    const auto lost = lost_in_a_minute(scene, ann, codec_bytes + more);
    EXPECT_LE(lost, too_many);
    EXPECT_GE(lost, too_many - at_once);
}

TEST(Rates, WhereNoRoomSaysSoTheServersBitrateHolds) {
    constexpr std::size_t bytes = wire::sealed_bytes_max;
    constexpr auto burst = BitRate::allowed_bps(talker_bps_max) *
                               static_cast<std::uint64_t>(bitrate_burst.count()) / (bytes * 8) +
                           1;
    static_assert(burst < packets_per_second_max, "or the other limit is met first");
    Scene scene;
    auto ann = scene.seat(1, lobby);
    auto bob = scene.seat(2, lobby);
    EXPECT_EQ(let_through(scene, ann, bytes, packets_per_second_max), burst);
    scene.clock.advance(seconds(10));
    scene.relay.set_bitrate(lobby, talker_bps_max + 1'000'000);
    EXPECT_EQ(let_through(scene, ann, bytes, packets_per_second_max), burst)
        << "no room allows more";
    scene.relay.set_whisper(ann.seat, StreamId{1}, {bob.seat});
    scene.clock.advance(seconds(10));
    const auto before = scene.relay.counters().dropped_too_fast;
    for (unsigned i = 0; i < packets_per_second_max; ++i) {
        scene.arrive(ann, ann.voice(std::string(bytes, 'x'), 1U << 4U));
    }
    EXPECT_EQ(scene.relay.counters().dropped_too_fast - before, packets_per_second_max - burst)
        << "nor does one whisper more";
}

TEST(Rates, AnotherBitrateHoldsForWhoIsThereAndForWhoComes) {
    constexpr std::size_t bytes = wire::sealed_bytes_max;
    constexpr unsigned many = 100;
    Scene scene;
    auto ann = scene.seat(1, lobby);
    EXPECT_EQ(let_through(scene, ann, bytes, many), many);
    scene.relay.set_bitrate(lobby, 6'000);
    EXPECT_LT(let_through(scene, ann, bytes, many), 10U);
    scene.relay.move(ann.seat, ChannelId{});
    ann.route = scene.relay.move(ann.seat, lobby);
    scene.clock.advance(seconds(1));
    EXPECT_LT(let_through(scene, ann, bytes, many), 10U) << "an empty room keeps its cap";
    scene.relay.set_bitrate(lobby, 0);
    scene.clock.advance(seconds(3));
    EXPECT_EQ(let_through(scene, ann, bytes, many), many) << "what was sent too much is over";
}

TEST(Rates, WhoHeedsTheBitrateLosesNothing) {
    constexpr std::uint32_t cap_bps = 32'000;
    Scene scene;
    scene.relay.set_bitrate(lobby, cap_bps);
    auto ann = scene.seat(1, lobby);
    constexpr std::size_t bytes = cap_bps / 8 / sealed_packets_per_second + sealing_bytes;
    std::uint64_t heard = 0;
    constexpr unsigned packets = 60 * sealed_packets_per_second;
    for (unsigned i = 0; i < packets; ++i) {
        heard += let_through(scene, ann, bytes, 1);
        scene.clock.advance(milliseconds(10));
    }
    EXPECT_EQ(heard, packets);
}

}  // namespace
}  // namespace partyline::relay

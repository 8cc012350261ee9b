#include "client/bitrate.hpp"

#include <gtest/gtest.h>

#include "client/limits.hpp"

namespace partyline::client {
namespace {

struct Case {
    LossReport report;
    unsigned expected_loss_percent;
    unsigned bitrate_bps;
};

TEST(Bitrate, FollowsTheWorseOfBothLosses) {
    for (const auto& [report, percent, bitrate] : {
             Case{{0, 0}, 0, 32'000}, Case{{10, 0}, 0, 32'000},  // 1 %: not worth telling the codec
             Case{{50, 0}, 5, 40'000}, Case{{0, 50}, 5, 40'000}, Case{{20, 100}, 10, 40'000},
             Case{{250, 0}, 25, 24'000}, Case{{1000, 1000}, 30, 24'000},
             Case{{65535, 0}, 30, 24'000},  // more than all: a peer's nonsense
         }) {
        BitratePolicy policy;
        policy.on_loss(report);
        EXPECT_EQ(policy.expected_loss_percent(), percent) << report.uplink_permille;
        EXPECT_EQ(policy.bitrate_bps(), bitrate) << report.uplink_permille;
    }
}

TEST(Bitrate, UpAtOnceAndDownSlowlyToNothing) {
    BitratePolicy policy;
    EXPECT_TRUE(policy.on_loss({.uplink_permille = 200}));
    EXPECT_EQ(policy.expected_loss_percent(), 20U);

    policy.on_loss({});
    EXPECT_GE(policy.expected_loss_percent(), 16U) << "one good second proves little";
    unsigned pongs = 0;
    while (policy.expected_loss_percent() > 0 && pongs < 100) {
        policy.on_loss({});
        ++pongs;
    }
    EXPECT_GT(pongs, 15U);
    EXPECT_LT(pongs, 60U);
    EXPECT_EQ(policy.bitrate_bps(), 32'000U);
    EXPECT_FALSE(policy.on_loss({}));
}

TEST(Bitrate, APoorLineWantsLongPacketsUntilItIsClearlyBetter) {
    BitratePolicy policy;
    EXPECT_FALSE(policy.wants_long_packets());
    policy.on_loss({.uplink_permille = 90});
    EXPECT_FALSE(policy.wants_long_packets());
    policy.on_loss({.room_permille = 110});
    EXPECT_TRUE(policy.wants_long_packets());
    while (policy.expected_loss_percent() >= 5) {
        EXPECT_TRUE(policy.wants_long_packets()) << policy.expected_loss_percent();
        policy.on_loss({});
    }
    EXPECT_FALSE(policy.wants_long_packets());

    BitratePolicy edge;
    edge.on_loss({.uplink_permille = 100});
    EXPECT_TRUE(edge.wants_long_packets());
}

TEST(Bitrate, MusicHasItsOwnAndTheSameCap) {
    BitratePolicy policy;
    EXPECT_EQ(policy.music_bitrate_bps(), music_bps);
    EXPECT_TRUE(policy.set_cap(64'000));
    EXPECT_EQ(policy.music_bitrate_bps(), 64'000U);
    EXPECT_TRUE(policy.set_cap(0));
    EXPECT_FALSE(policy.set_cap(music_bps)) << "as much as it takes";
    policy.on_loss({.uplink_permille = 190});
    EXPECT_EQ(policy.music_bitrate_bps(), music_bps);
    policy.on_loss({.uplink_permille = 210});
    EXPECT_EQ(policy.music_bitrate_bps(), 64'000U) << "a full line is left room";
}

TEST(Bitrate, ARoomsCapIsAboveNobody) {
    BitratePolicy policy;
    EXPECT_FALSE(policy.set_cap(music_bps)) << "less is sent anyway";
    EXPECT_EQ(policy.bitrate_bps(), 32'000U);
    EXPECT_TRUE(policy.set_cap(16'000));
    EXPECT_EQ(policy.bitrate_bps(), 16'000U);
    policy.on_loss({.uplink_permille = 50});
    EXPECT_EQ(policy.bitrate_bps(), 16'000U) << "not even for protection";
    EXPECT_TRUE(policy.set_cap(0));
    EXPECT_EQ(policy.bitrate_bps(), 40'000U);
}

}  // namespace
}  // namespace partyline::client

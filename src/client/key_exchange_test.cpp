#include "client/key_exchange.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "client/key_exchange_fixture.hpp"

namespace partyline::client {
namespace {

using namespace std::chrono_literals;
using test::attic;
using test::KeyExchangeTest;
using test::lobby;

// --- joining ---------------------------------------------------------------------------------

TEST_F(KeyExchangeTest, SharesAFreshKeyWithEverybodyOnJoining) {
    join(lobby, 3);
    EXPECT_EQ(take(), "use 2.0");
    page({2}, true);
    EXPECT_EQ(take(), "share 2.0 to 2");
    page({3});
    EXPECT_EQ(take(), "share 2.0 to 3");
    answer_all();
    EXPECT_EQ(take(), "complete");
}

TEST_F(KeyExchangeTest, AloneIsCompleteAtOnce) {
    join(lobby, 1);
    EXPECT_EQ(take(), "use 2.0; complete");
}

TEST_F(KeyExchangeTest, TheShareOpensForItsReceiverAlone) {
    settle_in();
    const auto& share = last_shares_.shares.at(0);
    EXPECT_EQ(share.to, SessionId{2});
    EXPECT_LE(share.sealed.size(), wire::share_bytes_max);
    const crypto::ShareContext context{.channel = lobby,
                                       .from = self_.session,
                                       .to = SessionId{2},
                                       .stream = {},
                                       .generation = 2,
                                       .step = 0};
    const auto opened = peer(2).pair_with(self_).open(context, share.sealed);
    ASSERT_TRUE(opened);
    EXPECT_TRUE(crypto::equal_in_constant_time(opened->key.view(), in_use_.key.view()));
    EXPECT_FALSE(peer(3).pair_with(self_).open(context, share.sealed));
}

TEST_F(KeyExchangeTest, ANewcomerIsGivenTheNextStep) {
    settle_in();
    enters(4);
    EXPECT_EQ(take(), "use 2.1; share 2.1 to 4");
    answer_all();
    EXPECT_EQ(take(), "complete");
}

TEST_F(KeyExchangeTest, StepsAreAtLeast20MillisecondsApart) {
    settle_in();
    enters(4);
    EXPECT_EQ(take(), "use 2.1; share 2.1 to 4");
    clock_.advance(5ms);
    enters(5);
    clock_.advance(5ms);
    enters(6);
    EXPECT_EQ(take(), "") << "before the step nobody new is given anything";
    run(9999us);
    EXPECT_EQ(take(), "");
    run(1us);
    EXPECT_EQ(take(), "use 2.2; share 2.2 to 5 6");
}

TEST_F(KeyExchangeTest, ARenewedDeviceIsNoNewcomer) {
    settle_in();
    keys_.member_joined({.channel = lobby,
                         .channel_epoch = ChannelEpoch{epoch_},
                         .member = peer(2).member(clock_.unix_ms() + 1000)});
    EXPECT_EQ(take(), "");
}

TEST_F(KeyExchangeTest, ARoomThatIsNotOursIsNoneOfOurBusiness) {
    settle_in();
    keys_.member_joined({.channel = attic,
                         .channel_epoch = ChannelEpoch{7},
                         .member = peer(4).member(clock_.unix_ms())});
    keys_.member_left(
        {.channel = attic, .channel_epoch = ChannelEpoch{8}, .session = SessionId{2}});
    run(5s);
    EXPECT_EQ(take(), "");
    EXPECT_EQ(keys_.members(), 2U);
}

// --- leaving ---------------------------------------------------------------------------------

TEST_F(KeyExchangeTest, AfterALeaveTheNewKeyIsUsedOnceTheServerHasHandedItOver) {
    settle_in();
    leaves(3);
    EXPECT_EQ(take(), "share 3.0 to 2");
    run(300ms);
    EXPECT_EQ(take(), "") << "talk goes on under the old key";
    answer_all();
    EXPECT_EQ(take(), "use 3.0");
}

TEST_F(KeyExchangeTest, ButNoLaterThanItIsWaitedFor) {
    settle_in();
    leaves(3);
    take();
    run(rotation_confirm_max - 1ms);
    EXPECT_EQ(take(), "");
    run(1ms);
    EXPECT_EQ(take(), "use 3.0");
    answer_all();
    EXPECT_EQ(take(), "");
}

TEST_F(KeyExchangeTest, ManyLeavesMakeOneRotationASecond) {
    join(lobby, 6);
    page({2, 3, 4, 5, 6});
    take();
    answer_all();
    take();
    clock_.advance(10s);

    leaves(3);
    EXPECT_EQ(take(), "share 3.0 to 2 4 5 6");
    answer_all();
    EXPECT_EQ(take(), "use 3.0");
    run(100ms);
    leaves(4);
    run(100ms);
    leaves(5);
    run(rotation_interval_min - 201ms);
    EXPECT_EQ(take(), "");
    run(1ms);
    EXPECT_EQ(take(), "share 4.0 to 2 6");
}

TEST_F(KeyExchangeTest, TheLastToLeaveLeavesNobodyToTell) {
    settle_in();
    leaves(2);
    leaves(3);
    run(5s);
    EXPECT_EQ(keys_.members(), 0U);
    answer_all();
    take();
    run(5s);
    EXPECT_EQ(take(), "");
    EXPECT_EQ(in_use_.generation, 4U) << "neither of them has the key that is in use";
}

TEST_F(KeyExchangeTest, ANewcomerDuringARotationIsGivenTheNewKeyOnly) {
    settle_in();
    leaves(3);
    EXPECT_EQ(take(), "share 3.0 to 2");
    enters(4);
    EXPECT_EQ(take(), "share 3.0 to 4");
    answer_all();
    EXPECT_EQ(take(), "use 3.0; complete");
}

TEST_F(KeyExchangeTest, AnAnswerFromAnEarlierStayCountsForNothing) {
    settle_in();
    enters(4);
    take();
    const auto late = std::exchange(tickets_, {});
    leaves(4);
    clock_.advance(1ms);
    // Back within the 20 ms of a step, and after that the answer to the first stay's share.
    enters(4);
    const auto before = take();
    for (const auto ticket : late) {
        keys_.answered(ticket, std::nullopt);
    }
    run(step_interval_min);
    EXPECT_NE((before + take()).find("to"), std::string::npos) << "4 was never given the key";
}

TEST_F(KeyExchangeTest, WhoeverNeverHadTheKeyTakesNoneWithThem) {
    settle_in();
    auto liar = peer(4).member(clock_.unix_ms());
    liar.device.signature[0] ^= std::byte{1};
    keys_.member_joined(
        {.channel = lobby, .channel_epoch = ChannelEpoch{++epoch_}, .member = liar});
    take();
    leaves(4);
    run(5s);
    EXPECT_EQ(take(), "");
}

// --- moving ----------------------------------------------------------------------------------

TEST_F(KeyExchangeTest, AMoverUsesAFreshKeyBeforeItsFirstFrameInTheNewRoom) {
    settle_in();
    join(attic, 2);
    EXPECT_EQ(take(), "use 3.0");
    page({4});
    EXPECT_EQ(take(), "share 3.0 to 4");
    answer_all();
    EXPECT_EQ(take(), "complete");
    EXPECT_EQ(keys_.members(), 1U);
}

TEST_F(KeyExchangeTest, NoFreshKeyIsUsedWhileNobodyCanBeGivenIt) {
    settle_in();
    leaves(2);
    EXPECT_EQ(take(), "share 3.0 to 3");
    keys_.go_away();
    run(1min);
    keys_.set_talking(true);
    EXPECT_EQ(take(), "") << "the key before is the one that all have";
    EXPECT_FALSE(keys_.next_tick());
    keys_.come_back();
    EXPECT_EQ(take(), "share 3.0 to 3") << "nobody has said that it was handed over";
    answer_all();
    EXPECT_EQ(take(), "use 3.0");
}

TEST_F(KeyExchangeTest, WhoHasTheKeyIsNotSentItAgainAfterALoss) {
    settle_in();
    keys_.go_away();
    keys_.come_back();
    run(10s);
    EXPECT_EQ(take(), "");
}

TEST_F(KeyExchangeTest, MovingInTheMiddleOfARotationIsAFreshKeyAllTheSame) {
    settle_in();
    leaves(3);
    EXPECT_EQ(take(), "share 3.0 to 2");
    join(attic, 1);
    EXPECT_EQ(take(), "use 4.0; complete");
    answer_all();
    run(5s);
    EXPECT_EQ(take(), "");
}

TEST_F(KeyExchangeTest, JoiningTheRoomOneIsInChangesNothing) {
    settle_in();
    join(lobby, 3);
    page({2, 3});
    EXPECT_EQ(take(), "");
}

TEST_F(KeyExchangeTest, ComingBackMakesAFreshKeyAgain) {
    settle_in();
    keys_.left_room();
    EXPECT_FALSE(keys_.next_tick());
    join(lobby, 2);
    page({2});
    EXPECT_EQ(take(), "use 3.0; share 3.0 to 2");
}

// --- time and talk ---------------------------------------------------------------------------

TEST_F(KeyExchangeTest, ARatchetStepAfterMuchTalk) {
    settle_in();
    constexpr int spurts = 10;
    for (int i = 0; i < spurts; ++i) {
        keys_.set_talking(true);
        run(Duration(step_after_talk) / spurts - 1s);
        keys_.set_talking(false);
        run(60s);
    }
    EXPECT_EQ(take(), "") << "ten seconds are missing";
    keys_.set_talking(true);
    run(11s);
    EXPECT_EQ(take(), "use 2.1");
}

TEST_F(KeyExchangeTest, TheLastStepForcesAFreshKey) {
    settle_in();
    keys_.set_talking(true);
    for (int i = 0; i < 0xFFFF; ++i) {
        clock_.advance(step_after_talk);
        keys_.tick();
        take();
    }
    clock_.advance(step_after_talk);
    // The devices of the others have expired long ago.
    page({2, 3});
    EXPECT_EQ(take(), "share 3.0 to 2 3");
    answer_all();
    EXPECT_EQ(take(), "use 3.0");
}

}  // namespace
}  // namespace partyline::client

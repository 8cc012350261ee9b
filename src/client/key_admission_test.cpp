// Who may be given our key, who may ask for it, and what a refusal changes.
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <string>

#include "client/key_exchange_fixture.hpp"
#include "crypto/handshake.hpp"

namespace partyline::client {
namespace {

using namespace std::chrono_literals;
using test::attic;
using test::KeyExchangeTest;
using test::lobby;
using test::Peer;

// --- who may be given a key ------------------------------------------------------------------

TEST_F(KeyExchangeTest, ADeviceThatDoesNotVerifyIsGivenNothingAndBelievedNothing) {
    const auto now = clock_.unix_ms();
    const auto week = crypto::device_lifetime_ms_max;
    struct Case {
        const char* what;
        std::function<void(wire::Member&)> spoil;
    };
    for (const auto& [what, spoil] : {
             Case{"signature", [](wire::Member& m) { m.device.signature[5] ^= std::byte{1}; }},
             Case{"expired",
                  [&](wire::Member& m) { m = peer(4).member(now - week - 2LL * 3600 * 1000); }},
             Case{"later expiry", [](wire::Member& m) { ++m.device.expiry_unix_ms; }},
             Case{"other key", [&](wire::Member& m) { m.x25519 = peer(5).member(now).x25519; }},
             Case{"other identity",
                  [&](wire::Member& m) { m.identity = peer(5).member(now).identity; }},
             Case{"short key", [](wire::Member& m) { m.x25519.pop_back(); }},
         }) {
        KeyExchange keys(self_.device(), clock_, 400);
        keys.joined({.channel = lobby,
                     .channel_epoch = ChannelEpoch{1},
                     .route = Route{1},
                     .frame_ms = 10,
                     .members = 2});
        auto member = peer(4).member(now);
        spoil(member);
        keys.member_keys({.channel = lobby,
                          .channel_epoch = ChannelEpoch{1},
                          .members = {member},
                          .more = false});
        keys.key_share(share_from(peer(4), 1, lobby));
        keys.member_joined({.channel = lobby, .channel_epoch = ChannelEpoch{1}, .member = member});
        int told = 0;
        for (const auto& output : keys.take_outputs()) {
            EXPECT_FALSE(std::holds_alternative<ToServer>(output)) << what;
            EXPECT_FALSE(std::holds_alternative<UseSpeakerKey>(output)) << what;
            told += std::holds_alternative<DeviceRefused>(output) ? 1 : 0;
        }
        EXPECT_EQ(told, 1) << what;
        EXPECT_EQ(keys.counters().devices_refused, 2U) << what;
        EXPECT_EQ(keys.counters().shares_dropped, 1U) << what;
    }
}

TEST_F(KeyExchangeTest, AnotherKeyForAKnownSessionIsRefused) {
    settle_in();
    const Peer impostor(2);  // the same session, another person
    keys_.member_joined({.channel = lobby,
                         .channel_epoch = ChannelEpoch{epoch_},
                         .member = impostor.member(clock_.unix_ms())});
    keys_.key_share(share_from(impostor, 1, lobby));
    EXPECT_EQ(take(), "");
    keys_.key_share(share_from(peer(2), 1, lobby));
    EXPECT_EQ(take(), "hear 2 1.0");
}

TEST_F(KeyExchangeTest, SharesAreTakenFromMembersOfThisRoomOnly) {
    settle_in();
    keys_.key_share(share_from(peer(4), 1, lobby));  // no member
    keys_.key_share(share_from(peer(2), 1, attic));  // another room
    auto claimed = share_from(peer(2), 1, attic);
    claimed.channel = lobby;
    keys_.key_share(claimed);
    auto newer = share_from(peer(2), 1, lobby);
    newer.generation = 9;
    keys_.key_share(newer);
    auto others = share_from(peer(3), 1, lobby);
    others.from = SessionId{2};
    keys_.key_share(others);
    EXPECT_EQ(take(), "");
    EXPECT_EQ(keys_.counters().shares_dropped, 5U);
    keys_.key_share(share_from(peer(2), 1, lobby));
    EXPECT_EQ(take(), "hear 2 1.0");
}

TEST_F(KeyExchangeTest, AnExpiredDeviceIsAskedForAgainAndGivenNothing) {
    settle_in();
    clock_.advance(std::chrono::hours(24 * 7 + 2));
    enters(4);
    EXPECT_EQ(take(), "use 2.1; get 2 from 2; share 2.1 to 4");
}

TEST_F(KeyExchangeTest, KeysThatDoNotComeAreAskedForAndDelayNobodyForEver) {
    join(lobby, 3);
    page({2});
    take();
    keys_.set_seen(std::vector{SessionId{2}, SessionId{3}});
    take();
    answer_all();
    EXPECT_EQ(take(), "");
    const auto since = clock_.now();
    const auto run_to = [&](Duration after) { run(since + after - clock_.now()); };
    run_to(member_keys_patience - 1ms);
    EXPECT_EQ(take(), "");
    run_to(member_keys_patience + key_exchange_idle_tick);
    EXPECT_EQ(take(), "get 1 from 3");
    run_to(keyless_grace - 1ms);
    EXPECT_EQ(take(), "");
    run_to(keyless_grace + key_exchange_idle_tick);
    EXPECT_EQ(take(), "complete");
    run_to(member_keys_patience + member_keys_retry_after - 1ms);
    EXPECT_EQ(take(), "") << "asked for not too often";
    run_to(member_keys_patience + member_keys_retry_after + 2 * key_exchange_idle_tick);
    EXPECT_EQ(take(), "get 1 from 3");
}

// --- requests --------------------------------------------------------------------------------

TEST_F(KeyExchangeTest, ARequestIsAnsweredNowAndThen) {
    settle_in();
    keys_.key_requested({.from = SessionId{2}, .kid = crypto::make_kid(2, 0)});
    EXPECT_EQ(take(), "share 2.0 to 2");
    run(share_retry_after - 1ms);
    keys_.key_requested({.from = SessionId{2}, .kid = crypto::make_kid(2, 0)});
    EXPECT_EQ(take(), "");
    run(1ms);
    keys_.key_requested({.from = SessionId{2}, .kid = crypto::make_kid(2, 0)});
    EXPECT_EQ(take(), "share 2.0 to 2");
    keys_.key_requested({.from = SessionId{6}, .kid = 0});
    EXPECT_EQ(take(), "") << "not a member";
}

TEST_F(KeyExchangeTest, ARequestNeverUncoversWhatWasSaidBefore) {
    settle_in();
    enters(4);
    EXPECT_EQ(take(), "use 2.1; share 2.1 to 4");
    clock_.advance(1ms);
    enters(5);
    keys_.key_requested({.from = SessionId{5}, .kid = crypto::make_kid(2, 1)});
    EXPECT_EQ(take(), "") << "5 came after the step";
    run(step_interval_min - 1ms);
    EXPECT_EQ(take(), "use 2.2; share 2.2 to 5");
}

TEST_F(KeyExchangeTest, AsksForTheKeysOfMembersOnly) {
    settle_in();
    keys_.key_needed({.speaker = SessionId{2}, .kid = 5});
    keys_.key_needed({.speaker = SessionId{6}, .kid = 5});
    EXPECT_EQ(take(), "request 2");
}

// --- refusals --------------------------------------------------------------------------------

TEST_F(KeyExchangeTest, ARefusedShareIsRepeatedWhenItMay) {
    settle_in();
    enters(4);
    take();
    answer_all(Error{.code = ErrorCode::rate_limited, .message = "", .retry_ms = 3000});
    run(2900ms);
    EXPECT_EQ(take(), "");
    run(400ms);
    EXPECT_EQ(take(), "share 2.1 to 4");
    answer_all();
    EXPECT_EQ(take(), "complete");
}

TEST_F(KeyExchangeTest, AShareRefusedForAMembershipThatHasChangedIsRepeatedAtOnce) {
    settle_in();
    enters(4);
    take();
    const auto refused = std::exchange(tickets_, {});
    run(50ms);
    enters(5);
    take();
    for (const auto ticket : refused) {
        keys_.answered(ticket, Error{.code = ErrorCode::bad_key_share});
    }
    EXPECT_EQ(take(), "share 2.2 to 4");
}

TEST_F(KeyExchangeTest, SomebodyWhoLeftBeforeWeCameDelaysNobody) {
    settle_in();
    // In the attic the screen still shows 3, whose keys we know from the lobby; only 4 is there.
    join(attic, 2);
    keys_.set_seen(std::vector{SessionId{3}, SessionId{4}});
    run(20ms);
    take();
    ASSERT_EQ(tickets_.size(), 1U);
    keys_.answered(tickets_.back(), Error{.code = ErrorCode::bad_key_share});
    page({4});
    EXPECT_EQ(take(), "share 3.1 to 4") << "not a second later, and without 3";
    run(20ms);
    enters(5);
    EXPECT_EQ(take(), "use 3.2; share 3.2 to 5");
}

}  // namespace
}  // namespace partyline::client

#include "client/key_exchange.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <format>
#include <functional>
#include <string>
#include <vector>

#include "client/key_test_support.hpp"
#include "crypto/handshake.hpp"

namespace partyline::client {
namespace {

using namespace std::chrono_literals;
using test::Peer;

constexpr ChannelId lobby{10};
constexpr ChannelId attic{11};

/// One talkie's key exchange, and a server that says what the test wants it to say.
class KeyExchangeTest : public testing::Test {
protected:
    KeyExchangeTest() {
        for (std::uint32_t session = 2; session < 8; ++session) {
            peers_.emplace_back(session);
        }
    }

    Peer& peer(std::uint32_t session) { return peers_.at(session - 2); }

    void join(ChannelId channel, std::uint32_t members) {
        keys_.joined({.channel = channel,
                      .channel_epoch = ChannelEpoch{++epoch_},
                      .route = Route{1},
                      .frame_ms = 10,
                      .members = members});
        channel_ = channel;
    }
    void page(const std::vector<std::uint32_t>& sessions, bool more = false) {
        wire::MemberKeys keys{.channel = channel_,
                              .channel_epoch = ChannelEpoch{epoch_},
                              .members = {},
                              .more = more};
        for (const auto session : sessions) {
            keys.members.push_back(peer(session).member(clock_.unix_ms()));
        }
        keys_.member_keys(keys);
    }
    void enters(std::uint32_t session) {
        keys_.member_joined({.channel = channel_,
                             .channel_epoch = ChannelEpoch{++epoch_},
                             .member = peer(session).member(clock_.unix_ms())});
    }
    void leaves(std::uint32_t session) {
        keys_.member_left({.channel = channel_,
                           .channel_epoch = ChannelEpoch{++epoch_},
                           .session = SessionId{session}});
    }

    /// In the lobby with 2 and 3, and all that follows from it done.
    void settle_in() {
        join(lobby, 3);
        page({2, 3});
        take();
        answer_all();
        take();
        clock_.advance(10s);
    }

    void run(Duration duration) {
        const auto end = clock_.now() + duration;
        while (keys_.next_tick() && *keys_.next_tick() <= end) {
            clock_.set(std::max(*keys_.next_tick(), clock_.now() + 1us));
            keys_.tick();
        }
        clock_.set(end);
        keys_.tick();
    }

    void answer_all(const std::optional<Error>& error = std::nullopt) {
        for (const auto ticket : std::exchange(tickets_, {})) {
            keys_.answered(ticket, error);
        }
    }

    /// What came out, a word for each: "use 2.0" a key in use, "share 2.0 to 2 3", and so on.
    std::string take() {
        std::string told;
        for (auto& output : keys_.take_outputs()) {
            const auto line = std::visit([this](auto& one) { return tell(one); }, output);
            if (!line.empty()) {
                told += (told.empty() ? "" : "; ") + line;
            }
        }
        return told;
    }

    std::string tell(const UseSenderKey& use) {
        in_use_ = test::copy(use.key);
        return std::format("use {}.{}", use.key.generation, use.key.step);
    }
    std::string tell(const UseSpeakerKey& use) {
        return std::format("hear {} {}.{}", use.key.speaker.value, use.key.material.generation,
                           use.key.material.step);
    }
    std::string tell(const ToServer& output) {
        if (output.ticket != 0) {
            tickets_.push_back(output.ticket);
        }
        return std::visit([this](const auto& body) { return tell_body(body); }, output.body);
    }
    std::string tell_body(const wire::ShareKeys& shares) {
        std::string line = std::format("share {}.{} to", shares.generation, shares.step);
        for (const auto& share : shares.shares) {
            line += std::format(" {}", share.to.value);
        }
        EXPECT_EQ(shares.channel, channel_);
        EXPECT_LE(shares.channel_epoch, ChannelEpoch{epoch_});
        last_shares_ = shares;
        return line;
    }
    std::string tell_body(const wire::GetMemberKeys& get) {
        return std::format("get {} from {}", get.sessions.size(), get.sessions.front().value);
    }
    std::string tell_body(const wire::KeyRequest& request) {
        return std::format("request {}", request.speaker.value);
    }
    template <class Other>
    std::string tell_body(const Other&) {
        return "?";
    }
    std::string tell(const KeysComplete&) { return "complete"; }
    template <class Membership>
    std::string tell(const Membership&) {
        return {};
    }

    /// A share that `from` seals for us.
    wire::KeyShare share_from(const Peer& from, std::uint32_t generation, ChannelId channel) const {
        const crypto::ShareContext context{.channel = channel,
                                           .from = from.session,
                                           .to = self_.session,
                                           .stream = {},
                                           .generation = generation,
                                           .step = 0};
        return {.from = from.session,
                .channel = channel,
                .channel_epoch = ChannelEpoch{epoch_},
                .stream = {},
                .generation = generation,
                .step = 0,
                .sealed = from.pair_with(self_).seal(context, test::key_of(generation))};
    }

    ManualClock clock_;
    Peer self_{1};
    std::deque<Peer> peers_;
    KeyExchange keys_{self_.device(), clock_, 400};
    ChannelId channel_{};
    std::uint32_t epoch_ = 100;
    std::vector<std::uint64_t> tickets_;
    crypto::SenderKeyMaterial in_use_;
    wire::ShareKeys last_shares_;
};

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

TEST_F(KeyExchangeTest, ButNoLaterThan500Milliseconds) {
    settle_in();
    leaves(3);
    take();
    run(499ms);
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
    run(799ms);
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
    run(20ms);
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

// --- requests --------------------------------------------------------------------------------

TEST_F(KeyExchangeTest, ARequestIsAnsweredOnceASecond) {
    settle_in();
    keys_.key_requested({.from = SessionId{2}, .kid = crypto::make_kid(2, 0)});
    EXPECT_EQ(take(), "share 2.0 to 2");
    run(999ms);
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
    run(19ms);
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

// --- time and talk ---------------------------------------------------------------------------

TEST_F(KeyExchangeTest, ARatchetStepAfterFiveMinutesOfTalk) {
    settle_in();
    for (int i = 0; i < 10; ++i) {
        keys_.set_talking(true);
        run(29s);
        keys_.set_talking(false);
        run(60s);
    }
    EXPECT_EQ(take(), "") << "that was 4 min 50 s";
    keys_.set_talking(true);
    run(11s);
    EXPECT_EQ(take(), "use 2.1");
}

TEST_F(KeyExchangeTest, TheLastStepForcesAFreshKey) {
    settle_in();
    keys_.set_talking(true);
    for (int i = 0; i < 0xFFFF; ++i) {
        clock_.advance(5min);
        keys_.tick();
        take();
    }
    clock_.advance(5min);
    // The devices of the others have expired long ago.
    page({2, 3});
    EXPECT_EQ(take(), "share 3.0 to 2 3");
    answer_all();
    EXPECT_EQ(take(), "use 3.0");
}

// --- large rooms -----------------------------------------------------------------------------

class LargeRoom : public KeyExchangeTest {
protected:
    static constexpr std::uint32_t others = 900;

    LargeRoom() {
        for (std::uint32_t session = 8; session < others + 2; ++session) {
            peers_.emplace_back(session);
        }
        join(lobby, others + 1);
        see(others);
    }

    void see(std::uint32_t count) {
        std::vector<SessionId> seen;
        for (std::uint32_t i = 0; i < count; ++i) {
            seen.push_back(SessionId{i + 2});
        }
        keys_.set_seen(seen);
    }
    void pages() {
        for (std::uint32_t from = 2; from < others + 2; from += 200) {
            std::vector<std::uint32_t> sessions;
            for (auto i = from; i < std::min(from + 200, others + 2); ++i) {
                sessions.push_back(i);
            }
            page(sessions, true);
        }
    }
    /// How many shares are in what is told.
    std::size_t shares_taken() {
        std::size_t count = 0;
        for (auto& output : keys_.take_outputs()) {
            if (auto* message = std::get_if<ToServer>(&output)) {
                if (const auto* shares = std::get_if<wire::ShareKeys>(&message->body)) {
                    EXPECT_LE(shares->shares.size(), wire::shares_per_message_max);
                    count += shares->shares.size();
                    tickets_.push_back(message->ticket);
                }
            }
        }
        return count;
    }
};

TEST_F(LargeRoom, NobodyIsGivenAKeyBeforeWeTalk) {
    EXPECT_EQ(take(), "use 2.0; complete; use 2.1");
    run(60s);
    EXPECT_EQ(take(), "");
}

TEST_F(LargeRoom, TalkFetchesKeysAndSharesWithAll) {
    take();
    keys_.set_talking(true);
    EXPECT_EQ(take(), "get 400 from 2; get 400 from 402; get 100 from 802");
    pages();
    EXPECT_EQ(shares_taken(), others);
    answer_all();
    EXPECT_EQ(take(), "");
}

TEST_F(LargeRoom, NewcomersAreToppedUpWhileWeTalkAndAMomentAfter) {
    peers_.emplace_back(others + 2);
    peers_.emplace_back(others + 3);
    keys_.set_talking(true);
    pages();
    shares_taken();
    answer_all();
    run(1s);
    take();
    enters(others + 2);
    EXPECT_EQ(take(), std::format("use 2.2; share 2.2 to {}", others + 2));
    answer_all();
    EXPECT_EQ(take(), "complete");
    keys_.set_talking(false);
    run(11s);
    enters(others + 3);
    EXPECT_EQ(take(), "use 2.3");
    keys_.set_talking(true);
    EXPECT_EQ(take(), std::format("share 2.3 to {}", others + 3));
}

TEST_F(LargeRoom, ALeaveInSilenceCostsNoShares) {
    keys_.set_talking(true);
    pages();
    shares_taken();
    answer_all();
    keys_.set_talking(false);
    run(11s);
    take();
    see(others - 1);
    EXPECT_EQ(take(), "use 3.0") << "nothing is to be bridged: nobody talks";
    run(60s);
    EXPECT_EQ(take(), "");
    keys_.set_talking(true);
    EXPECT_EQ(shares_taken(), others - 1);
}

TEST_F(LargeRoom, RotationsAreFurtherApart) {
    keys_.set_talking(true);
    pages();
    shares_taken();
    answer_all();
    run(10s);
    take();
    see(others - 1);
    EXPECT_EQ(shares_taken(), others - 1);
    answer_all();
    take();
    see(others - 2);
    run(1790ms);
    EXPECT_EQ(take(), "");
    run(10ms);
    EXPECT_EQ(shares_taken(), others - 2);
}

TEST_F(LargeRoom, AShareThatComesBeforeItsSendersKeysWaitsForThem) {
    take();
    keys_.key_share(share_from(peer(5), 1, lobby));
    EXPECT_EQ(take(), "get 1 from 5");
    page({5}, true);
    EXPECT_EQ(take(), "hear 5 1.0");
}

TEST_F(LargeRoom, ARequestIsAnsweredThoughWeAreSilent) {
    take();
    keys_.key_requested({.from = SessionId{5}, .kid = 0});
    EXPECT_EQ(take(), "get 1 from 5");
    page({5}, true);
    EXPECT_EQ(take(), "share 2.1 to 5");
}

TEST_F(LargeRoom, WhenItShrinksEverybodyIsGivenTheKey) {
    take();
    see(63);
    EXPECT_EQ(take(), "");
    run(2s);
    EXPECT_EQ(take(), "get 63 from 2");
}

}  // namespace
}  // namespace partyline::client

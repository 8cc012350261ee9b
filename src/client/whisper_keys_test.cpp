#include "client/whisper_keys.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <format>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "client/key_test_support.hpp"
#include "client/limits.hpp"

namespace partyline::client {
namespace {

using namespace std::chrono_literals;
using test::Peer;

constexpr StreamId one{1};
constexpr StreamId two{2};

/// One talkie's keys for whispers, and a server that says what the test wants it to say.
class WhisperKeysTest : public testing::Test {
protected:
    WhisperKeysTest() {
        for (std::uint32_t session = 2; session < 10; ++session) {
            peers_.emplace_back(session);
            shown_.insert(SessionId{session});
        }
    }

    Peer& peer(std::uint32_t session) { return peers_.at(session - 2); }

    ChannelEpoch next_epoch(StreamId stream) { return {++epochs_[stream].value}; }
    std::vector<wire::Member> members_of(const std::vector<std::uint32_t>& sessions) {
        std::vector<wire::Member> members;
        for (const auto session : sessions) {
            members.push_back(peer(session).member(clock_.unix_ms()));
        }
        return members;
    }
    void set(StreamId stream, const std::vector<std::uint32_t>& sessions, bool more = false) {
        keys_.members({.stream = stream,
                       .epoch = next_epoch(stream),
                       .members = members_of(sessions),
                       .more = more});
    }
    void change(StreamId stream, const std::vector<std::uint32_t>& joined,
                const std::vector<std::uint32_t>& left) {
        wire::WhisperChanged change{.stream = stream,
                                    .epoch = next_epoch(stream),
                                    .joined = members_of(joined),
                                    .left = {}};
        for (const auto session : left) {
            change.left.push_back(SessionId{session});
        }
        keys_.changed(change);
    }

    /// A set of 2 and 3 whose key is in use, and long done.
    void settle() {
        set(one, {2, 3});
        take();
        answer_all();
        take();
        clock_.advance(10s);
    }

    void run(Duration duration) { test::run(keys_, clock_, duration); }
    void answer_all(const std::optional<Error>& error = std::nullopt) {
        test::answer_all(keys_, tickets_, error);
    }

    /// What came out, a word for each: "use 1: 2" a key of stream 1 in use, "share 1: 2 to 3 4".
    std::string take() {
        return test::take_words(keys_, [this](auto& each) { return tell(each); });
    }
    std::string tell(const UseSenderKey& use) {
        return std::format("use {}: {}", use.stream.value, use.key.generation);
    }
    std::string tell(const DeviceRefused& refused) {
        return std::format("refused {}", refused.session.value);
    }
    std::string tell(const ToServer& output) {
        tickets_.push_back(output.ticket);
        const auto& shares = std::get<wire::ShareKeys>(output.body);
        EXPECT_EQ(shares.channel, ChannelId{});
        EXPECT_EQ(shares.channel_epoch, epochs_[shares.stream]);
        EXPECT_EQ(shares.step, 0);
        auto line = std::format("share {}: {} to", shares.stream.value, shares.generation);
        for (const auto& share : shares.shares) {
            line += std::format(" {}", share.to.value);
            expect_opens(shares, share);
        }
        return line;
    }
    /// For whom it is meant, and only as what it says it is.
    void expect_opens(const wire::ShareKeys& shares, const wire::SealedShare& share) {
        const auto opened = peer(share.to.value)
                                .pair_with(self_)
                                .open({.channel = {},
                                       .from = self_.session,
                                       .to = share.to,
                                       .stream = shares.stream,
                                       .generation = shares.generation,
                                       .step = shares.step},
                                      share.sealed);
        EXPECT_TRUE(opened.has_value());
    }
    std::vector<std::uint32_t> audience(StreamId stream) {
        std::vector<std::uint32_t> sessions;
        for (const auto session : keys_.audience(stream)) {
            sessions.push_back(session.value);
        }
        return sessions;
    }

    using Sessions = std::vector<std::uint32_t>;

    ManualClock clock_;
    Peer self_{1};
    std::deque<Peer> peers_;
    std::set<SessionId> shown_;
    std::map<StreamId, ChannelEpoch> epochs_;
    std::vector<std::uint64_t> tickets_;
    OwnDevice own_ = self_.device();
    DeviceBook book_{own_, clock_};
    WhisperKeys keys_{
        {.own = own_,
         .book = book_,
         .clock = clock_,
         .shares_per_message = 400,
         .shown = [this](StreamId, SessionId session) { return shown_.contains(session); }}};
};

TEST_F(WhisperKeysTest, TheKeyIsMadeWithTheSetAndUsedWhenAllHaveIt) {
    set(one, {2, 3});
    EXPECT_EQ(take(), "share 1: 1 to 2 3");
    EXPECT_FALSE(keys_.is_heard(one));
    answer_all();
    EXPECT_EQ(take(), "use 1: 1");
    EXPECT_TRUE(keys_.is_heard(one));
    EXPECT_EQ(audience(one), (Sessions{2, 3}));
    run(60s);
    EXPECT_EQ(take(), "") << "nobody came and nobody went";
    EXPECT_EQ(keys_.next_tick(), std::nullopt);
}

TEST_F(WhisperKeysTest, WithoutAnAnswerTheKeyIsUsedAfterHalfASecond) {
    set(one, {2});
    take();
    run(rotation_confirm_max - 1ms);
    EXPECT_EQ(take(), "");
    run(1ms);
    EXPECT_EQ(take(), "use 1: 1");
}

TEST_F(WhisperKeysTest, EachSetHasAKeyOfItsOwn) {
    set(one, {2, 3});
    set(two, {3, 4});
    EXPECT_EQ(take(), "share 1: 1 to 2 3; share 2: 1 to 3 4");
    answer_all();
    EXPECT_EQ(take(), "use 1: 1; use 2: 1");
    clock_.advance(1s);
    change(two, {}, {3});
    EXPECT_EQ(take(), "share 2: 2 to 4");
    EXPECT_EQ(audience(one), (Sessions{2, 3}));
}

TEST_F(WhisperKeysTest, WhoeverComesOrGoesBringsAFreshKeyForAll) {
    settle();
    change(one, {4}, {});
    EXPECT_EQ(take(), "share 1: 2 to 2 3 4");
    answer_all();
    EXPECT_EQ(take(), "use 1: 2");
    clock_.advance(1s);
    change(one, {}, {2});
    EXPECT_EQ(take(), "share 1: 3 to 3 4");
    answer_all();
    EXPECT_EQ(take(), "use 1: 3");
}

TEST_F(WhisperKeysTest, ChangesAreGatheredForASecond) {
    settle();
    change(one, {4}, {});
    EXPECT_EQ(take(), "share 1: 2 to 2 3 4");
    answer_all();
    take();
    change(one, {5}, {});
    change(one, {}, {2});
    change(one, {6}, {});
    run(rotation_interval_min - 1ms);
    EXPECT_EQ(take(), "");
    run(1ms);
    EXPECT_EQ(take(), "share 1: 3 to 3 4 5 6");
}

TEST_F(WhisperKeysTest, WhoeverComesBeforeTheKeyIsUsedIsGivenIt) {
    set(one, {2});
    take();
    change(one, {3}, {});
    EXPECT_EQ(take(), "share 1: 1 to 3") << "nothing was said under it yet";
    answer_all();
    EXPECT_EQ(take(), "use 1: 1");
}

TEST_F(WhisperKeysTest, NobodyIsHeardByThoseWhoHaveOnlyThenCome) {
    settle();
    set(one, {4});
    EXPECT_EQ(take(), "share 1: 2 to 4");
    EXPECT_FALSE(keys_.is_heard(one)) << "those who have the key in use are all gone";
    answer_all();
    EXPECT_TRUE(keys_.is_heard(one));
    clock_.advance(1s);
    set(one, {});
    EXPECT_FALSE(keys_.is_heard(one));
    EXPECT_EQ(audience(one), Sessions{});
    EXPECT_EQ(keys_.next_tick(), std::nullopt);
}

TEST_F(WhisperKeysTest, TheSameSetAgainChangesNothing) {
    settle();
    take();
    set(one, {3, 2});
    EXPECT_EQ(take(), "");
    EXPECT_TRUE(keys_.is_heard(one));
}

TEST_F(WhisperKeysTest, AnAnswerOfManyPagesIsOneSet) {
    settle();
    set(one, {4, 5}, true);
    EXPECT_EQ(audience(one), (Sessions{2, 3}));
    set(one, {6}, false);
    EXPECT_EQ(audience(one), (Sessions{4, 5, 6}));
    EXPECT_EQ(take(), "share 1: 2 to 4 5 6");
}

TEST_F(WhisperKeysTest, WhoIsNotOnTheScreenIsGivenNothing) {
    shown_.erase(SessionId{3});
    set(one, {2, 3});
    EXPECT_EQ(take(), "share 1: 1 to 2");
    answer_all();
    EXPECT_EQ(take(), "use 1: 1");
    EXPECT_EQ(audience(one), (Sessions{2}));
    clock_.advance(1s);
    shown_.insert(SessionId{3});
    keys_.tick();
    EXPECT_EQ(take(), "share 1: 2 to 2 3") << "a fresh one, as the first has been used";
    answer_all();
    take();
    clock_.advance(1s);
    shown_.erase(SessionId{2});
    keys_.tick();
    EXPECT_EQ(take(), "share 1: 3 to 3");
}

TEST_F(WhisperKeysTest, ADeviceThatDoesNotVerifyIsToldOnce) {
    auto forged = members_of({2, 3});
    forged[1].device.signature[0] ^= std::byte{1};
    keys_.members({.stream = one, .epoch = next_epoch(one), .members = forged});
    EXPECT_EQ(take(), "refused 3; share 1: 1 to 2");
    answer_all();
    take();
    clock_.advance(1s);
    // The same epoch: it is told again because it has been renewed.
    keys_.changed({.stream = one, .epoch = epochs_[one], .joined = members_of({3})});
    EXPECT_EQ(take(), "share 1: 2 to 2 3");
}

TEST_F(WhisperKeysTest, AnEndedSessionIsInNoSet) {
    settle();
    set(two, {2, 4});
    take();
    answer_all();
    take();
    clock_.advance(1s);
    book_.forget(SessionId{2});
    keys_.session_gone(SessionId{2});
    EXPECT_EQ(take(), "share 1: 2 to 3; share 2: 2 to 4");
    change(one, {}, {2});
    EXPECT_EQ(take(), "") << "that was known";
}

TEST_F(WhisperKeysTest, WhoAsksIsGivenTheKeyAgainOnceASecond) {
    settle();
    const wire::KeyRequested request{.from = SessionId{2}, .kid = 1, .stream = one};
    keys_.key_requested(request);
    EXPECT_EQ(take(), "share 1: 1 to 2");
    keys_.key_requested(request);
    EXPECT_EQ(take(), "");
    clock_.advance(key_request_interval);
    keys_.key_requested(request);
    EXPECT_EQ(take(), "share 1: 1 to 2");
    keys_.key_requested({.from = SessionId{4}, .kid = 1, .stream = one});
    keys_.key_requested({.from = SessionId{2}, .kid = 1, .stream = two});
    EXPECT_EQ(take(), "") << "not in that set";
}

TEST_F(WhisperKeysTest, ARefusalIsNoReasonToGiveUp) {
    set(one, {2});
    take();
    answer_all(Error{.code = ErrorCode::bad_key_share, .message = {}});
    EXPECT_EQ(take(), "");
    run(share_retry_after + key_exchange_idle_tick);
    EXPECT_EQ(take(), "use 1: 1; share 1: 1 to 2");
    answer_all(Error{.code = ErrorCode::rate_limited, .message = {}, .retry_ms = 5000});
    run(4900ms);
    EXPECT_EQ(take(), "");
    run(500ms);
    EXPECT_EQ(take(), "share 1: 1 to 2");
    answer_all();
    EXPECT_TRUE(keys_.is_heard(one));
}

TEST_F(WhisperKeysTest, ARefusalForAMembershipThatHasChangedIsRepeatedAtOnce) {
    set(one, {2});
    take();
    const auto late = std::exchange(tickets_, {});
    change(one, {3}, {});
    EXPECT_EQ(take(), "share 1: 1 to 3");
    keys_.answered(late.at(0), Error{.code = ErrorCode::bad_key_share, .message = {}});
    EXPECT_EQ(take(), "share 1: 1 to 2");
}

TEST_F(WhisperKeysTest, WhileTheConnectionIsAwayTheKeyStays) {
    settle();
    change(one, {4}, {});
    EXPECT_EQ(take(), "share 1: 2 to 2 3 4");
    keys_.go_away();
    run(5s);
    answer_all();
    EXPECT_EQ(take(), "");
    keys_.come_back();
    EXPECT_EQ(take(), "share 1: 2 to 2 3 4");
    answer_all();
    EXPECT_EQ(take(), "use 1: 2");
}

TEST_F(WhisperKeysTest, LongListsTakeSeveralMessages) {
    WhisperKeys keys({.own = own_,
                      .book = book_,
                      .clock = clock_,
                      .shares_per_message = 3,
                      .shown = [](StreamId, SessionId) { return true; }});
    keys.members(
        {.stream = one, .epoch = ChannelEpoch{1}, .members = members_of({2, 3, 4, 5, 6, 7, 8})});
    std::vector<std::size_t> sizes;
    for (const auto& output : keys.take_outputs()) {
        sizes.push_back(std::get<wire::ShareKeys>(std::get<ToServer>(output).body).shares.size());
    }
    EXPECT_EQ(sizes, (std::vector<std::size_t>{3, 3, 1}));
}

TEST_F(WhisperKeysTest, ASetHoldsNoMoreThanItMay) {
    wire::Member nobody{.session = {}, .identity = {}, .x25519 = {}, .device = {}};
    wire::WhisperMembers page{.stream = one, .epoch = ChannelEpoch{1}, .members = {}};
    for (std::uint32_t session = 100; session < 99 + whisper_members_max; ++session) {
        nobody.session = SessionId{session};
        page.members.push_back(nobody);
    }
    keys_.members(page);
    EXPECT_EQ(keys_.take_outputs().size(), whisper_members_max - 1) << "none of them verifies";
    epochs_[one] = ChannelEpoch{1};
    change(one, {2}, {});
    EXPECT_EQ(take(), "share 1: 1 to 2");
    change(one, {3}, {});
    EXPECT_EQ(take(), "");
    change(one, {3}, {100});
    EXPECT_EQ(take(), "share 1: 1 to 3");
}

TEST_F(WhisperKeysTest, WhatCannotBeIsNoSet) {
    set(StreamId{}, {2});
    set(StreamId{8}, {2});
    change(one, {2}, {});
    EXPECT_EQ(take(), "") << "a change of a set that was never told";
    keys_.members(
        {.stream = one, .epoch = next_epoch(one), .members = {self_.member(clock_.unix_ms())}});
    EXPECT_EQ(take(), "");
    EXPECT_EQ(audience(one), Sessions{});
}

}  // namespace
}  // namespace partyline::client

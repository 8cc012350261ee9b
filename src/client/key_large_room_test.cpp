// In rooms too large for everybody to share keys on joining.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <format>
#include <string>
#include <vector>

#include "client/key_exchange_fixture.hpp"

namespace partyline::client {
namespace {

using namespace std::chrono_literals;
using test::KeyExchangeTest;
using test::lobby;
using test::Peer;

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
    peers_.emplace_back(others + 4);
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
    run(talk_hold - 1ms);
    enters(others + 3);
    EXPECT_EQ(take(), std::format("use 2.3; share 2.3 to {}", others + 3));
    answer_all();
    EXPECT_EQ(take(), "complete");
    run(1ms);
    enters(others + 4);
    EXPECT_EQ(take(), "");
    run(step_interval_min);
    EXPECT_EQ(take(), "use 2.4");
    keys_.set_talking(true);
    EXPECT_EQ(take(), std::format("share 2.4 to {}", others + 4));
}

TEST_F(LargeRoom, ALeaveInSilenceCostsNoShares) {
    keys_.set_talking(true);
    pages();
    shares_taken();
    answer_all();
    keys_.set_talking(false);
    run(talk_hold + 1s);
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
    // Of those who are left when it is due.
    const auto apart = rotation_interval_per_member * static_cast<int>(others - 2);
    run(apart - 6ms);
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

TEST_F(LargeRoom, OfOneSenderOnlySoManyWait) {
    take();
    for (std::uint32_t generation = 1; generation <= early_shares_max + 1; ++generation) {
        EXPECT_EQ(keys_.counters().shares_dropped, 0U) << generation;
        keys_.key_share(share_from(peer(5), generation, lobby));
    }
    EXPECT_EQ(keys_.counters().shares_dropped, 1U);
    EXPECT_EQ(take(), "get 1 from 5");
    page({5}, true);
    EXPECT_EQ(take(), "hear 5 1.0; hear 5 2.0; hear 5 3.0");
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

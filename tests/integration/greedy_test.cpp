// Members who are in, and want more than their share.

#include <gtest/gtest.h>

#include <algorithm>
#include <expected>
#include <thread>

#include "integration/hostile_fixture.hpp"
#include "integration/stranger.hpp"
#include "net/loop.hpp"
#include "server/control/caller_test_support.hpp"
#include "wire/limits.hpp"

namespace partyline::integration {
namespace {

using control::Caller;

/// Texts of the largest size; a page of history holds most of them.
constexpr int large_texts = 18;
/// The first of them at once, then five a second, as the server allows. All together say more than
/// may wait for one reader and what the system keeps.
constexpr int pages_at_once = 20;
constexpr int pages = 28;
constexpr Duration page_interval = std::chrono::milliseconds(210);
/// What waits for one reader, here and in the system, and what looking up the texts takes.
constexpr std::size_t memory_growth_kb_max = 12'000;

/// Of what a session may do: so much at once, then steps for some seconds.
constexpr int burst_texts = 12;
constexpr int burst_states = 100;
constexpr int steps = 20;
constexpr Duration step = std::chrono::milliseconds(210);
constexpr int states_each_step = 6;
/// More than is answered with a refusal before the session ends.
constexpr int states_beyond = 1'000;

class Greedy : public HostileTest {
protected:
    void SetUp() override {
        HostileTest::SetUp();
        begin_conversation(port());
        bob_->command("rooms");
        const auto rooms = bob_->wait("rooms")["rooms"];
        room_id_ = ChannelId{rooms[0]["id"].get<std::uint32_t>()};
        other_room_id_ = ChannelId{rooms[1]["id"].get<std::uint32_t>()};
    }

    /// Plays a scenario on a thread and a loop of its own, while the others talk on. What it throws
    /// fails the test.
    template <class Meanwhile>
    void play(net::task<> scenario, Meanwhile meanwhile) {
        const auto guarded = [](net::task<> work) -> net::task<> {
            try {
                co_await std::move(work);
            } catch (const std::exception& error) {
                ADD_FAILURE() << error.what();
            }
        };
        std::jthread thread([this, work = guarded(std::move(scenario))]() mutable {
            loop_.run_until_done(std::move(work));
        });
        meanwhile();
    }

    /// Others write to each other without delay. A machine that is busy elsewhere spoils one text or another,
    /// a server that is busy with the greedy spoils them all.
    void expect_quick_texts() {
        const SystemClock clock;
        auto quickest = Duration::max();
        for (int i = 0; i < 3; ++i) {
            const auto words = std::format("can you read this, {}?", ++texts_);
            const auto began = clock.now();
            alice_->command("say " + words);
            bob_->wait("text", "text", words);
            quickest = std::min(quickest, clock.now() - began);
        }
        EXPECT_LT(quickest, std::chrono::seconds(1));
    }

    static wire::SendText large_text(ChannelId channel) {
        return {.channel = channel, .text = std::string(wire::text_bytes_max, 'x')};
    }

    struct Answers {
        int fine = 0;
        int refused = 0;
        ErrorCode end = ErrorCode::unspecified;
    };
    /// Takes `count` answers, or all until the server has said good-bye. A refusal must say when to
    /// try again.
    static net::task<> count_answers(Caller& caller, Answers& answers, int count) {
        for (int i = 0; i < count;) {
            const auto message = co_await caller.next();
            if (const auto* goodbye = std::get_if<wire::Goodbye>(&message.body)) {
                answers.end = goodbye->error.code;
                co_return;
            }
            if (message.reply_to == 0) {
                continue;
            }
            ++i;
            if (const auto* refusal = std::get_if<wire::Refusal>(&message.body)) {
                EXPECT_EQ(refusal->error.code, ErrorCode::rate_limited) << refusal->error.message;
                EXPECT_GT(refusal->error.retry_ms, 0U);
                ++answers.refused;
            } else {
                ++answers.fine;
            }
        }
    }

    net::task<> fill_the_room() {
        Caller author(loop_);
        co_await author.log_in(port(), "author");
        co_await author.ask<wire::Joined>(wire::Join{room_id_});
        for (int i = 0; i < large_texts; ++i) {
            co_await author.ask<wire::TextAccepted>(large_text(room_id_));
        }
    }

    net::task<> ask_and_never_read(Caller& greedy) {
        co_await greedy.log_in(port(), "greedy");
        co_await greedy.ask<wire::Joined>(wire::Join{room_id_});
        net::Timer timer(loop_);
        for (int i = 0; i < pages; ++i) {
            if (i >= pages_at_once) {
                co_await timer.wait(page_interval);
            }
            try {
                co_await greedy.send(wire::GetHistory{.channel = room_id_});
            } catch (const std::bad_expected_access<Error>&) {
                co_return;  // cut already
            }
        }
    }

    /// Everything at the rate that is allowed, and no faster.
    net::task<> do_all_that_is_allowed(Caller& caller, Answers& answers) {
        co_await caller.log_in(port(), "restless");
        co_await caller.ask<wire::Joined>(wire::Join{room_id_});
        for (int i = 0; i < burst_texts; ++i) {
            co_await caller.send(large_text(room_id_));
        }
        for (int i = 0; i < burst_states; ++i) {
            co_await caller.send(wire::SetSelfState{.mute = i % 2 == 0});
        }
        co_await count_answers(caller, answers, burst_texts + burst_states);
        net::Timer timer(loop_);
        for (int i = 0; i < steps; ++i) {
            co_await timer.wait(step);
            const auto room = i % 2 == 0 ? other_room_id_ : room_id_;
            co_await caller.send(wire::Join{room});
            co_await caller.send(large_text(room));
            for (int k = 0; k < states_each_step; ++k) {
                co_await caller.send(wire::SetSelfState{.mute = k % 2 == 0});
            }
            co_await count_answers(caller, answers, states_each_step + 2);
        }
    }

    net::task<> do_more_than_is_allowed(Caller& caller, Answers& answers) {
        co_await caller.log_in(port(), "reckless");
        co_await caller.ask<wire::Joined>(wire::Join{room_id_});
        for (int i = 0; i < states_beyond; ++i) {
            co_await caller.send(wire::SetSelfState{.mute = i % 2 == 0});
        }
        co_await count_answers(caller, answers, states_beyond);
    }

    net::Loop loop_;
    ChannelId room_id_{};
    ChannelId other_room_id_{};
    int texts_ = 0;
};

TEST_F(Greedy, WhoAsksAndDoesNotReadIsCut) {
    play(fill_the_room(), [] {});
    const auto before_kb = resident_kb(server_->process().pid());
    Caller greedy(loop_);
    play(ask_and_never_read(greedy), [this] { expect_quick_texts(); });
    bob_->wait("person_left", "name", "greedy");
    EXPECT_TRUE(server_->process().errors().contains("reads too slowly and is cut"));
    const auto after_kb = resident_kb(server_->process().pid());
    if (memory_is_judged) {
        EXPECT_LT(after_kb, before_kb + memory_growth_kb_max);
    }
    RecordProperty("server_kb", std::format("{} to {}", before_kb, after_kb));
    expect_quick_texts();
    expect_undisturbed();
}

TEST_F(Greedy, WhoDoesAllThatIsAllowedDisturbsNobody) {
    Caller restless(loop_);
    Answers answers;
    play(do_all_that_is_allowed(restless, answers), [this] {
        expect_quick_texts();
        expect_quick_log_in();
        expect_quick_texts();
    });
    EXPECT_EQ(answers.fine, burst_texts + burst_states + steps * (states_each_step + 2));
    EXPECT_EQ(answers.refused, 0);
    expect_undisturbed();
}

TEST_F(Greedy, WhoDoesMoreIsToldWhenToTryAgainAndEndedAtLast) {
    Caller reckless(loop_);
    Answers answers;
    play(do_more_than_is_allowed(reckless, answers), [this] {
        expect_quick_texts();
        expect_quick_log_in();
    });
    EXPECT_GE(answers.refused, 500);
    EXPECT_EQ(answers.end, ErrorCode::rate_limited);
    expect_quick_texts();
    expect_undisturbed();
}

}  // namespace
}  // namespace partyline::integration

// Seats that are kept for those whose connection broke: how many, and who gets in all the same.
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <format>
#include <memory>
#include <vector>

#include "integration/talk_fixture.hpp"
#include "net/loop.hpp"
#include "server/control/caller_test_support.hpp"
#include "server/control/limits.hpp"

namespace partyline::integration {
namespace {

using control::Caller;

constexpr std::size_t kept_max = control::Limits{}.seats_away;

class KeptSeats : public TalkTest {
protected:
    void SetUp() override {}

    /// Whom the watcher sees gone until now.
    static net::task<> see_gone(Caller& watcher, std::vector<SessionId>& gone) {
        const auto ping = co_await watcher.send(wire::ControlPing{});
        for (;;) {
            const auto message = co_await watcher.next();
            if (message.reply_to == ping) {
                co_return;
            }
            if (const auto* change = std::get_if<wire::PresenceChanged>(&message.body)) {
                gone.insert(gone.end(), change->gone.begin(), change->gone.end());
            }
        }
    }
    net::task<std::unique_ptr<Caller>> come_and_break_off(std::string name) {
        auto caller = std::make_unique<Caller>(loop_);
        co_await caller->log_in(port(), std::move(name));
        caller->break_off();
        co_return caller;
    }

    net::task<> one_more_than_are_kept() {
        Caller watcher(loop_);
        co_await watcher.log_in(port(), "watcher");
        std::vector<SessionId> gone;
        const auto first = co_await come_and_break_off("first");
        const auto second = co_await come_and_break_off("second");
        for (std::size_t i = 2; i < kept_max; ++i) {
            co_await come_and_break_off(std::format("number {}", i));
            if (i % 25 == 0) {
                co_await see_gone(watcher, gone);
            }
        }
        EXPECT_EQ(gone, std::vector<SessionId>{}) << "so many are kept";
        co_await come_and_break_off("one more");
        net::Timer timer(loop_);
        const auto patience = clock_.now() + control::test_patience;
        while (gone.empty() && clock_.now() < patience) {
            co_await timer.wait(std::chrono::milliseconds(50));
            co_await see_gone(watcher, gone);
        }
        EXPECT_EQ(gone, std::vector{first->session}) << "who has waited longest";
        Caller late(loop_);
        co_await late.connect(port());
        const auto refusal = co_await late.ask<wire::Refusal>(late.make_resume(*first));
        EXPECT_EQ(refusal.error.code, ErrorCode::resume_refused);
        Caller back(loop_);
        EXPECT_EQ((co_await back.resume(port(), *second)).channel, ChannelId{});
        EXPECT_EQ(gone.size(), 1U);
    }

    net::Loop loop_;
    const SystemClock clock_;
};

TEST_F(KeptSeats, OfMoreThanAreKeptTheOneThatHasWaitedLongestGoes) {
    start_server({.config = "[limits]\nsessions = 2000\nconnections_per_address = 4000\n"
                            "arrivals_per_second_per_address = 400\nresume_seconds = 600\n"});
    loop_.run_until_done(one_more_than_are_kept());
}

TEST_F(KeptSeats, NoSeatThatIsKeptKeepsAnAdministratorOut) {
    start_server({.listen = "[::]:0", .config = "[limits]\nsessions = 3\n"});
    room_ = "Lobby";
    make_owner("ada");
    const auto bob = enter({.name = "bob"});
    const auto carl = enter({.name = "carl"});
    {
        const auto gus = enter({.name = "gus", .host = "::1"});
        gus->process().signal(SIGKILL);
        gus->process().wait();
    }
    ASSERT_TRUE(server_->process().wait_for_error("is away"));
    TalkieProcess eve(scratch_, {.name = "eve", .port = port()});
    const auto refused = eve.wait("failed");
    EXPECT_EQ(refused["code"], "server_full");
    EXPECT_EQ(refused["message"], "The server is full.");
    EXPECT_FALSE(bob->process().wait_for_line(
        [](const std::string& line) { return line.contains("\"person_left\""); }, 0, Duration{}))
        << "she has pushed nobody out";
    const auto ada = enter({.name = "ada"});
    EXPECT_EQ(bob->wait("person_left")["name"], "gus");
    carl->command("say all here");
    EXPECT_EQ(ada->wait("text")["text"], "all here");
}

TEST_F(KeptSeats, AFullServerLetsItsOwnerIn) {
    start_server({.config = "[limits]\nsessions = 2\n"});
    room_ = "Lobby";
    make_owner("ada");
    const auto bob = enter({.name = "bob"});
    const auto carl = enter({.name = "carl"});
    TalkieProcess eve(scratch_, {.name = "eve", .port = port()});
    EXPECT_EQ(eve.wait("failed")["code"], "server_full");
    const auto ada = enter({.name = "ada"});
    // For her nobody had to go.
    bob->command("say bob is here");
    ada->wait("text", "text", "bob is here");
    carl->command("say carl is here");
    ada->wait("text", "text", "carl is here");
}

}  // namespace
}  // namespace partyline::integration

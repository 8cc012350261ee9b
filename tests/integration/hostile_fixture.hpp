// A conversation that must not suffer while somebody does wrong.
#pragma once

#include <algorithm>
#include <format>
#include <memory>
#include <string>
#include <utility>

#include "integration/talk_fixture.hpp"

namespace partyline::integration {

/// What a server owes to those who do no wrong.
inline constexpr Duration log_in_time_max = std::chrono::seconds(2);
inline constexpr double voice_loss_percent_max = 1.0;

class HostileTest : public TalkTest {
protected:
    /// Bob listens to alice, who talks for 25 s, both over UDP. She reaches the server by `port`,
    /// he directly.
    void begin_conversation(std::uint16_t port) {
        bob_ = enter({.name = "bob"});
        alice_ = enter({.name = "alice", .port = port, .mic = long_speech(scratch_)});
        bob_->wait("lane", "lane", "udp");
        alice_->wait("lane", "lane", "udp");
        hear_more(*bob_, "alice");
        before_ = bob_->heard("alice");
    }
    /// Since it began, with at least a second of it after what was done to the server.
    void expect_undisturbed() {
        hear_more(*bob_, "alice", 100);
        const auto after = bob_->heard("alice");
        const auto more = [&](const char* field) {
            return after[field].get<double>() - before_[field].get<double>();
        };
        const auto missed = more("packets_lost") + more("packets_late");
        const auto percent = 100 * missed / (more("packets_received") + more("packets_lost"));
        EXPECT_LT(percent, voice_loss_percent_max) << after;
        EXPECT_EQ(more("packets_unopened"), 0);
        EXPECT_EQ(bob_->stats()["lane"], "udp");
        EXPECT_EQ(alice_->stats()["lane"], "udp");
        testing::Test::RecordProperty("voice_loss_percent", std::format("{:.2f}", percent));
    }

    /// Somebody comes, from the start of the program to the snapshot, and goes again.
    void expect_quick_log_in() {
        const SystemClock clock;
        const auto began = clock.now();
        TalkieProcess newcomer(scratch_,
                               {.name = std::format("newcomer {}", ++newcomers_), .port = port()});
        newcomer.wait("connected");
        const auto took = clock.now() - began;
        EXPECT_LT(took, log_in_time_max);
        slowest_log_in_ = std::max(slowest_log_in_, took);
        testing::Test::RecordProperty("slowest_log_in_ms",
                                      static_cast<int>(took / std::chrono::milliseconds(1)));
        EXPECT_EQ(newcomer.quit(), 0);
    }

    /// Lets time pass for a crowd that acts in steps.
    void idle(Duration time) { bob_->idle_until(SystemClock().now() + time); }

    std::unique_ptr<TalkieProcess> alice_;
    std::unique_ptr<TalkieProcess> bob_;

private:
    Json before_;
    int newcomers_ = 0;
    Duration slowest_log_in_{};
};

}  // namespace partyline::integration

// How soon somebody who is kicked, moved or leaves is heard no more, measured on bare sockets: TLS for the
// control lane, UDP for the voice lane, and nothing of a talkie between.
#include <gtest/gtest.h>

#include <expected>
#include <optional>
#include <utility>

#include "integration/talk_fixture.hpp"
#include "integration/voice_lane.hpp"
#include "server/control/caller_test_support.hpp"

namespace partyline::integration {
namespace {

using control::Caller;
using std::chrono::milliseconds;

constexpr auto between_packets = milliseconds(10);
/// They go on speaking for so long after the moderator was told that it is done.
constexpr auto silent_after = std::chrono::seconds(1);
/// Both lanes of who was sent away are to be dead within 100 ms of the server's answer. Counted in what is
/// said meanwhile, no more often than every between_packets: when we are late, so is what we say.
constexpr std::uint64_t packets_on_their_way_max = milliseconds(100) / between_packets;
/// The control lane ends by the server's clock, and a busy machine may give the server no time for longer than
/// that: so it is counted in what it answers somebody else meanwhile, who asks no more often either.
constexpr std::uint64_t answers_meanwhile_max = milliseconds(100) / between_packets;

class KickTest : public TalkTest {
protected:
    void SetUp() override { start_server({}); }

    net::task<> wait(Duration time) {
        net::Timer timer(loop_);
        co_await timer.wait(time);
    }
    /// Gus speaks, and Otto listens, until told to stop.
    net::task<> talk() {
        while (!over_) {
            gus_voice_->say(++said_);
            for (const auto number : otto_voice_->hear()) {
                heard_ = number;
            }
            co_await wait(between_packets);
        }
        silent_.set();
    }
    net::task<> read_to_the_end() {
        last_words_ = co_await gus_.last_words();
        told_at_ = clock_.now();
        co_await ask_on();
        left_at_ = clock_.now();
        gone_ = true;
        left_.set();
    }
    /// Ada asks, as often as she gets an answer, until Gus is gone.
    net::task<> keep_time() {
        while (!gone_) {
            co_await ada_.ask<wire::ControlPong>(wire::ControlPing{});
            answered_meanwhile_ += gone_ ? 0U : 1U;
            co_await wait(between_packets);
        }
        time_is_up_.set();
    }
    /// Gus has read the last words, does not hang up, and asks on, until that fails.
    net::task<> ask_on() {
        const auto patience = clock_.now() + control::test_patience;
        while (clock_.now() < patience) {
            try {
                co_await gus_.send(wire::ControlPing{});
            } catch (const std::bad_expected_access<Error>&) {
                co_return;
            }
            ++asked_on_;
            co_await wait(between_packets);
        }
    }
    net::task<> let_gus_speak();
    net::task<std::uint64_t> listen_on(std::uint64_t said_before);
    net::task<> kicked();
    net::task<> moved();
    net::task<> left();

    net::Loop loop_;
    const SystemClock clock_;
    Caller ada_{loop_};
    Caller gus_{loop_};
    Caller otto_{loop_};
    std::optional<VoiceLane> gus_voice_;
    std::optional<VoiceLane> otto_voice_;
    std::uint64_t said_ = 0;
    std::uint64_t heard_ = 0;
    std::uint64_t asked_on_ = 0;
    std::uint64_t answered_meanwhile_ = 0;
    bool over_ = false;
    bool gone_ = false;
    std::optional<wire::ServerMessage> last_words_;
    TimePoint told_at_;  // Gus, that it is over
    TimePoint left_at_;  // and could not but notice
    net::Event silent_{loop_};
    net::Event left_{loop_};
    net::Event time_is_up_{loop_};
};

// Ada owns the server. Gus and Otto are in one room, and Otto hears Gus.
net::task<> KickTest::let_gus_speak() {
    co_await ada_.log_in(port(), "Ada");
    co_await ada_.ask<wire::Account>(
        wire::ClaimAccount{.name = "Ada", .password = "correct horse", .label = {}});
    co_await ada_.ask<wire::Ok>(wire::BecomeOwner{server_->owner_token()});
    co_await gus_.log_in(port(), "Gus");
    co_await otto_.log_in(port(), "Otto");
    const wire::Join join{.channel = ChannelId{1}, .password = {}};
    gus_voice_.emplace(gus_, port(), (co_await gus_.ask<wire::Joined>(join)).route);
    otto_voice_.emplace(otto_, port(), (co_await otto_.ask<wire::Joined>(join)).route);
    otto_voice_->ping();
    co_await otto_.ask<wire::Ok>(wire::SetVoiceLane{wire::VoiceLane::udp});
    loop_.spawn(talk());
    const auto patience = clock_.now() + control::test_patience;
    while (heard_ < 20 && clock_.now() < patience) {
        co_await wait(between_packets);
    }
    EXPECT_GE(heard_, 20U) << "voice goes this way";
}

// They go on speaking; the packets said after this one that are heard nevertheless.
net::task<std::uint64_t> KickTest::listen_on(std::uint64_t said_before) {
    co_await wait(silent_after + milliseconds(300));
    over_ = true;
    co_await silent_.wait();
    EXPECT_GT(said_, said_before + silent_after / between_packets) << "they went on speaking";
    co_return heard_ > said_before ? heard_ - said_before : 0;
}

net::task<> KickTest::moved() {
    co_await let_gus_speak();
    co_await ada_.ask<wire::Ok>(
        wire::MoveMember{.session = gus_.session, .channel = ChannelId{2}, .reason = {}});
    EXPECT_LT(co_await listen_on(said_), packets_on_their_way_max);
}

net::task<> KickTest::left() {
    co_await let_gus_speak();
    co_await gus_.ask<wire::Moved>(wire::Leave{});
    EXPECT_LT(co_await listen_on(said_), packets_on_their_way_max);
}

net::task<> KickTest::kicked() {
    co_await let_gus_speak();
    loop_.spawn(read_to_the_end());

    const auto asked_at = clock_.now();
    co_await ada_.ask<wire::Ok>(wire::Kick{.session = gus_.session, .reason = "shouting"});
    const auto done_at = clock_.now();
    loop_.spawn(keep_time());
    const auto said_before = said_;
    EXPECT_EQ((co_await otto_.get<wire::MemberLeft>()).session, gus_.session);
    const auto others_told_at = clock_.now();
    const auto heard_after = co_await listen_on(said_before);
    EXPECT_LT(heard_after, packets_on_their_way_max) << "the voice lane is dead";
    co_await left_.wait();
    co_await time_is_up_.wait();
    EXPECT_LT(answered_meanwhile_, answers_meanwhile_max) << "and so is the control lane";
    const auto* goodbye = last_words_ ? std::get_if<wire::Goodbye>(&last_words_->body) : nullptr;
    EXPECT_TRUE(goodbye != nullptr && goodbye->error.code == ErrorCode::kicked &&
                goodbye->error.reason == "shouting")
        << "the last that they are told";

    const auto record = [](const char* what, Duration time) {
        RecordProperty(what, static_cast<int>(time / std::chrono::microseconds(1)));
    };
    record("answered_after_us", done_at - asked_at);
    record("others_told_after_us", others_told_at - asked_at);
    record("told_after_us", told_at_ - asked_at);
    record("gone_after_us", left_at_ - asked_at);
    RecordProperty("packets_heard_after_the_answer", static_cast<int>(heard_after));
    RecordProperty("pings_sent_after_the_last_words", static_cast<int>(asked_on_));
    RecordProperty("answers_to_others_meanwhile", static_cast<int>(answered_meanwhile_));
}

TEST_F(KickTest, WhoIsKickedIsToldLastAndBothLanesAreDead) { loop_.run_until_done(kicked()); }
TEST_F(KickTest, WhoIsMovedElsewhereIsHeardNoMoreThoughTheySpeakOn) {
    loop_.run_until_done(moved());
}
TEST_F(KickTest, WhoLeavesIsHeardNoMoreThoughTheySpeakOn) { loop_.run_until_done(left()); }

}  // namespace
}  // namespace partyline::integration

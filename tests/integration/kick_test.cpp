// How soon somebody who is kicked, moved or leaves is heard no more, measured on bare sockets: TLS for the
// control lane, UDP for the voice lane, and nothing of a talkie between. What is asserted is what the server
// does in which order, as it holds on however busy a machine; the times are told as properties.
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
/// They go on speaking for so many packets after it is done.
constexpr std::uint64_t packets_after = 100;
/// The control lane of who was sent away is to be dead within 100 ms of the server's answer. Counted in turns
/// that take between_packets at least, and in each of which the server has answered somebody else: when it
/// has no time, they are longer.
constexpr std::uint64_t turns_max = milliseconds(100) / between_packets;

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
                heard_at_ = clock_.now();
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
        left_.set();
    }
    /// What the relay had read already, it has passed on by then, and done what it was told.
    net::task<> relay_has_looked() {
        // It looks at its orders before its packets: when it answers the second, it has.
        for (int time = 0; time < 2; ++time) {
            const auto patience = clock_.now() + control::test_patience;
            ++pings_;
            while (otto_voice_->answered() < pings_ && clock_.now() < patience) {
                otto_voice_->ping(pings_);
                co_await wait(between_packets);
            }
            EXPECT_GE(otto_voice_->answered(), pings_) << "the relay answers";
        }
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
            co_await eve_.ask<wire::ControlPong>(wire::ControlPing{});
        }
    }
    net::task<> let_gus_speak();
    net::task<std::uint64_t> speak_on();
    net::task<> kicked();
    net::task<> moved();
    net::task<> left();

    net::Loop loop_;
    const SystemClock clock_;
    Caller ada_{loop_};
    Caller gus_{loop_};
    Caller otto_{loop_};
    Caller eve_{loop_};
    std::optional<VoiceLane> gus_voice_;
    std::optional<VoiceLane> otto_voice_;
    std::uint64_t said_ = 0;
    std::uint64_t heard_ = 0;
    std::uint64_t pings_ = 0;
    std::uint64_t asked_on_ = 0;
    bool over_ = false;
    std::optional<wire::ServerMessage> last_words_;
    TimePoint heard_at_;
    TimePoint told_at_;  // Gus, that it is over
    TimePoint left_at_;  // and could not but notice
    net::Event silent_{loop_};
    net::Event left_{loop_};
};

// Ada owns the server. Gus and Otto are in one room, and Otto hears Gus. Eve is there to see that the server
// has time for somebody.
net::task<> KickTest::let_gus_speak() {
    co_await ada_.log_in(port(), "Ada");
    co_await ada_.ask<wire::Account>(
        wire::ClaimAccount{.name = "Ada", .password = "correct horse", .label = {}});
    co_await ada_.ask<wire::Ok>(wire::BecomeOwner{server_->owner_token()});
    co_await eve_.log_in(port(), "Eve");
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

// They go on speaking; the last packet that is heard when all have arrived.
net::task<std::uint64_t> KickTest::speak_on() {
    const auto enough = said_ + packets_after;
    const auto patience = clock_.now() + control::test_patience;
    while (said_ < enough && clock_.now() < patience) {
        co_await wait(between_packets);
    }
    EXPECT_GE(said_, enough) << "they went on speaking";
    co_await relay_has_looked();
    over_ = true;
    co_await silent_.wait();
    co_return heard_;
}

net::task<> KickTest::moved() {
    co_await let_gus_speak();
    co_await ada_.ask<wire::Ok>(
        wire::MoveMember{.session = gus_.session, .channel = ChannelId{2}, .reason = {}});
    co_await relay_has_looked();
    const auto said_before = said_;
    EXPECT_LE(co_await speak_on(), said_before);
}

net::task<> KickTest::left() {
    co_await let_gus_speak();
    co_await gus_.ask<wire::Moved>(wire::Leave{});
    co_await relay_has_looked();
    const auto said_before = said_;
    EXPECT_LE(co_await speak_on(), said_before);
}

net::task<> KickTest::kicked() {
    co_await let_gus_speak();
    loop_.spawn(read_to_the_end());

    const auto asked_at = clock_.now();
    co_await ada_.ask<wire::Ok>(wire::Kick{.session = gus_.session, .reason = "shouting"});
    const auto done_at = clock_.now();
    const auto asked_on_before = asked_on_;
    const auto said_before = said_;
    EXPECT_EQ((co_await otto_.get<wire::MemberLeft>()).session, gus_.session);
    const auto others_told_at = clock_.now();
    EXPECT_LE(co_await speak_on(), said_before) << "the voice lane is dead when it is answered";
    co_await left_.wait();
    EXPECT_LT(asked_on_ - asked_on_before, turns_max) << "and soon so is the control lane";
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
    // The two that are to be within 100 ms.
    record("heard_last_after_us", heard_at_ - asked_at);
    record("gone_after_us", left_at_ - asked_at);
    RecordProperty("pings_sent_after_the_last_words", static_cast<int>(asked_on_));
}

TEST_F(KickTest, WhoIsKickedIsToldLastAndBothLanesAreDead) { loop_.run_until_done(kicked()); }
TEST_F(KickTest, WhoIsMovedElsewhereIsHeardNoMoreThoughTheySpeakOn) {
    loop_.run_until_done(moved());
}
TEST_F(KickTest, WhoLeavesIsHeardNoMoreThoughTheySpeakOn) { loop_.run_until_done(left()); }

}  // namespace
}  // namespace partyline::integration

// What holds where there are many: how soon others are told of somebody, and how many keys are asked for. Without
// sockets.
#include <gtest/gtest.h>

#include <deque>
#include <format>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "server/control/fake_relay.hpp"
#include "server/control/fake_store.hpp"
#include "server/control/line_test_support.hpp"
#include "server/control/switchboard.hpp"

namespace partyline::control {
namespace {

class NoPasswords final : public Hashing {
public:
    Result<void> run(Work, Work) override { return fail(ErrorCode::rate_limited, "Not here."); }
};

constexpr ChannelId hall{1};

/// All come from one address, and as fast as they can.
Config config_for_crowds() {
    constexpr Rate no_limit{.per_second = 1, .burst = 1e6};
    Config config{.channels = {{.id = hall, .name = "Hall"}}};
    config.limits.sessions = 2 * key_requests_remembered_max;
    config.limits.connections = config.limits.sessions;
    config.limits.connections_per_address = config.limits.sessions;
    config.limits.arrivals = no_limit;
    config.limits.arrivals_per_address = no_limit;
    config.limits.messages = no_limit;
    return config;
}

/// Of whom only the first reads what they are told.
class CrowdTest : public testing::Test {
protected:
    CrowdTest() {
        EXPECT_TRUE(store_.settle(config_.channels));
        switchboard_ = Switchboard::create(config_, {.clock = clock_,
                                                     .identity = server_,
                                                     .relay = relay_,
                                                     .store = store_,
                                                     .hashing = hashing_})
                           .value();
    }

    void enter(std::size_t people) {
        for (; people > 0; --people) {
            identities_.push_back(crypto::Identity::generate());
            lines_.push_back(
                std::make_unique<Line>(*switchboard_, clock_, admission_, identities_.back()));
            lines_.back()->log_in(server_.public_key(), std::format("Guest {}", lines_.size()));
            let_the_store_answer();
        }
        rest();
    }
    /// The one who came last says good-bye.
    void leave() {
        lines_.pop_back();
        rest();
    }
    [[nodiscard]] SessionId session(std::size_t who) const {
        return lines_.at(who)->peer().session.value();
    }
    [[nodiscard]] const wire::Presence& as_the_first_knows(std::size_t who) {
        return lines_.front()->people.at(session(who));
    }
    /// From now on, until the first has been told.
    template <class Known>
    Duration until(Known known) {
        Duration waited{};
        for (; !known() && waited < std::chrono::seconds(5); waited += step) {
            clock_.advance(step);
            switchboard_->tick();
            lines_.front()->read();
        }
        return waited;
    }
    /// Why the first is refused; nothing if it is not.
    std::optional<Error> ask(wire::ClientBody body) {
        lines_.front()->refused.reset();
        lines_.front()->ask(std::move(body));
        lines_.front()->read();
        return lines_.front()->refused;
    }
    void everybody_joins() {
        for (const auto& line : lines_) {
            line->ask(wire::Join{.channel = hall, .password = {}});
        }
        rest();
    }
    Duration told_of_a_mute() {
        const bool mute = !as_the_first_knows(1).self_mute;
        lines_.at(1)->ask(wire::SetSelfState{.mute = mute});
        return until([&] { return as_the_first_knows(1).self_mute == mute; });
    }

    const Config config_ = config_for_crowds();
    ManualClock clock_;
    FakeRelay relay_;

private:
    static constexpr auto step = std::chrono::milliseconds(1);

    void let_the_store_answer() {
        while (!posted_.empty()) {
            auto work = std::move(posted_.front());
            posted_.pop_front();
            work();
        }
    }
    /// Everybody has been told of everything, and a tick has just done all that ticks do.
    void rest() {
        clock_.advance(std::chrono::seconds(1));
        switchboard_->tick();
        lines_.front()->read();
        for (std::size_t i = 1; i < lines_.size(); ++i) {
            lines_[i]->skip();
        }
    }

    crypto::Identity server_ = crypto::Identity::generate();
    std::deque<std::move_only_function<void()>> posted_;
    FakeStore store_{[this](auto work) { posted_.push_back(std::move(work)); }};
    NoPasswords hashing_;
    Admission admission_{config_.limits, {}};
    std::unique_ptr<Switchboard> switchboard_;
    std::deque<crypto::Identity> identities_;
    std::vector<std::unique_ptr<Line>> lines_;
};

TEST_F(CrowdTest, InACrowdChangesAreToldLessOften) {
    enter(crowded_sessions);
    EXPECT_EQ(told_of_a_mute(), config_.limits.presence_interval);
    enter(1);
    EXPECT_EQ(told_of_a_mute(), config_.limits.presence_interval_crowded);
    leave();
    EXPECT_EQ(told_of_a_mute(), config_.limits.presence_interval);
}

TEST_F(CrowdTest, WhoSpeaksIsLookedUpSoOften) {
    enter(2);
    for (const bool speaking : {true, false}) {
        relay_.seats.at(session(1))->speaking = speaking;
        const auto waited = until([&] { return as_the_first_knows(1).speaking == speaking; });
        EXPECT_GT(waited, config_.limits.presence_interval);
        EXPECT_LE(waited, config_.limits.speaking_interval + config_.limits.presence_interval);
    }
}

/// However many are heard whose keys one lacks, what is remembered of that is bounded, and nobody shut out.
TEST_F(CrowdTest, KeysOfSoManySpeakersAreAskedForInAnInterval) {
    enter(1 + key_requests_remembered_max + 1);
    everybody_joins();
    const auto request = [this](std::size_t speaker) {
        return wire::KeyRequest{.speaker = session(speaker), .kid = 1};
    };
    for (std::size_t speaker = 1; speaker <= key_requests_remembered_max; ++speaker) {
        ASSERT_FALSE(ask(request(speaker))) << speaker;
    }
    clock_.advance(std::chrono::milliseconds(100));
    const auto one_more = request(key_requests_remembered_max + 1);
    const auto refused = ask(one_more);
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->code, ErrorCode::rate_limited);
    EXPECT_EQ(refused->message, "You are asking for too many keys at once.");
    EXPECT_EQ(refused->retry_ms, 900U);
    clock_.advance(std::chrono::milliseconds(refused->retry_ms));
    EXPECT_FALSE(ask(one_more));
    EXPECT_FALSE(ask(request(1)));
}

}  // namespace
}  // namespace partyline::control

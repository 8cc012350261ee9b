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
    config.limits.arrivals = no_limit;
    config.limits.arrivals_per_address = no_limit;
    config.limits.messages = no_limit;
    config.limits.moves = no_limit;
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
            come();
        }
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
    /// Somebody new comes to the first, who asks for their key at once.
    std::optional<Error> ask_somebody_new() {
        come();
        lines_.back()->ask(wire::Join{.channel = hall, .password = {}});
        return ask_the_last();
    }
    std::optional<Error> ask_the_last() {
        return ask(wire::KeyRequest{.speaker = session(lines_.size() - 1), .kid = 1});
    }
    void the_last_goes() { lines_.pop_back(); }
    Duration told_of_a_mute() {
        const bool mute = !as_the_first_knows(1).self_mute;
        lines_.at(1)->ask(wire::SetSelfState{.mute = mute});
        return until([&] { return as_the_first_knows(1).self_mute == mute; });
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

    const Config config_ = config_for_crowds();
    ManualClock clock_;
    FakeRelay relay_;

private:
    static constexpr auto step = std::chrono::milliseconds(1);

    void come() {
        identities_.push_back(crypto::Identity::generate());
        lines_.push_back(
            std::make_unique<Line>(*switchboard_, clock_, admission_, identities_.back()));
        lines_.back()->log_in(server_.public_key(), std::format("Guest {}", identities_.size()));
        posted_.do_all();
    }

    crypto::Identity server_ = crypto::Identity::generate();
    Posted posted_;
    FakeStore store_{posted_.poster()};
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
    the_last_goes();
    rest();
    EXPECT_EQ(told_of_a_mute(), config_.limits.presence_interval);
}

TEST_F(CrowdTest, WhoSpeaksIsLookedUpSoOften) {
    enter(2);
    everybody_joins();
    for (const bool speaking : {true, false}) {
        relay_.seats.at(session(1))->speaking = speaking;
        const auto waited = until([&] { return as_the_first_knows(1).speaking == speaking; });
        EXPECT_GT(waited, config_.limits.presence_interval);
        EXPECT_LE(waited, config_.limits.speaking_interval + config_.limits.presence_interval);
    }
}

/// However many one lacks the keys of, what is remembered of that is bounded, and nobody shut out.
TEST_F(CrowdTest, KeysOfSoManySpeakersAreAskedForInAnInterval) {
    enter(1);
    everybody_joins();
    for (std::size_t asked = 0; asked < key_requests_remembered_max; ++asked) {
        ASSERT_FALSE(ask_somebody_new()) << asked;
        the_last_goes();
    }
    clock_.advance(std::chrono::milliseconds(100));
    const auto refused = ask_somebody_new();
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->code, ErrorCode::rate_limited);
    EXPECT_EQ(refused->message, "You are asking for too many keys at once.");
    EXPECT_EQ(refused->retry_ms, 900U);
    clock_.advance(std::chrono::milliseconds(refused->retry_ms));
    EXPECT_FALSE(ask_the_last());
    EXPECT_FALSE(ask_somebody_new());
}

}  // namespace
}  // namespace partyline::control

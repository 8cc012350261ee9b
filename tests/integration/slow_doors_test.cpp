// Two thousand who stand in the door and do not come in.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <format>

#include "integration/crowd.hpp"
#include "integration/hostile_fixture.hpp"
#include "integration/stranger.hpp"
#include "platform/open_files.hpp"

namespace partyline::integration {
namespace {

constexpr std::size_t crowd_connections = 2'000;
constexpr Duration step = std::chrono::milliseconds(250);
/// Within the server's five seconds for a handshake, or five more for the login, they are cut; the
/// rest is for a busy machine.
constexpr Duration stand_time_max = std::chrono::seconds(7);
/// Long enough for some to be cut, at the least.
constexpr Duration siege_short = std::chrono::seconds(7);
constexpr Duration siege_full = std::chrono::seconds(17);
constexpr std::size_t memory_growth_kb_max = 40'000;

class SlowDoors : public HostileTest {
protected:
    void besiege(std::uint8_t hosts) {
        begin_conversation(port());
        const auto before_kb = resident_kb(server_->process().pid());
        Crowd crowd({.server_port = port(), .connections = crowd_connections, .hosts = hosts});
        const SystemClock clock;
        const bool full = std::getenv("PARTYLINE_FULL") != nullptr;
        const auto until = clock.now() + (full ? siege_full : siege_short);
        auto login_at = clock.now() + std::chrono::seconds(1);
        auto most_kb = before_kb;
        while (clock.now() < until) {
            crowd.step();
            idle(step);
            most_kb = std::max(most_kb, resident_kb(server_->process().pid()));
            if (clock.now() > login_at) {
                expect_quick_log_in();
                login_at += std::chrono::seconds(2);
            }
        }
        const auto& seen = crowd.seen();
        EXPECT_GT(seen.cut, 0U);
        EXPECT_LT(seen.longest, stand_time_max);
        if (memory_is_judged) {
            EXPECT_LT(most_kb, before_kb + memory_growth_kb_max);
        }
        RecordProperty("server_kb", std::format("{} to {}", before_kb, most_kb));
        RecordProperty("longest_ms", static_cast<int>(seen.longest / std::chrono::milliseconds(1)));
        RecordProperty("cut", static_cast<int>(seen.cut));
        RecordProperty("turned_away", static_cast<int>(seen.turned_away));
        expect_undisturbed();
    }

    void SetUp() override {
        ASSERT_GT(platform::raise_open_files_max(), crowd_connections + 200);
        HostileTest::SetUp();
    }
};

TEST_F(SlowDoors, FromOneAddress) { besiege(1); }
TEST_F(SlowDoors, FromMany) { besiege(50); }

}  // namespace
}  // namespace partyline::integration

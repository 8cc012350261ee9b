// Who records which room, as the audit log has it, and how often somebody may begin.
#include <ranges>

#include "server/control/people_fixture.hpp"

namespace partyline::control {
namespace {

class RecordingsTest : public PeopleTest {
protected:
    RecordingsTest() { clock = &manual_clock; }

    /// "begun Lobby", as the audit log has them, of Mem.
    [[nodiscard]] std::vector<std::string> lines() const {
        std::vector<std::string> lines;
        for (const auto& change : store.applied | std::views::join) {
            const auto* entry = std::get_if<room::AuditEntry>(&change);
            if (entry != nullptr && entry->action.starts_with("recording_")) {
                EXPECT_EQ(entry->actor, "Mem");
                EXPECT_NE(entry->recorder, room::Person{}) << "whose share it is of";
                EXPECT_EQ(entry->unix_ms, clock->unix_ms());
                lines.push_back(entry->action.substr(10) + " " + entry->target);
            }
        }
        return lines;
    }
    using Lines = std::vector<std::string>;

    net::task<> in_the_log() {
        Caller ada(loop, manual_clock);
        Caller mem(loop, manual_clock);
        co_await enter(ada, "Ada");
        co_await enter(mem, "Mem");
        co_await mem.ask<wire::Joined>(wire::Join{lobby});
        co_await mem.ask<wire::Ok>(wire::SetRecording{true});
        co_await mem.ask<wire::Ok>(wire::SetRecording{true});
        Lines wanted{"begun Lobby"};
        EXPECT_EQ(lines(), wanted) << "once";
        co_await mem.ask<wire::Ok>(wire::SetRecording{false});
        wanted.emplace_back("ended Lobby");
        EXPECT_EQ(lines(), wanted);

        co_await mem.ask<wire::Ok>(wire::SetRecording{true});
        co_await mem.ask<wire::Joined>(wire::Join{attic});
        wanted.insert(wanted.end(), {"begun Lobby", "ended Lobby"});
        EXPECT_EQ(lines(), wanted);

        co_await mem.ask<wire::Ok>(wire::SetRecording{true});
        co_await ada.ask<wire::Ok>(wire::SetOverride{
            .channel = attic,
            .override = {.role = room::member_role, .allow = 0, .deny = std::uint64_t{1} << 22U}});
        co_await ada.ask<wire::ControlPong>(wire::ControlPing{});
        wanted.insert(wanted.end(), {"begun Attic", "ended Attic"});
        EXPECT_EQ(lines(), wanted) << "who may record no more";

        co_await mem.ask<wire::Joined>(wire::Join{lobby});
        co_await mem.ask<wire::Ok>(wire::SetRecording{true});
        mem.close();
        while (server->model().sessions().size() > 1) {
            co_await ada.ask<wire::ControlPong>(wire::ControlPing{});
            manual_clock.advance(std::chrono::milliseconds(20));
        }
        co_await ada.ask<wire::ControlPong>(wire::ControlPing{});
        EXPECT_EQ(store.applied.size(), 9U) << "eight lines of recordings, and one change";
    }

    net::task<> beginning_again_and_again() {
        Caller mem(loop, manual_clock);
        co_await enter(mem, "Mem");
        co_await refused(mem, wire::SetRecording{true}, ErrorCode::not_in_room);
        co_await mem.ask<wire::Joined>(wire::Join{lobby});
        const auto& most = config.limits.recordings;
        for (int i = 0; i < most.burst; ++i) {
            co_await mem.ask<wire::Ok>(wire::SetRecording{true});
            co_await mem.ask<wire::Ok>(wire::SetRecording{false});
        }
        const auto late = co_await mem.ask<wire::Refusal>(wire::SetRecording{true});
        EXPECT_EQ(late.error.code, ErrorCode::rate_limited);
        EXPECT_EQ(late.error.retry_ms, 1000 / most.per_second);
        co_await mem.ask<wire::Ok>(wire::SetRecording{false});
        manual_clock.advance(std::chrono::milliseconds(late.error.retry_ms));
        co_await mem.ask<wire::Ok>(wire::SetRecording{true});
    }

    net::task<> until_the_server_stops() {
        Caller mem(loop, manual_clock);
        co_await enter(mem, "Mem");
        co_await mem.ask<wire::Joined>(wire::Join{lobby});
        co_await mem.ask<wire::Ok>(wire::SetRecording{true});
    }
};

TEST_F(RecordingsTest, EachBeginningAndEndIsInTheAuditLog) { play(in_the_log()); }
TEST_F(RecordingsTest, OnePersonBeginsOnlySoOften) { play(beginning_again_and_again()); }
TEST_F(RecordingsTest, AServerThatStopsEndsThem) {
    play(until_the_server_stops());
    EXPECT_EQ(lines(), (Lines{"begun Lobby", "ended Lobby"}));
}

}  // namespace
}  // namespace partyline::control

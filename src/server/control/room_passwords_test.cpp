// Rooms that ask for a password.
#include "server/control/people_fixture.hpp"
#include "server/room/limits.hpp"

namespace partyline::control {
namespace {

class RoomPasswordsTest : public PeopleTest {
protected:
    RoomPasswordsTest() {
        config.limits.room_password_attempts_per_address = {.per_second = 0.001, .burst = 5};
    }

    static wire::EditChannel lock_attic(std::string password) {
        return {.channel = attic, .password = std::move(password)};
    }
    static net::task<ErrorCode> knock(Caller& caller, std::string password) {
        co_return co_await outcome(caller,
                                   wire::Join{.channel = attic, .password = std::move(password)});
    }

    net::task<> knocking();
    net::task<> changing();
    net::task<> staying();
    net::task<> guessing();
};

net::task<> RoomPasswordsTest::knocking() {
    using enum ErrorCode;
    Caller ada(loop), gus(loop), mo(loop);
    co_await enter(ada, "Ada");
    co_await enter(gus, "Gus");
    co_await enter(mo, "Mo");
    EXPECT_EQ(co_await outcome(mo, lock_attic("mine")), not_permitted);
    EXPECT_EQ(co_await knock(gus, ""), unspecified) << "no password was set";
    co_await gus.ask<wire::Moved>(wire::Leave{});
    co_await ada.ask<wire::Ok>(lock_attic("open sesame"));
    const auto news = co_await gus.get<wire::ChannelsChanged>();
    EXPECT_TRUE(news.channels.at(0).password);
    EXPECT_EQ(co_await knock(gus, ""), bad_password);
    EXPECT_EQ(co_await knock(gus, "open barley"), bad_password);
    EXPECT_EQ(server->model().find(gus.session)->presence.channel, ChannelId{});
    const auto joined =
        co_await gus.ask<wire::Joined>(wire::Join{.channel = attic, .password = "open sesame"});
    EXPECT_EQ(joined.channel, attic);
    EXPECT_EQ(joined.members, 1U);
    EXPECT_EQ(relay.seats.at(gus.session)->channel, attic);
    EXPECT_EQ(co_await knock(gus, ""), unspecified) << "one is there already";
    EXPECT_EQ(co_await knock(ada, ""), unspecified) << "the owner may pass";
    EXPECT_EQ(co_await knock(mo, ""), bad_password);
    co_await ada.ask<wire::Ok>(lock_attic(""));
    EXPECT_EQ(co_await knock(mo, ""), unspecified);
}

net::task<> RoomPasswordsTest::changing() {
    Caller ada(loop);
    co_await enter(ada, "Ada");
    co_await ada.ask<wire::Ok>(lock_attic("first"));
    Caller gus(loop);
    co_await enter(gus, "Gus");
    co_await ada.ask<wire::Ok>(lock_attic("second"));
    EXPECT_EQ(co_await knock(gus, "first"), ErrorCode::bad_password);
    EXPECT_EQ(co_await knock(gus, "second"), ErrorCode::unspecified);
    for (const auto& changes : store.applied) {
        const auto* entry = std::get_if<room::AuditEntry>(&changes.back());
        EXPECT_EQ(entry->action, "room_changed");
        EXPECT_EQ(entry->detail, "a new password");
        const auto& record = std::get<room::ChannelRecord>(changes.front());
        EXPECT_TRUE(record.password_hash.starts_with("$argon2id$")) << "the only trace of it";
    }
}

net::task<> RoomPasswordsTest::staying() {
    Caller ada(loop), gus(loop);
    co_await enter(ada, "Ada");
    co_await enter(gus, "Gus");
    EXPECT_EQ(co_await knock(gus, ""), ErrorCode::unspecified);
    co_await ada.ask<wire::Ok>(lock_attic("late"));
    EXPECT_EQ(server->model().find(gus.session)->presence.channel, attic);
    co_await gus.ask<wire::Moved>(wire::Leave{});
    EXPECT_EQ(co_await knock(gus, ""), ErrorCode::bad_password);
}

net::task<> RoomPasswordsTest::guessing() {
    Caller ada(loop, manual_clock), gus(loop, manual_clock);
    co_await enter(ada, "Ada");
    co_await enter(gus, "Gus");
    co_await ada.ask<wire::Ok>(lock_attic("secret"));
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(co_await knock(gus, "guess"), ErrorCode::bad_password) << i;
    }
    const auto refusal =
        co_await gus.ask<wire::Refusal>(wire::Join{.channel = attic, .password = "secret"});
    EXPECT_EQ(refusal.error.code, ErrorCode::rate_limited);
    EXPECT_EQ(refusal.error.retry_ms, 1'000'000U);
    EXPECT_EQ(co_await knock(gus, ""), ErrorCode::bad_password) << "which is no guess";
    EXPECT_EQ(server->model().find(gus.session)->presence.channel, ChannelId{}) << "nor a way in";
    manual_clock.advance(std::chrono::milliseconds(refusal.error.retry_ms - 1000));
    EXPECT_EQ(co_await knock(gus, "secret"), ErrorCode::rate_limited);
    manual_clock.advance(std::chrono::seconds(1));
    EXPECT_EQ(co_await knock(gus, "secret"), ErrorCode::unspecified);
    EXPECT_EQ(server->model().find(gus.session)->presence.channel, attic);
}

TEST_F(RoomPasswordsTest, ADoorOpensToThePassword) { play(knocking()); }
TEST_F(RoomPasswordsTest, TheNewestCounts) { play(changing()); }
TEST_F(RoomPasswordsTest, WhoeverIsInsideStays) { play(staying()); }
TEST_F(RoomPasswordsTest, GuessesAreFew) {
    clock = &manual_clock;
    play(guessing());
}

}  // namespace
}  // namespace partyline::control

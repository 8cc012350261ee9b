// Who may not come in, and who has to go.
#include <algorithm>

#include "crypto/password.hpp"
#include "server/control/limits.hpp"
#include "server/control/people_fixture.hpp"

namespace partyline::control {
namespace {

class BansTest : public PeopleTest {
protected:
    static wire::AddBan by(SessionId session, std::string reason, std::uint32_t seconds = 0) {
        return {.session = session,
                .of_identity = true,
                .reason = std::move(reason),
                .seconds = seconds};
    }

    net::task<> being_here();
    net::task<> coming_back();
    net::task<> ending();
    net::task<> by_address();
    net::task<> by_account();
    net::task<> resuming();
    net::task<> listing();
    net::task<> bad_input();
    net::task<> after_many();
    net::task<> many_on_a_full_disk();
    /// More than one moderator may owe changes to the disk.
    void have_many_ended();
};

net::task<> BansTest::being_here() {
    Caller mo(loop), gus(loop), otto(loop);
    co_await enter(mo, "Mo");
    co_await enter(gus, "Gus");
    co_await enter(otto, "Otto");
    const auto id = gus.session;
    const auto placed = co_await mo.ask<wire::Bans>(by(id, "spam", 3600));
    EXPECT_EQ(placed.bans.at(0).name, "Gus");
    EXPECT_EQ(placed.bans.at(0).by, "Mo");
    EXPECT_EQ(placed.bans.at(0).identity, to_bytes(gus.identity().public_key()));
    EXPECT_EQ(placed.bans.at(0).until_unix_ms - placed.bans.at(0).created_unix_ms, 3'600'000);
    EXPECT_FALSE(relay.seats.at(id)->open);
    const auto goodbye = co_await gus.farewell();
    EXPECT_EQ(goodbye.code, ErrorCode::banned);
    EXPECT_EQ(goodbye.reason, "spam");
    EXPECT_EQ(goodbye.until_unix_ms, placed.bans.at(0).until_unix_ms);
    EXPECT_EQ(server->model().sessions().size(), 2U) << "nobody else goes";
    const auto entry = std::get<room::AuditEntry>(store.applied.back().back());
    EXPECT_EQ(entry.action, "ban");
    EXPECT_EQ(entry.target, "Gus");
    EXPECT_EQ(entry.reason, "spam");
    EXPECT_EQ(entry.detail,
              "identity " + to_base64url(gus.identity().public_key()) + ", for 3600 s");
}

net::task<> BansTest::coming_back() {
    Caller mo(loop), gus(loop);
    co_await enter(mo, "Mo");
    co_await enter(gus, "Gus");
    const auto placed = co_await mo.ask<wire::Bans>(by(gus.session, "spam", 3600));
    Caller again(loop);
    again.be(gus);
    const auto error = co_await try_to_enter(again, "Somebody else");
    EXPECT_EQ(error->code, ErrorCode::banned);
    EXPECT_EQ(error->reason, "spam");
    EXPECT_EQ(error->until_unix_ms, placed.bans.at(0).until_unix_ms);
    EXPECT_EQ(server->model().sessions().size(), 1U);
    co_await mo.ask<wire::Ok>(wire::LiftBan{.ban = placed.bans.at(0).id, .reason = "sorry"});
    const auto entry = std::get<room::AuditEntry>(store.applied.back().back());
    EXPECT_EQ(entry.action, "unban");
    EXPECT_EQ(entry.target, "Gus");
    EXPECT_TRUE(entry.detail.starts_with("identity " + to_base64url(placed.bans[0].identity)));
    Caller welcome(loop);
    welcome.be(again);
    EXPECT_EQ(co_await try_to_enter(welcome, "Gus"), std::nullopt);
}

net::task<> BansTest::ending() {
    Caller mo(loop, manual_clock), gus(loop, manual_clock);
    co_await enter(mo, "Mo");
    co_await enter(gus, "Gus");
    co_await mo.ask<wire::Bans>(by(gus.session, "spam", 30));
    Caller early(loop, manual_clock), late(loop, manual_clock);
    early.be(gus);
    manual_clock.advance(std::chrono::milliseconds(29'999));
    EXPECT_EQ((co_await try_to_enter(early, "Gus"))->code, ErrorCode::banned);
    late.be(early);
    manual_clock.advance(std::chrono::milliseconds(1));
    EXPECT_EQ(co_await try_to_enter(late, "Gus"), std::nullopt);
    EXPECT_TRUE((co_await mo.ask<wire::Bans>(wire::ListBans{})).bans.empty());
}

net::task<> BansTest::by_address() {
    Caller mo(loop), gus(loop), mem(loop);
    co_await enter(mo, "Mo");
    co_await enter(gus, "Gus");
    co_await enter(mem, "Mem");
    const auto placed =
        co_await mo.ask<wire::Bans>(wire::AddBan{.range = "127.0.0.5/8", .reason = "proxies"});
    EXPECT_EQ(placed.bans.at(0).range, "127.0.0.0/8");
    EXPECT_EQ((co_await gus.farewell()).code, ErrorCode::banned);
    EXPECT_EQ((co_await mem.farewell()).reason, "proxies");
    Caller stranger(loop);
    // Its login is not even looked at.
    const auto hello = co_await stranger.connect(port());
    auto login = stranger.make_login({.name = "Stranger"}, hello);
    login.signature = Bytes(wire::signature_bytes);
    EXPECT_EQ((co_await stranger.ask<wire::Refusal>(login)).error.code, ErrorCode::banned);
    Caller ada(loop);
    co_await enter(ada, "Ada");  // may ban, and so is passed over
    EXPECT_EQ(server->model().sessions().size(), 2U);
}

net::task<> BansTest::by_account() {
    Caller ada(loop), mem(loop), gus(loop);
    co_await enter(ada, "Ada");
    co_await enter(mem, "Mem");
    co_await enter(gus, "Gus");
    co_await ada.ask<wire::Bans>(wire::AddBan{.account = "mem", .reason = "rude"});
    EXPECT_EQ((co_await mem.farewell()).code, ErrorCode::banned);
    Caller again(loop);
    again.be(mem);
    const auto kept_out = co_await try_to_enter(again, "Somebody else");
    EXPECT_EQ(kept_out.value_or(Error{}).code, ErrorCode::banned) << "by the device that it has";
    // Nobody else gets in by that account, either.
    const auto refusal = co_await gus.ask<wire::Refusal>(
        wire::LinkDevice{.name = "Mem", .secret = "correct horse", .label = {}});
    EXPECT_EQ(refusal.error.code, ErrorCode::banned);
    EXPECT_EQ(refusal.error.reason, "rude");
    EXPECT_EQ(co_await outcome(gus, wire::LinkDevice{.name = "Mem", .secret = "no", .label = {}}),
              ErrorCode::bad_password)
        << "only who knows the password is told";
    EXPECT_NE(server->model().find(gus.session), nullptr);
}

net::task<> BansTest::resuming() {
    Caller mo(loop), gus(loop), back(loop);
    co_await enter(mo, "Mo");
    co_await enter(gus, "Gus");
    gus.break_off();
    co_await mo.ask<wire::Bans>(by(gus.session, "spam"));
    EXPECT_FALSE(relay.seats.at(gus.session)->open);
    const auto refusal = co_await back.resume_in_vain(port(), gus);
    EXPECT_EQ(refusal.error.code, ErrorCode::banned);
    EXPECT_EQ(refusal.error.reason, "spam");
    EXPECT_TRUE(refusal.closing);
    co_await mo.ask<wire::Ok>(wire::LiftBan{.ban = BanId{1}, .reason = {}});
    Caller later(loop);
    EXPECT_EQ((co_await later.resume_in_vain(port(), gus)).error.code, ErrorCode::resume_refused)
        << "the seat is gone, and nothing keeps them out";
    Caller again(loop);
    again.be(gus);
    EXPECT_EQ(co_await try_to_enter(again, "Gus"), std::nullopt);
}

net::task<> BansTest::listing() {
    Caller ada(loop), gus(loop);
    co_await enter(ada, "Ada");
    co_await enter(gus, "Gus");
    EXPECT_EQ(co_await outcome(gus, wire::ListBans{}), ErrorCode::not_permitted);
    for (std::size_t i = 0; i <= wire::moderation_page_entries_max; ++i) {
        co_await ada.ask<wire::Bans>(
            wire::AddBan{.identity = Bytes(32, static_cast<std::byte>(i + 1))});
    }
    const auto first = co_await ada.ask<wire::Bans>(wire::ListBans{});
    EXPECT_EQ(first.bans.size(), wire::moderation_page_entries_max);
    EXPECT_TRUE(first.more);
    const auto rest = co_await ada.ask<wire::Bans>(wire::ListBans{.after = first.bans.back().id});
    EXPECT_EQ(rest.bans.size(), 1U);
    EXPECT_FALSE(rest.more);
}

net::task<> BansTest::bad_input() {
    using enum ErrorCode;
    Caller mo(loop), gus(loop);
    co_await enter(mo, "Mo");
    co_await enter(gus, "Gus");
    struct Case {
        const char* what;
        wire::AddBan ban;
        ErrorCode code;
    };
    const Case cases[] = {
        {"nobody", {}, not_permitted},
        {"nothing of somebody", {.session = gus.session}, not_permitted},
        {"a guest's account", {.session = gus.session, .of_account = true}, not_permitted},
        {"two addresses",
         {.session = gus.session, .of_address = true, .range = "203.0.113.7"},
         not_permitted},
        {"somebody who left", {.session = SessionId{99}, .of_identity = true}, unknown_session},
        {"no account", {.account = "Nemo"}, unknown_account},
        {"no address", {.range = "the cellar"}, invalid_name},
        {"half the world", {.range = "0.0.0.0/1"}, too_large},
        {"for longer than there is", {.identity = Bytes(32), .seconds = 0xFFFF'FFFF}, too_large},
    };
    for (const auto& [what, ban, code] : cases) {
        EXPECT_EQ(co_await outcome(mo, ban), code) << what;
    }
    EXPECT_EQ(co_await outcome(mo, wire::LiftBan{.ban = BanId{1}, .reason = {}}), unknown_ban);
    EXPECT_TRUE(store.applied.empty());
    EXPECT_EQ(server->model().sessions().size(), 2U);
}

net::task<> BansTest::after_many() {
    Caller mo(loop), gus(loop);
    co_await enter(mo, "Mo");
    co_await enter(gus, "Gus");
    EXPECT_EQ((co_await mo.ask<wire::Bans>(by(gus.session, "spam"))).bans.size(), 1U);
    EXPECT_EQ((co_await gus.farewell()).code, ErrorCode::banned);
}

net::task<> BansTest::many_on_a_full_disk() {
    Caller mo(loop);
    co_await enter(mo, "Mo");
    store.failure = Error{.code = ErrorCode::store_failed, .message = "The disk is full."};
    for (int i = 0; i < 32; ++i) {
        const auto told = co_await mo.ask<wire::Refusal>(
            wire::AddBan{.identity = Bytes(32, static_cast<std::byte>(i + 1))});
        EXPECT_EQ(told.error.code, ErrorCode::not_kept) << i;
    }
}

void BansTest::have_many_ended() {
    auto& records = store.remembered;
    for (std::uint64_t id = 1; id <= durable_owed_of_one_max + 1; ++id) {
        records.bans.push_back({.id = BanId{id},
                                .identity = room::Identity{},
                                .created_unix_ms = 0,
                                .until_unix_ms = 1,
                                .rank = 500});
        records.last_ban = BanId{id};
    }
}

TEST_F(BansTest, WhoeverIsHereGoesAtOnce) { play(being_here()); }
TEST_F(BansTest, NobodyComesBackUntilItIsLifted) { play(coming_back()); }
TEST_F(BansTest, AnEndedBanHitsNobody) {
    clock = &manual_clock;
    play(ending());
}
TEST_F(BansTest, ARangeHitsWhoeverIsBehindIt) { play(by_address()); }
TEST_F(BansTest, AnAccountIsClosedToNewDevices) {
    store.remembered.accounts.back().password_hash = crypto::hash_password("correct horse").value();
    play(by_account());
}
TEST_F(BansTest, ASeatThatWaitsIsTaken) { play(resuming()); }
TEST_F(BansTest, ThereArePages) { play(listing()); }
TEST_F(BansTest, WhatIsWrongChangesNothing) { play(bad_input()); }
TEST_F(BansTest, HoweverManyHaveEndedAnotherIsPlaced) {
    have_many_ended();
    play(after_many());
}
TEST_F(BansTest, HoweverManyHaveEndedAFullDiskProtectsNobody) {
    have_many_ended();
    play(many_on_a_full_disk());
}

}  // namespace
}  // namespace partyline::control

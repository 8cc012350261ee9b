#include "server/control/people_fixture.hpp"

namespace partyline::control {
namespace {

class InvitesTest : public PeopleTest {
protected:
    net::task<> from_first_to_last() {
        Caller ada(loop);
        co_await enter(ada, "Ada");
        const auto made = co_await ada.ask<wire::InviteCreated>(wire::CreateInvite{
            .role = room::moderator_role, .channel = lobby, .uses = 1, .seconds = 0});
        EXPECT_FALSE(made.token.empty());
        EXPECT_LE(made.token.size(), wire::invite_token_bytes_max);
        const auto listed = co_await ada.ask<wire::Invites>(wire::ListInvites{});
        EXPECT_EQ(listed.invites.size(), 1U);
        EXPECT_EQ(listed.invites.at(0).id, made.invite);
        EXPECT_EQ(listed.invites.at(0).by, "Ada");

        Caller guest(loop);
        co_await enter(guest, {}, "Guest");
        EXPECT_EQ(co_await outcome(guest, wire::RedeemInvite{made.token}),
                  ErrorCode::unknown_account);
        Caller mem(loop);
        co_await enter(mem, "Mem");
        EXPECT_EQ(co_await outcome(mem, wire::RedeemInvite{"nonsense"}), ErrorCode::unknown_invite);
        EXPECT_EQ(co_await outcome(mem, wire::RedeemInvite{"7Q2KX-0M9RD-EV4WT-1H8NA"}),
                  ErrorCode::unknown_invite);
        const auto got = co_await mem.ask<wire::Invites>(wire::RedeemInvite{made.token});
        EXPECT_EQ(got.invites.at(0).role, room::moderator_role);
        EXPECT_EQ(got.invites.at(0).channel, lobby);
        EXPECT_TRUE(server->model().may(mem.session, lobby, room::Permission::kick));
        EXPECT_EQ(co_await outcome(mem, wire::RedeemInvite{made.token}), ErrorCode::unknown_invite)
            << "it is used up";
        EXPECT_TRUE((co_await ada.ask<wire::Invites>(wire::ListInvites{})).invites.empty());
    }

    net::task<> pages_and_deletion() {
        Caller ada(loop);
        co_await enter(ada, "Ada");
        InviteId first{};
        for (std::size_t i = 0; i < wire::moderation_page_entries_max + 1; ++i) {
            const auto made = co_await ada.ask<wire::InviteCreated>(wire::CreateInvite{});
            first = first ? first : made.invite;
        }
        const auto page = co_await ada.ask<wire::Invites>(wire::ListInvites{});
        EXPECT_EQ(page.invites.size(), wire::moderation_page_entries_max);
        EXPECT_TRUE(page.more);
        const auto rest =
            co_await ada.ask<wire::Invites>(wire::ListInvites{page.invites.back().id});
        EXPECT_EQ(rest.invites.size(), 1U);
        EXPECT_FALSE(rest.more);
        co_await ada.ask<wire::Ok>(wire::DeleteInvite{first});
        EXPECT_EQ(co_await outcome(ada, wire::DeleteInvite{first}), ErrorCode::unknown_invite);
    }

    net::task<> whose_maker_may_no_more() {
        Caller ada(loop);
        co_await enter(ada, "Ada");
        Caller mo(loop);
        co_await enter(mo, "Mo");
        const auto role = (co_await ada.ask<wire::Roles>(
                               wire::CreateRole{{.name = "Greeter", .rank = 50, .grants = 0}}))
                              .roles.at(0)
                              .role;
        const auto made = co_await mo.ask<wire::InviteCreated>(
            wire::CreateInvite{.role = role, .uses = 2, .seconds = 0});
        co_await ada.ask<wire::Ok>(wire::RevokeRole{.account = "Mo", .role = room::moderator_role});
        Caller mem(loop);
        co_await enter(mem, "Mem");
        const auto refusal = co_await mem.ask<wire::Refusal>(wire::RedeemInvite{made.token});
        EXPECT_EQ(refusal.error.code, ErrorCode::unknown_invite);
        EXPECT_NE(refusal.error.message.find("may not give it any more"), std::string::npos);
        co_await ada.ask<wire::Ok>(wire::GrantRole{.account = "Mo", .role = room::moderator_role});
        co_await mem.ask<wire::Invites>(wire::RedeemInvite{made.token});
    }

    net::task<> to_a_room_by_the_same_guest() {
        Caller ada(loop);
        co_await enter(ada, "Ada");
        const auto made = co_await ada.ask<wire::InviteCreated>(
            wire::CreateInvite{.channel = lobby, .uses = 2, .seconds = 0});
        Caller guest(loop);
        co_await enter(guest, {}, "Guest");
        for (int i = 0; i < 3; ++i) {
            const auto got = co_await guest.ask<wire::Invites>(wire::RedeemInvite{made.token});
            EXPECT_EQ(got.invites.at(0).channel, lobby);
        }
        const auto listed = co_await ada.ask<wire::Invites>(wire::ListInvites{});
        EXPECT_EQ(listed.invites.at(0).uses_left, 1U) << "there is one left for somebody else";
    }

    net::task<> guessing() {
        Caller mem(loop, manual_clock);
        co_await enter(mem, "Mem");
        const wire::RedeemInvite guess{"7Q2KX-0M9RD-EV4WT-1H8NA"};
        for (int i = 0; i < 5; ++i) {
            EXPECT_EQ(co_await outcome(mem, guess), ErrorCode::unknown_invite) << i;
        }
        EXPECT_EQ(co_await outcome(mem, guess), ErrorCode::rate_limited);
        manual_clock.advance(std::chrono::seconds(10));
        EXPECT_EQ(co_await outcome(mem, guess), ErrorCode::unknown_invite);
        EXPECT_EQ(co_await outcome(mem, guess), ErrorCode::rate_limited);
    }
};

TEST_F(InvitesTest, GiveARoleAndAreUsedUp) { play(from_first_to_last()); }
TEST_F(InvitesTest, AreListedInPagesAndTakenBack) { play(pages_and_deletion()); }
TEST_F(InvitesTest, AreGoodForAsLongAsTheirMakerMayGiveThem) { play(whose_maker_may_no_more()); }
TEST_F(InvitesTest, AreUsedOnceByEachPerson) { play(to_a_room_by_the_same_guest()); }
TEST_F(InvitesTest, AreNotToBeGuessed) {
    clock = &manual_clock;
    config.limits.password_attempts_per_address = {.per_second = 0.1, .burst = 5};
    play(guessing());
}

}  // namespace
}  // namespace partyline::control

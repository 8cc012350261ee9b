#include "client/invites.hpp"

#include <gtest/gtest.h>

#include "client/session_test_support.hpp"

namespace partyline::client {
namespace {

class InvitesTest : public testing::Test, protected test::NotedSession {};

TEST_F(InvitesTest, AreMadeWithTheRolesNumber) {
    session->invites(MakeInvite{.role = "dj", .channel = ChannelId{3}, .uses = 5, .seconds = 60});
    EXPECT_TRUE(std::holds_alternative<wire::GetRoles>(noted.sent.back().body));
    const wire::Roles roles{.roles = {{.role = RoleId{7}, .settings = {.name = "DJ"}}}};
    answer(roles);
    EXPECT_EQ(
        sent<wire::CreateInvite>(),
        (wire::CreateInvite{.role = RoleId{7}, .channel = ChannelId{3}, .uses = 5, .seconds = 60}));
    answer(wire::InviteCreated{.invite = InviteId{4}, .token = "abc"});
    EXPECT_EQ(noted.last<InviteMade>().token, "abc");
    session->invites(MakeInvite{.role = "poet"});
    answer(roles);
    EXPECT_EQ(noted.last<Refused>().command, "invite");
    EXPECT_EQ(noted.last<Refused>().error.code, ErrorCode::unknown_role);
    session->invites(MakeInvite{.role = {}});
    EXPECT_EQ(sent<wire::CreateInvite>().role, RoleId{});
}

TEST_F(InvitesTest, AreListedUsedAndTakenBack) {
    const wire::Invites one{.invites = {{.id = InviteId{4}, .role = RoleId{7}, .by = "Ada"}}};
    session->invites(ListInvites{});
    answer(one);
    EXPECT_EQ(noted.last<InvitesReceived>().invites.at(0).by, "Ada");
    session->invites(UseInvite{"abc"});
    EXPECT_EQ(sent<wire::RedeemInvite>().token, "abc");
    answer(one);
    EXPECT_EQ(noted.last<InviteUsed>().invite.role, RoleId{7});
    session->invites(TakeBackInvite{InviteId{4}});
    EXPECT_EQ(sent<wire::DeleteInvite>().invite, InviteId{4});
    answer(wire::Ok{});
    EXPECT_EQ(noted.last<Done>().command, "invite");
}

}  // namespace
}  // namespace partyline::client

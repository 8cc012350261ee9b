#include "client/roles.hpp"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

#include "client/session_test_support.hpp"

namespace partyline::client {
namespace {

constexpr ChannelId lobby{10};

constexpr std::uint64_t bit(std::uint8_t permission) { return std::uint64_t{1} << permission; }
constexpr std::uint8_t see = 0;
constexpr std::uint8_t speak = 2;
constexpr std::uint8_t write = 3;
constexpr std::uint8_t kick = 13;

class RolesTest : public testing::Test, protected test::NotedSession {
protected:
    /// The server has these, and was asked for them.
    void answer_roles() {
        ASSERT_TRUE(std::holds_alternative<wire::GetRoles>(noted.sent.back().body));
        answer(wire::Roles{
            {{.role = RoleId{7},
              .settings = {.name = "Night watch", .rank = 200, .grants = bit(see) | bit(speak)}},
             {.role = RoleId{1},
              .settings = {.name = "Guest", .rank = 0, .grants = bit(see)},
              .built_in = true}}});
    }
    /// What the lobby says of guests, and was asked for.
    void answer_overrides(std::uint64_t allow, std::uint64_t deny) {
        EXPECT_EQ(sent<wire::GetOverrides>().channel, lobby);
        answer(wire::Overrides{.channel = lobby,
                               .overrides = {{.role = RoleId{1}, .allow = allow, .deny = deny}}});
    }
    /// What is set of guests in the lobby, where writing is denied and speaking is not spoken of.
    wire::RoleOverride ruled(Ruling ruling, std::vector<std::uint8_t> permissions) {
        session->administer(SetRoomRule{.channel = lobby,
                                        .role = "guest",
                                        .permissions = std::move(permissions),
                                        .ruling = ruling});
        answer_roles();
        answer_overrides(bit(see), bit(write));
        EXPECT_EQ(sent<wire::SetOverride>().channel, lobby);
        return sent<wire::SetOverride>().override;
    }
};

TEST_F(RolesTest, OfAnEditedRoleAllElseStays) {
    session->administer(EditRole{
        .role = "night WATCH", .name = {}, .rank = 300, .grant = {kick}, .withdraw = {speak}});
    answer_roles();
    const wire::EditRole expected{
        .role = RoleId{7},
        .settings = {.name = "Night watch", .rank = 300, .grants = bit(see) | bit(kick)}};
    EXPECT_EQ(sent<wire::EditRole>(), expected);
    answer(wire::Ok{});
    EXPECT_EQ(noted.last<Administered>().command, "role");
}

TEST_F(RolesTest, AreMadeAndDeleted) {
    session->administer(MakeRole{.name = "Choir", .rank = 150, .grants = {see, speak}});
    const wire::CreateRole expected{
        {.name = "Choir", .rank = 150, .grants = bit(see) | bit(speak)}};
    EXPECT_EQ(sent<wire::CreateRole>(), expected);
    answer(wire::Roles{{{.role = RoleId{8}, .settings = expected.settings}}});
    EXPECT_EQ(noted.last<Administered>().command, "role");
    session->administer(DeleteRole{"night watch"});
    answer_roles();
    EXPECT_EQ(sent<wire::DeleteRole>().role, RoleId{7});
    answer(wire::Refusal{.error = {.code = ErrorCode::not_permitted, .message = "No."}});
    EXPECT_EQ(noted.last<Refused>().command, "role");
    EXPECT_EQ(noted.last<Refused>().error.message, "No.");
}

TEST_F(RolesTest, OneThatIsNotThereIsRefusedByItsName) {
    session->administer(DeleteRole{"Choir"});
    answer_roles();
    EXPECT_EQ(noted.last<Refused>().error.code, ErrorCode::unknown_role);
    EXPECT_EQ(noted.last<Refused>().error.message, "There is no role \"Choir\".");
    EXPECT_TRUE(std::holds_alternative<wire::GetRoles>(noted.sent.back().body));
}

TEST_F(RolesTest, WhatARoomSaysOfOtherPermissionsStays) {
    const auto says = [](std::uint64_t allow, std::uint64_t deny) {
        return wire::RoleOverride{.role = RoleId{1}, .allow = allow, .deny = deny};
    };
    EXPECT_EQ(ruled(Ruling::allow, {speak, write}), says(bit(see) | bit(speak) | bit(write), 0));
    EXPECT_EQ(ruled(Ruling::deny, {see}), says(0, bit(see) | bit(write)));
    EXPECT_EQ(ruled(Ruling::inherit, {see, write}), says(0, 0)) << "it says nothing any more";
    answer(wire::Ok{});
    EXPECT_EQ(noted.last<Administered>().command, "room");
}

TEST_F(RolesTest, WhatARoomHasNotSpokenOfItSaysAnew) {
    session->administer(SetRoomRule{
        .channel = lobby, .role = "Night watch", .permissions = {speak}, .ruling = Ruling::deny});
    answer_roles();
    answer_overrides(bit(see), 0);
    const wire::RoleOverride expected{.role = RoleId{7}, .allow = 0, .deny = bit(speak)};
    EXPECT_EQ(sent<wire::SetOverride>().override, expected);
}

TEST_F(RolesTest, TheRulesOfARoomAreToldByNames) {
    session->administer(ListRoomRules{lobby});
    answer_roles();
    answer_overrides(bit(see) | bit(speak), bit(write));
    const auto& received = noted.last<RoomRulesReceived>();
    EXPECT_EQ(received.channel, lobby);
    ASSERT_EQ(received.rules.size(), 1U) << "of the night watch it says nothing";
    EXPECT_EQ(received.rules[0].role, "Guest");
    EXPECT_EQ(received.rules[0].allows, (std::vector<std::string_view>{"see", "speak"}));
    EXPECT_EQ(received.rules[0].denies, (std::vector<std::string_view>{"write"}));
    session->administer(ListRoomRules{lobby});
    answer_roles();
    answer(wire::Refusal{.error = {.code = ErrorCode::unknown_channel}});
    EXPECT_EQ(noted.last<Refused>().command, "room");
}

TEST_F(RolesTest, AllOfThemAreToldByNames) {
    session->administer(ListRoles{});
    answer_roles();
    const auto& roles = noted.last<RolesReceived>().roles;
    ASSERT_EQ(roles.size(), 2U);
    EXPECT_EQ(roles[0].name, "Night watch");
    EXPECT_EQ(roles[0].rank, 200);
    EXPECT_EQ(roles[0].grants, (std::vector<std::string_view>{"see", "speak"}));
}

TEST_F(RolesTest, WhySomebodyMayIsAskedOfWhoIsHereToo) {
    session->administer(
        AskWhy{.permission = speak, .channel = lobby, .session = SessionId{4}, .account = {}});
    const wire::Explain expected{
        .session = SessionId{4}, .account = {}, .channel = lobby, .permission = speak};
    EXPECT_EQ(sent<wire::Explain>(), expected);
    answer(wire::Explanation{
        .holds = true,
        .steps = {{.rule = 3, .role = RoleId{1}, .role_name = "Guest", .holds = true}}});
    EXPECT_TRUE(noted.last<Explained>().holds);
    EXPECT_EQ(noted.last<Explained>().steps.at(0).role, "Guest");
}

}  // namespace
}  // namespace partyline::client

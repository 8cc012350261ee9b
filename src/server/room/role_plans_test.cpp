#include "server/room/role_plans.hpp"

#include <gtest/gtest.h>

#include <format>

#include "server/room/limits.hpp"
#include "server/room/rules_test_support.hpp"

namespace partyline::room {
namespace {

using enum Permission;

class RolePlans : public testing::Test, protected RulesHouse {
protected:
    RolePlans() {
        boss_role = role("Boss", 600, {see, enter, speak, manage_roles, manage_locks, kick});
        boss = person("Boss", {boss_role});
        member = person("Mem", {});
        owner = person("Ada", {}, true);
        lobby = room("Lobby");
    }
    void expect(const Result<Changes>& plan, ErrorCode code) {
        ASSERT_FALSE(plan.has_value());
        EXPECT_EQ(plan.error().code, code) << plan.error().message;
        EXPECT_FALSE(plan.error().message.empty());
    }
    RoleId boss_role;
    Subject boss, member, owner;
    ChannelId lobby;
};

TEST_F(RolePlans, WhoManagesRolesMakesThemBelowTheirOwn) {
    const RoleSettings dj{.name = "DJ", .rank = 599, .grants = {speak, kick}};
    const auto made = plan_create_role(directory, boss, dj);
    ASSERT_TRUE(made.has_value()) << made.error().message;
    EXPECT_EQ(std::get<Role>(made->front()),
              (Role{.id = directory.next_role(), .name = "DJ", .rank = 599, .grants = dj.grants}));
    expect(plan_create_role(directory, member, dj), ErrorCode::not_permitted);
    expect(plan_create_role(directory, boss, {.name = "DJ", .rank = 600}),
           ErrorCode::not_permitted);
    expect(plan_create_role(directory, boss, {.name = "DJ", .rank = 5, .grants = {ban}}),
           ErrorCode::not_permitted);
    expect(plan_create_role(directory, boss, {.name = "ADMIN", .rank = 5}), ErrorCode::name_taken);
    expect(plan_create_role(directory, boss, {.name = "", .rank = 5}), ErrorCode::invalid_name);
    EXPECT_TRUE(plan_create_role(directory, owner, {.name = "DJ", .rank = 65'535}));
}

TEST_F(RolePlans, ThereAreAtMostSoManyRoles) {
    for (auto i = directory.roles().size(); i < roles_max; ++i) {
        const auto made =
            plan_create_role(directory, boss, {.name = std::format("Role {}", i), .rank = 1});
        ASSERT_TRUE(made.has_value());
        directory.apply(*made);
    }
    expect(plan_create_role(directory, boss, {.name = "One more", .rank = 1}),
           ErrorCode::too_large);
}

TEST_F(RolePlans, BuiltInRolesKeepNameAndRankAndStay) {
    const auto& guest = *directory.find(guest_role);
    EXPECT_TRUE(plan_edit_role(directory, boss, guest_role,
                               {.name = "Guest", .rank = 0, .grants = {see, enter}}));
    expect(plan_edit_role(directory, boss, guest_role,
                          {.name = "Visitor", .rank = 0, .grants = guest.grants}),
           ErrorCode::not_permitted);
    expect(plan_edit_role(directory, boss, guest_role,
                          {.name = "Guest", .rank = 1, .grants = guest.grants}),
           ErrorCode::not_permitted);
    expect(plan_delete_role(directory, owner, guest_role), ErrorCode::not_permitted);
    expect(plan_delete_role(directory, owner, RoleId{99}), ErrorCode::unknown_role);
}

TEST_F(RolePlans, AnEditGivesNothingThatTheEditorLacksButMayLeaveWhatIsThere) {
    const auto bouncer = role("Bouncer", 50, {ban});
    EXPECT_TRUE(plan_edit_role(directory, boss, bouncer,
                               {.name = "Bouncer", .rank = 50, .grants = {ban, kick}}));
    expect(plan_edit_role(directory, boss, bouncer,
                          {.name = "Bouncer", .rank = 50, .grants = {ban, invite}}),
           ErrorCode::not_permitted);
    expect(plan_edit_role(directory, boss, boss_role, {.name = "Boss", .rank = 1}),
           ErrorCode::not_permitted);
    expect(plan_grant(directory, boss, member.account, bouncer), ErrorCode::not_permitted);
}

TEST_F(RolePlans, RolesAreGivenAndTakenBelowOnesOwnRank) {
    const auto dj = role("DJ", 50, {speak});
    const auto given = plan_grant(directory, boss, member.account, dj);
    ASSERT_TRUE(given.has_value()) << given.error().message;
    directory.apply(*given);
    EXPECT_EQ(directory.find(member.account)->roles, std::vector{dj});
    EXPECT_TRUE(plan_grant(directory, boss, member.account, dj)->empty()) << "has it";
    const auto taken = plan_revoke(directory, boss, member.account, dj);
    ASSERT_TRUE(taken.has_value());
    directory.apply(*taken);
    EXPECT_TRUE(directory.find(member.account)->roles.empty());
    EXPECT_TRUE(plan_revoke(directory, boss, member.account, dj)->empty()) << "has it not";

    expect(plan_grant(directory, boss, boss.account, dj), ErrorCode::not_permitted);
    expect(plan_grant(directory, boss, owner.account, dj), ErrorCode::not_permitted);
    expect(plan_grant(directory, boss, member.account, admin_role), ErrorCode::not_permitted);
    expect(plan_grant(directory, boss, member.account, boss_role), ErrorCode::not_permitted);
    expect(plan_grant(directory, boss, member.account, member_role), ErrorCode::not_permitted);
    expect(plan_grant(directory, boss, AccountId{99}, dj), ErrorCode::unknown_account);
    expect(plan_grant(directory, boss, member.account, RoleId{99}), ErrorCode::unknown_role);
    EXPECT_TRUE(plan_grant(directory, owner, boss.account, admin_role));
}

TEST_F(RolePlans, NobodyGivesAnotherWhatTheyMayNotDoInSomeRoomThemselves) {
    const auto vip = role("VIP", 50, {});
    const auto vault = room("Vault", {}, {{guest_role, {.deny = {see}}}});
    EXPECT_TRUE(plan_grant(directory, boss, member.account, vip));
    say(vault, vip, {.allow = {see, enter}});
    expect(plan_grant(directory, boss, member.account, vip), ErrorCode::not_permitted);
    EXPECT_TRUE(plan_grant(directory, owner, member.account, vip));
}

TEST_F(RolePlans, AnAccountHasAtMostSoManyRoles) {
    std::vector<RoleId> roles;
    for (std::size_t i = 0; i < account_roles_max; ++i) {
        roles.push_back(role(std::format("Role {}", i), 1, {}));
    }
    const auto one_more = role("One more", 1, {});
    expect(plan_grant(directory, boss, person("Full", roles).account, one_more),
           ErrorCode::too_large);
    roles.pop_back();
    EXPECT_TRUE(plan_grant(directory, boss, person("Nearly", roles).account, one_more));
}

TEST_F(RolePlans, NobodyRaisesThemselfByARoleThatHoldsThemDown) {
    const auto muted = role("Muted", 500, {});
    say(lobby, muted, {.deny = {speak}});
    const auto shy = person("Shy boss", {boss_role, muted});
    expect(plan_delete_role(directory, shy, muted), ErrorCode::not_permitted);
    expect(plan_override(directory, shy, lobby, muted, {}), ErrorCode::not_permitted);
    expect(plan_revoke(directory, shy, shy.account, muted), ErrorCode::not_permitted);
    EXPECT_TRUE(plan_delete_role(directory, boss, muted)) << "who is not held down may";
    // And not by lifting another over it.
    const auto fan = role("Fan", 10, {});
    say(lobby, fan, {.allow = {speak}});
    const auto both = person("Both", {boss_role, muted, fan});
    expect(plan_edit_role(directory, both, fan, {.name = "Fan", .rank = 550}),
           ErrorCode::not_permitted);
}

TEST_F(RolePlans, ARoomSaysWhatItsKeeperHasAndOfLowerRolesOnly) {
    const auto said = plan_override(directory, boss, lobby, guest_role, {.deny = {speak}});
    ASSERT_TRUE(said.has_value()) << said.error().message;
    directory.apply(*said);
    EXPECT_FALSE(decide(directory, {}, lobby, speak));
    const auto unsaid = plan_override(directory, boss, lobby, guest_role, {});
    ASSERT_FALSE(unsaid.has_value()) << "it denies the boss too, who would gain by it";
    const auto by_owner = plan_override(directory, owner, lobby, guest_role, {});
    ASSERT_TRUE(by_owner.has_value());
    directory.apply(*by_owner);
    EXPECT_TRUE(directory.find(lobby)->overrides.empty());

    expect(plan_override(directory, member, lobby, guest_role, {}), ErrorCode::not_permitted);
    expect(plan_override(directory, boss, lobby, boss_role, {}), ErrorCode::not_permitted);
    expect(plan_override(directory, boss, lobby, guest_role, {.allow = {mute_others}}),
           ErrorCode::not_permitted);
    expect(plan_override(directory, boss, lobby, guest_role, {.allow = {kick}}),
           ErrorCode::not_permitted);
    expect(plan_override(directory, owner, lobby, guest_role, {.allow = {see}, .deny = {see}}),
           ErrorCode::not_permitted);
    expect(plan_override(directory, owner, lobby, RoleId{99}, {}), ErrorCode::unknown_role);
    expect(plan_override(directory, owner, ChannelId{99}, guest_role, {}),
           ErrorCode::unknown_channel);
}

}  // namespace
}  // namespace partyline::room

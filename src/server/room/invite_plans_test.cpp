#include "server/room/invite_plans.hpp"

#include <gtest/gtest.h>

#include "server/room/limits.hpp"
#include "server/room/rules_test_support.hpp"

namespace partyline::room {
namespace {

using enum Permission;
using Hash = std::array<std::byte, 32>;

Hash hash(std::uint8_t number) {
    Hash bytes{};
    bytes.fill(static_cast<std::byte>(number));
    return bytes;
}

class InvitePlans : public testing::Test, protected RulesHouse {
protected:
    InvitePlans() {
        host_role = role("Host", 500, {see, enter, speak, invite});
        dj = role("DJ", 100, {speak});
        bouncer = role("Bouncer", 200, {kick});
        host = person("Host", {host_role});
        member = person("Mem", {});
        lobby = room("Lobby");
        hidden = room("Hidden", {}, {{guest_role, {.allow = {}, .deny = {see}}}});
    }
    static void expect(const Result<Changes>& plan, ErrorCode code) {
        ASSERT_FALSE(plan.has_value());
        EXPECT_EQ(plan.error().code, code) << plan.error().message;
        EXPECT_FALSE(plan.error().message.empty());
    }
    Result<Changes> create(Subject actor, NewInvite one, std::int64_t now = 1000) {
        one.by = "Host";
        return plan_create_invite(directory, actor, std::move(one), now);
    }
    void have(NewInvite one) { directory.apply(create(host, std::move(one)).value()); }
    Result<Changes> redeem(Person person, std::uint8_t number, std::int64_t now = 1000) {
        return plan_redeem(directory, person, hash(number), now);
    }
    Result<Changes> redeem(Subject actor, std::uint8_t number, std::int64_t now = 1000) {
        return redeem(Person::of(actor.account), number, now);
    }
    void give_up(Subject account, RoleId role) {
        auto changed = *directory.find(account.account);
        std::erase(changed.roles, role);
        directory.apply(std::move(changed));
    }

    RoleId host_role, dj, bouncer;
    Subject host, member;
    ChannelId lobby, hidden;
    const Person guest = Person::of(hash(8));
    const Person other_guest = Person::of(hash(9));
};

TEST_F(InvitePlans, GiveNoMoreThanTheirMakerHas) {
    const auto made = create(host, {.role = dj, .channel = lobby, .token_hash = hash(1), .by = {}});
    ASSERT_TRUE(made);
    const auto& invite = std::get<Invite>(made->front());
    EXPECT_EQ(invite.role, dj);
    EXPECT_EQ(invite.uses_left, 1U);
    EXPECT_EQ(invite.by, "Host");
    EXPECT_TRUE(create(host, {.by = {}})) << "to nothing in particular";
    expect(create(member, {.by = {}}), ErrorCode::not_permitted);
    expect(create(host, {.role = host_role, .by = {}}), ErrorCode::not_permitted);
    expect(create(host, {.role = bouncer, .by = {}}), ErrorCode::not_permitted);
    expect(create(host, {.role = member_role, .by = {}}), ErrorCode::not_permitted);
    expect(create(host, {.role = RoleId{99}, .by = {}}), ErrorCode::unknown_role);
    expect(create(host, {.channel = hidden, .by = {}}), ErrorCode::unknown_channel);
    expect(create(host, {.channel = ChannelId{99}, .by = {}}), ErrorCode::unknown_channel);
    expect(create(host, {.uses = 0, .by = {}}), ErrorCode::too_large);
    EXPECT_TRUE(create(host, {.uses = invite_uses_max, .by = {}}));
    expect(create(host, {.uses = invite_uses_max + 1, .by = {}}), ErrorCode::too_large);
}

TEST_F(InvitePlans, ThereAreAtMostSoManyThatHaveNotRunOut) {
    have({.until_unix_ms = 5000, .by = {}});
    for (std::size_t i = 1; i < invites_max; ++i) {
        have({.by = {}});
    }
    expect(create(host, {.by = {}}), ErrorCode::too_large);
    const auto later = create(host, {.by = {}}, 5000);
    ASSERT_TRUE(later);
    EXPECT_EQ(later->at(1), Change(DropInvite{InviteId{1}}));
}

TEST_F(InvitePlans, AreTakenBackByWhoCouldHaveMadeThem) {
    have({.role = dj, .by = {}});
    const auto low_role = role("Greeter", 50, {invite});
    const auto greeter = person("Greeter", {low_role});
    expect(plan_delete_invite(directory, greeter, InviteId{1}), ErrorCode::not_permitted);
    expect(plan_delete_invite(directory, member, InviteId{1}), ErrorCode::not_permitted);
    expect(plan_delete_invite(directory, host, InviteId{2}), ErrorCode::unknown_invite);
    EXPECT_EQ(plan_delete_invite(directory, host, InviteId{1}).value(),
              Changes{DropInvite{InviteId{1}}});
}

TEST_F(InvitePlans, AreUsedUp) {
    have({.role = dj, .uses = 2, .token_hash = hash(1), .by = {}});
    expect(redeem(member, 2), ErrorCode::unknown_invite);
    expect(redeem(guest, 1), ErrorCode::unknown_account);
    directory.apply(redeem(member, 1).value());
    EXPECT_EQ(directory.find(member.account)->roles, std::vector{dj});
    EXPECT_EQ(directory.invites().at(InviteId{1}).uses_left, 1U);
    EXPECT_TRUE(redeem(member, 1).value().empty()) << "who has it uses nothing up";
    const auto other = person("Otto", {});
    directory.apply(redeem(other, 1).value());
    EXPECT_TRUE(directory.invites().empty());
    expect(redeem(person("Late", {}), 1), ErrorCode::unknown_invite);
}

TEST_F(InvitePlans, RunOutAndMayGiveNothing) {
    have({.channel = lobby, .uses = 3, .until_unix_ms = 2000, .token_hash = hash(1), .by = {}});
    EXPECT_EQ(redeem(guest, 1, 1999).value().size(), 1U) << "a guest goes where it leads";
    expect(redeem(guest, 1, 2000), ErrorCode::unknown_invite);
    have({.role = dj, .token_hash = hash(2), .by = {}});
    directory.apply(DropRole{dj});
    EXPECT_EQ(redeem(member, 2).value().size(), 1U) << "the role is gone, and the use with it";
}

TEST_F(InvitePlans, GiveNothingThatTheirMakerMayNotDoInSomeRoom) {
    const auto vip = role("VIP", 400, {});
    const auto vault = room("Vault", {}, {{guest_role, {.allow = {}, .deny = {see}}}});
    have({.role = vip, .token_hash = hash(1), .by = {}});
    say(vault, vip, {.allow = {see, enter, manage_channel}, .deny = {}});
    expect(create(host, {.role = vip, .by = {}}), ErrorCode::not_permitted);
    expect(redeem(member, 1), ErrorCode::unknown_invite);
    EXPECT_TRUE(create(person("Boss", {}, true), {.role = vip, .by = {}}));
    EXPECT_TRUE(create(at_the_machine, {.role = vip, .by = {}}));
    say(vault, host_role, {.allow = {see, enter, manage_channel}, .deny = {}});
    EXPECT_TRUE(create(host, {.role = vip, .by = {}})) << "who may do it there gives it";
    EXPECT_TRUE(redeem(member, 1));
}

TEST_F(InvitePlans, AreGoodForAsLongAsTheirMakerMayGiveThem) {
    have({.role = dj, .uses = 5, .token_hash = hash(1), .by = {}});
    have({.channel = lobby, .uses = 5, .token_hash = hash(2), .by = {}});
    ASSERT_TRUE(redeem(member, 1));
    auto role_now = *directory.find(dj);
    role_now.rank = 500;
    directory.apply(role_now);
    expect(redeem(member, 1), ErrorCode::unknown_invite);
    EXPECT_TRUE(redeem(member, 2)) << "that one gives no role";
    role_now.rank = 100;
    directory.apply(role_now);
    give_up(host, host_role);
    expect(redeem(member, 1), ErrorCode::unknown_invite);
    expect(redeem(guest, 2), ErrorCode::unknown_invite);
}

TEST_F(InvitePlans, OfWhoIsGoneAreGoodNoMore) {
    have({.role = dj, .uses = 5, .token_hash = hash(1), .by = {}});
    have({.uses = 5, .token_hash = hash(2), .by = {}});
    directory.apply(create(at_the_machine, {.role = dj, .token_hash = hash(3), .by = {}}).value());
    directory.apply(DropAccount{host.account});
    expect(redeem(member, 1), ErrorCode::unknown_invite);
    expect(redeem(guest, 2), ErrorCode::unknown_invite);
    EXPECT_TRUE(redeem(member, 3)) << "whoever sits at the machine stays";
}

TEST_F(InvitePlans, AreUsedOnceByEachPerson) {
    have({.uses = 3, .token_hash = hash(1), .by = {}});
    directory.apply(redeem(guest, 1).value());
    EXPECT_EQ(directory.invites().at(InviteId{1}).uses_left, 2U);
    EXPECT_TRUE(redeem(guest, 1).value().empty());
    directory.apply(Device{.identity = guest.identity, .account = member.account, .label = {}});
    EXPECT_TRUE(redeem(member, 1).value().empty()) << "the guest has an account by now";
    directory.apply(redeem(other_guest, 1).value());
    EXPECT_EQ(directory.invites().at(InviteId{1}).uses_left, 1U);

    have({.role = dj, .uses = 3, .token_hash = hash(2), .by = {}});
    directory.apply(redeem(member, 2).value());
    give_up(member, dj);
    expect(redeem(member, 2), ErrorCode::unknown_invite);
}

TEST_F(InvitePlans, AnAccountHasOnlySoManyRoles) {
    have({.role = dj, .token_hash = hash(1), .by = {}});
    std::vector<RoleId> many;
    for (std::size_t i = 0; i < account_roles_max; ++i) {
        many.push_back(role("R" + std::to_string(i), 1, {}));
    }
    expect(redeem(person("Full", many), 1), ErrorCode::too_large);
}

}  // namespace
}  // namespace partyline::room

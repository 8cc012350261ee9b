#include "server/room/account_plans.hpp"

#include <gtest/gtest.h>

#include <string>

#include "server/room/limits.hpp"
#include "server/room/test_support.hpp"

namespace partyline::room {
namespace {

NewDevice device(unsigned number, std::int64_t unix_ms = 0) {
    return {.identity = identity(number), .label = "phone", .unix_ms = unix_ms};
}

constexpr Deed by_ada{.by = {}, .unix_ms = 9};

class AccountPlans : public testing::Test {
protected:
    /// Carries out what was planned; gives the refusal otherwise.
    ErrorCode carry_out(const Result<Changes>& planned) {
        if (!planned) {
            EXPECT_FALSE(planned.error().message.empty());
            return planned.error().code;
        }
        EXPECT_TRUE(std::holds_alternative<AuditEntry>(planned->back()));
        for (const auto& change : *planned) {
            directory.apply(change);
        }
        return ErrorCode::unspecified;
    }
    ErrorCode claim(std::string name, unsigned number) {
        return carry_out(plan_claim(directory, {.name = std::move(name),
                                                .password_hash = "hash",
                                                .recovery_hash = "code",
                                                .device = device(number)}));
    }

    static constexpr auto fine = ErrorCode::unspecified;
    static Records with_token() {
        Records records;
        records.owner_token_hash.emplace().fill(std::byte{7});
        records.last_account = AccountId{4};
        return records;
    }
    Directory directory{with_token()};
};

TEST_F(AccountPlans, AClaimedNameIsItsOwnersOnAllTheirDevices) {
    ASSERT_EQ(claim("Ada", 1), fine);
    const auto* ada = account_of(directory, identity(1));
    ASSERT_NE(ada, nullptr);
    EXPECT_EQ(ada->id, AccountId{5}) << "above all before";
    EXPECT_EQ(directory.account_named("ADA"), ada);
    EXPECT_TRUE(may_bear(directory, identity(1), "ada"));
    EXPECT_TRUE(may_bear(directory, identity(1), "Zoe")) << "they may call themself otherwise";
    EXPECT_TRUE(may_bear(directory, identity(2), "Zoe"));
    EXPECT_EQ(may_bear(directory, identity(2), "aDa").error().code, ErrorCode::name_taken);
    ASSERT_EQ(carry_out(plan_link(directory, ada->id, device(2), std::nullopt)), fine);
    EXPECT_TRUE(may_bear(directory, identity(2), "Ada"));
    EXPECT_EQ(account_of(directory, identity(2)), ada);
    EXPECT_EQ(ada->recovery_hash, "code");
}

TEST_F(AccountPlans, WhatCannotBeClaimedIsRefused) {
    ASSERT_EQ(claim("Ada", 1), fine);
    EXPECT_EQ(claim("ADA", 2), ErrorCode::name_taken);
    EXPECT_EQ(claim("Bob", 1), ErrorCode::not_permitted) << "one account for each device";
    EXPECT_EQ(claim("", 2), ErrorCode::invalid_name);
    auto claim =
        Claim{.name = "Bob", .password_hash = {}, .recovery_hash = {}, .device = device(2)};
    claim.device.label = "a\nb";
    EXPECT_EQ(carry_out(plan_claim(directory, claim)), ErrorCode::invalid_name);
    EXPECT_EQ(directory.account_named("Bob"), nullptr);
}

TEST_F(AccountPlans, LabelsAndPasswordsHaveTheirLengths) {
    EXPECT_TRUE(check_device_label(""));
    EXPECT_TRUE(check_device_label(std::string(name_code_points_max, 'a')));
    EXPECT_FALSE(check_device_label(std::string(name_code_points_max + 1, 'a')));
    EXPECT_FALSE(check_password(std::string(password_bytes_min - 1, 'a')));
    EXPECT_TRUE(check_password(std::string(password_bytes_min, 'a')));
    EXPECT_TRUE(check_password(std::string(password_bytes_max, 'a')));
    EXPECT_FALSE(check_password(std::string(password_bytes_max + 1, 'a')));
}

TEST_F(AccountPlans, AnAccountHasOnlySoManyDevices) {
    ASSERT_EQ(claim("Ada", 0), fine);
    const AccountId ada{5};
    for (unsigned number = 1; number < devices_per_account_max; ++number) {
        ASSERT_EQ(carry_out(plan_link(directory, ada, device(number, 100 - number), std::nullopt)),
                  fine);
    }
    EXPECT_EQ(carry_out(plan_link(directory, ada, device(1000), std::nullopt)),
              ErrorCode::not_permitted);
    EXPECT_EQ(devices_of(directory, ada).size(), devices_per_account_max);
    EXPECT_EQ(devices_of(directory, ada)[1].identity, identity(devices_per_account_max - 1))
        << "in the order of linking";
    ASSERT_EQ(carry_out(plan_unlink(directory, ada, identity(0), by_ada)), fine);
    EXPECT_EQ(carry_out(plan_link(directory, ada, device(1000), std::nullopt)), fine);
}

TEST_F(AccountPlans, ADeviceIsLinkedToOneAccountAndUnlinkedThere) {
    ASSERT_EQ(claim("Ada", 1), fine);
    ASSERT_EQ(claim("Bob", 2), fine);
    const AccountId ada{5};
    const AccountId bob{6};
    EXPECT_EQ(carry_out(plan_link(directory, ada, device(2), std::nullopt)),
              ErrorCode::not_permitted);
    EXPECT_EQ(carry_out(plan_link(directory, ada, device(1), std::nullopt)),
              ErrorCode::not_permitted);
    EXPECT_EQ(carry_out(plan_link(directory, AccountId{99}, device(3), std::nullopt)),
              ErrorCode::unknown_account);
    EXPECT_EQ(carry_out(plan_unlink(directory, bob, identity(1), by_ada)),
              ErrorCode::unknown_account);
    EXPECT_EQ(carry_out(plan_unlink(directory, AccountId{99}, identity(1), by_ada)),
              ErrorCode::unknown_account);
    ASSERT_EQ(carry_out(plan_unlink(directory, bob, identity(2), by_ada)), fine);
    EXPECT_EQ(account_of(directory, identity(2)), nullptr);
    EXPECT_EQ(carry_out(plan_link(directory, ada, device(2), "new code")), fine);
    EXPECT_EQ(directory.find(ada)->recovery_hash, "new code");
}

TEST_F(AccountPlans, ANewPasswordReplacesTheOldOne) {
    ASSERT_EQ(claim("Ada", 1), fine);
    const AccountId ada{5};
    ASSERT_EQ(
        carry_out(plan_password(directory, ada, {.hash = "new", .recovery_hash = {}}, by_ada)),
        fine);
    EXPECT_EQ(directory.find(ada)->password_hash, "new");
    EXPECT_EQ(directory.find(ada)->recovery_hash, "code");
    ASSERT_EQ(
        carry_out(plan_password(directory, ada, {.hash = "newer", .recovery_hash = "c2"}, by_ada)),
        fine);
    EXPECT_EQ(directory.find(ada)->recovery_hash, "c2");
    EXPECT_EQ(carry_out(plan_password(directory, AccountId{1}, {.hash = "x", .recovery_hash = {}},
                                      by_ada)),
              ErrorCode::unknown_account);
}

TEST_F(AccountPlans, ANewRecoveryCodeReplacesTheOldOneAndNothingElse) {
    ASSERT_EQ(claim("Ada", 1), fine);
    const AccountId ada{5};
    auto expected = *directory.find(ada);
    expected.recovery_hash = "c2";
    const auto changes = plan_recovery_code(directory, ada, "c2", by_ada);
    ASSERT_TRUE(changes);
    EXPECT_EQ(std::get<AuditEntry>(changes->back()).action, "recovery_code_renewed");
    ASSERT_EQ(carry_out(changes), fine);
    EXPECT_EQ(*directory.find(ada), expected);
    EXPECT_EQ(carry_out(plan_recovery_code(directory, AccountId{1}, "c3", by_ada)),
              ErrorCode::unknown_account);
}

TEST_F(AccountPlans, TheOwnersTokenWorksOnce) {
    ASSERT_EQ(claim("Ada", 1), fine);
    std::array<std::byte, 32> hash{};
    EXPECT_EQ(carry_out(plan_owner(directory, AccountId{5}, hash, 0)), ErrorCode::bad_password);
    EXPECT_FALSE(has_owner(directory));
    hash.fill(std::byte{7});
    EXPECT_EQ(carry_out(plan_owner(directory, AccountId{1}, hash, 0)), ErrorCode::unknown_account);
    EXPECT_EQ(carry_out(plan_owner(directory, AccountId{5}, hash, 0)), fine);
    EXPECT_TRUE(has_owner(directory));
    EXPECT_EQ(carry_out(plan_owner(directory, AccountId{5}, hash, 0)), ErrorCode::bad_password);
}

TEST_F(AccountPlans, AnAccountThatIsGoneTakesItsNameAndDevicesWithIt) {
    ASSERT_EQ(claim("Ada", 1), fine);
    auto ada = *directory.account_named("Ada");
    ada.roles = {moderator_role, admin_role};
    ada.name = "Ada L.";
    directory.apply(ada);
    EXPECT_EQ(directory.account_named("Ada"), nullptr) << "renamed";
    directory.apply(DropRole{moderator_role});
    EXPECT_EQ(directory.account_named("ada l.")->roles, std::vector{admin_role});
    directory.apply(DropAccount{ada.id});
    directory.apply(DropAccount{ada.id});
    EXPECT_EQ(account_of(directory, identity(1)), nullptr);
    EXPECT_TRUE(may_bear(directory, identity(2), "Ada L."));
    ASSERT_EQ(claim("Ada", 1), fine);
    EXPECT_EQ(directory.account_named("Ada")->id, AccountId{6}) << "no id is used twice";
}

TEST_F(AccountPlans, ThereAreOnlySoManyAccounts) {
    Records many;
    for (std::uint64_t id = 1; id < accounts_max; ++id) {
        many.accounts.push_back({.id = AccountId{id},
                                 .name = "P" + std::to_string(id),
                                 .password_hash = {},
                                 .recovery_hash = {},
                                 .roles = {}});
    }
    directory = Directory(many);
    EXPECT_EQ(claim("Last", 1), fine);
    EXPECT_EQ(claim("One too many", 2), ErrorCode::server_full);
}

}  // namespace
}  // namespace partyline::room

// Random trees, roles and overrides: the decision against a naive one of the test's own, and random
// plans that nobody may gain by.
#include <gtest/gtest.h>

#include <algorithm>
#include <format>

#include "base/random.hpp"
#include "server/room/channel_plans.hpp"
#include "server/room/role_plans.hpp"
#include "server/room/rules_test_support.hpp"

namespace partyline::room {
namespace {

constexpr std::uint64_t seeds = 1000;

// --- the naive reference: straight from the page, a permission and a room at a time --------------

std::vector<Role> roles_by_the_page(const Directory& directory, Subject who) {
    std::vector<Role> roles;
    for (const auto& [id, role] : directory.roles()) {
        const auto account = directory.accounts().find(who.account);
        const bool has_account = account != directory.accounts().end();
        if (id == guest_role || (has_account && id == member_role) ||
            (has_account && std::ranges::contains(account->second.roles, id))) {
            roles.push_back(role);
        }
    }
    return roles;
}

bool held_by_the_page(const Directory& directory, const std::vector<Role>& roles, ChannelId room,
                      Permission permission) {
    if (!room || !room_permissions.has(permission)) {
        return std::ranges::any_of(roles, [&](const Role& r) { return r.grants.has(permission); });
    }
    const auto& record = directory.channels().at(room);
    int highest = -1;
    for (const auto& role : roles) {
        const auto said = record.overrides.find(role.id);
        if (said != record.overrides.end() &&
            (said->second.allow.has(permission) || said->second.deny.has(permission))) {
            highest = std::max(highest, int{role.rank});
        }
    }
    if (highest < 0) {
        return held_by_the_page(directory, roles, record.channel.parent, permission);
    }
    return std::ranges::any_of(roles, [&](const Role& role) {
        const auto said = record.overrides.find(role.id);
        return role.rank == highest && said != record.overrides.end() &&
               said->second.allow.has(permission);
    });
}

bool by_the_page(const Directory& directory, Subject who, ChannelId room, Permission permission) {
    const auto account = directory.accounts().find(who.account);
    const auto roles = roles_by_the_page(directory, who);
    if ((account != directory.accounts().end() && account->second.owner) ||
        held_by_the_page(directory, roles, {}, Permission::administer)) {
        return true;
    }
    const auto held = [&](Permission it) { return held_by_the_page(directory, roles, room, it); };
    if (!room || !room_permissions.has(permission)) {
        return held(permission);
    }
    return held(permission) && held(Permission::see) &&
           (permission == Permission::see || held(Permission::enter));
}

PermissionSet all_by_the_page(const Directory& directory, Subject who, ChannelId room) {
    PermissionSet set;
    for (std::uint8_t i = 0; i < permission_count; ++i) {
        if (by_the_page(directory, who, room, static_cast<Permission>(i))) {
            set = set | PermissionSet{static_cast<Permission>(i)};
        }
    }
    return set;
}

// --- a random server -----------------------------------------------------------------------------

class RandomHouse : public RulesHouse {
public:
    explicit RandomHouse(std::uint64_t seed) : random(seed) {
        for (std::uint32_t i = 0, n = pick(6); i < n; ++i) {
            role(std::format("Role {}", i), static_cast<std::uint16_t>(pick(5) * 100), some());
        }
        for (std::uint32_t i = 0, n = 1 + pick(8); i < n; ++i) {
            room(std::format("Room {}", i), ChannelId{pick(i + 1)}, overrides());
        }
        for (std::uint32_t i = 0, n = 1 + pick(4); i < n; ++i) {
            std::vector<RoleId> roles;
            while (random.chance(0.6)) {
                const auto id = a_role();
                if (!std::ranges::contains(roles, id)) {
                    roles.push_back(id);
                }
            }
            person(std::format("Person {}", i), roles, random.chance(0.05));
        }
    }

    std::uint32_t pick(std::uint32_t bound) {
        return static_cast<std::uint32_t>(random.below(bound));
    }
    PermissionSet some() {
        // Administer seldom: who has it makes the rest of the rules moot.
        const auto set = PermissionSet::from_bits(random.below(1U << permission_count) &
                                                  random.below(1U << permission_count));
        return random.chance(0.9) ? set - PermissionSet{Permission::administer} : set;
    }
    Override override() {
        const auto allow = some();
        return {.allow = allow & room_permissions, .deny = (some() - allow) & room_permissions};
    }
    std::map<RoleId, Override> overrides() {
        std::map<RoleId, Override> said;
        while (random.chance(0.5)) {
            said[a_role()] = override();
        }
        return said;
    }
    RoleId a_role() {
        return RoleId{1 + pick(static_cast<std::uint32_t>(directory.roles().size()))};
    }
    ChannelId a_room() { return ChannelId{pick(directory.next_channel().value)}; }
    /// Zero is a guest.
    Subject somebody() { return {AccountId{random.below(directory.next_account().value)}}; }

    Result<Changes> plan(Subject actor) {
        const RoleSettings settings{.name = std::format("New {}", random.below(1000)),
                                    .rank = static_cast<std::uint16_t>(pick(1200)),
                                    .grants = some()};
        switch (pick(9)) {
            case 0: return plan_create_role(directory, actor, settings);
            case 1: return plan_edit_role(directory, actor, a_role(), settings);
            case 2: {
                const auto id = a_role();
                const auto* role = directory.find(id);
                return role == nullptr
                           ? Result<Changes>{}
                           : plan_edit_role(directory, actor, id, {role->name, role->rank, some()});
            }
            case 3: return plan_delete_role(directory, actor, a_role());
            case 4: return plan_grant(directory, actor, somebody().account, a_role());
            case 5: return plan_revoke(directory, actor, somebody().account, a_role());
            case 6: return plan_override(directory, actor, a_room(), a_role(), override());
            case 7:
                return plan_create_channel(directory, actor,
                                           {.parent = a_room(),
                                            .name = settings.name,
                                            .preset = static_cast<Preset>(pick(3)),
                                            .temporary = random.chance(0.5)});
            default: return plan_move_channel(directory, actor, a_room(), a_room(), 0);
        }
    }

    Random random;
};

TEST(RulesProperty, TheDecisionIsWhatThePageSays) {
    for (std::uint64_t seed = 0; seed < seeds && !testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE(std::format("seed {}", seed));
        RandomHouse house(seed);
        const auto& directory = house.directory;
        for (std::uint64_t account = 0; account < directory.next_account().value; ++account) {
            const Subject who{AccountId{account}};
            for (std::uint32_t room = 0; room < directory.next_channel().value; ++room) {
                EXPECT_EQ(permissions(directory, who, ChannelId{room}),
                          all_by_the_page(directory, who, ChannelId{room}));
                const auto permission = static_cast<Permission>(house.pick(permission_count));
                const bool decided = decide(directory, who, ChannelId{room}, permission);
                EXPECT_EQ(decided, by_the_page(directory, who, ChannelId{room}, permission));
                EXPECT_EQ(explain(directory, who, ChannelId{room}, permission).back().holds,
                          decided);
            }
        }
    }
}

void check_nobody_gained(const Directory& before, const Directory& after, Subject actor) {
    EXPECT_LE(rank(after, actor), rank(before, actor));
    EXPECT_TRUE(all_by_the_page(before, actor, {}).contains(all_by_the_page(after, actor, {})));
    for (const auto& [id, record] : after.channels()) {
        const auto was = before.find(id) != nullptr ? id : record.channel.parent;
        EXPECT_TRUE(all_by_the_page(before, actor, was).contains(all_by_the_page(after, actor, id)))
            << "in room " << id.value;
    }
    // Others get what the actor has, and stay below.
    for (const auto& [id, account] : after.accounts()) {
        EXPECT_TRUE((all_by_the_page(before, {id}, {}) | all_by_the_page(before, actor, {}))
                        .contains(all_by_the_page(after, {id}, {})));
        EXPECT_TRUE(rank(after, {id}) <= rank(before, {id}) ||
                    rank(after, {id}) < rank(before, actor));
    }
}

TEST(RulesProperty, NobodyGainsByWhatTheyDo) {
    int done = 0;
    for (std::uint64_t seed = 0; seed < seeds && !testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE(std::format("seed {}", seed));
        RandomHouse house(seed);
        for (int i = 0; i < 40; ++i) {
            const auto actor = house.somebody();
            const auto plan = house.plan(actor);
            if (plan && !plan->empty()) {
                const auto before = house.directory;
                house.directory.apply(*plan);
                check_nobody_gained(before, house.directory, actor);
                ++done;
            }
        }
    }
    EXPECT_GT(done, 2000) << "the plans must not all be refused";
}

}  // namespace
}  // namespace partyline::room

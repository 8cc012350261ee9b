#include "server/room/records.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

#include "server/room/built_in.hpp"
#include "server/room/decide.hpp"
#include "server/store/database.hpp"
#include "server/store/limits.hpp"
#include "server/store/schema.hpp"
#include "server/store/test_support.hpp"

namespace partyline::store {
namespace {

using room::Permission;
using test::Waiting;

template <class Array>
Array filled(unsigned char with) {
    Array array;
    array.fill(static_cast<typename Array::value_type>(with));
    return array;
}

room::Role judge() {
    return {.id = RoleId{7},
            .name = "Jüdge",
            .rank = 65'535,
            .grants = {Permission::kick, Permission::administer}};
}
room::Account ada(std::vector<RoleId> roles = {}) {
    return {.id = AccountId{std::numeric_limits<std::uint64_t>::max() / 2},
            .name = "Ada",
            .password_hash = "$argon2id$1",
            .recovery_hash = "$argon2id$2",
            .roles = std::move(roles),
            .owner = true,
            .created_unix_ms = 1'700'000'000'000};
}
room::Device phone() {
    return {.identity = filled<room::Identity>(3),
            .account = ada().id,
            .label = "phone",
            .linked_unix_ms = 12};
}
room::ChannelRecord hall() {
    return {.channel = {.id = ChannelId{20},
                        .name = "Hall",
                        .topic = "of fame",
                        .order = 4,
                        .icon = "🎤",
                        .bitrate_bps_max = 32'000,
                        .seats_max = 12,
                        .slow_mode_s = 30,
                        .password = true,
                        .retention = {.keep = true, .days = 90, .bytes = 1ULL << 40U}},
            .password_hash = "$argon2id$3",
            .overrides = {{room::guest_role, {.allow = {Permission::see}, .deny = {}}},
                          {RoleId{7}, {.allow = {}, .deny = room::PermissionSet::all()}}}};
}
room::ChannelRecord niche() {
    return {.channel = {.id = ChannelId{10}, .parent = ChannelId{20}, .name = "Niche"},
            .password_hash = {},
            .overrides = {}};
}
room::Ban spam_ban() {
    return {
        .id = BanId{4},
        .identity = filled<room::Identity>(9),
        .account = AccountId{77},
        .range = room::AddressRange{.address = filled<room::AddressBytes>(0xFE), .prefix_bits = 64},
        .name = "Spammer",
        .reason = "spam",
        .by = "Ada",
        .created_unix_ms = 5,
        .until_unix_ms = 6,
        .rank = 1000};
}
room::Ban bare_ban() { return {.id = BanId{5}, .name = "x", .reason = {}, .by = "Ada"}; }
room::Invite open_invite() {
    return {
        .id = InviteId{8},
        .token_hash = filled<std::array<std::byte, 32>>(1),
        .role = RoleId{7},
        .channel = ChannelId{20},
        .uses_left = 3,
        .until_unix_ms = 99,
        .by = "Ada",
        .maker = AccountId{2},
        .used_by = {room::Person::of(AccountId{3}), room::Person::of(filled<room::Identity>(4))}};
}

room::Silence of_an_account() {
    return {.whose = room::Person::of(ada().id), .mute = true, .rank = 65'536, .unix_ms = 7};
}
room::Silence of_a_guest() {
    return {.whose = room::Person::of(filled<room::Identity>(5)),
            .deafen = true,
            .rank = 500,
            .left = AccountId{3},
            .unix_ms = 8,
            .reason = "echo"};
}

/// One of each kind.
room::Changes everything() {
    return {judge(),
            ada({RoleId{7}, room::admin_role}),
            phone(),
            hall(),
            niche(),
            spam_ban(),
            bare_ban(),
            open_invite(),
            of_an_account(),
            of_a_guest(),
            room::SetOwnerToken{.token_hash = filled<std::array<std::byte, 32>>(2)},
            room::KnowAwayRoom{"Hall/Niche"}};
}

class RecordsTest : public testing::Test {
protected:
    [[nodiscard]] std::filesystem::path path() const { return folder_.path / "partyline.db"; }
    const test::Folder folder_;
};

TEST_F(RecordsTest, ANewOneHasTheBuiltInRolesAndNothingElse) {
    Waiting waiting(path());
    EXPECT_EQ(waiting.records(),
              (room::Records{.roles = room::built_in_roles(), .last_role = room::admin_role}));
}

TEST_F(RecordsTest, EveryKindIsThereAfterARestart) {
    {
        Waiting waiting(path());
        ASSERT_TRUE(waiting.apply(everything()));
    }
    auto roles = room::built_in_roles();
    roles.push_back(judge());
    Waiting waiting(path());
    auto records = waiting.records();
    EXPECT_EQ(records.last_message, waiting.store->last_id());
    records.last_message = {};
    EXPECT_EQ(records, (room::Records{.roles = roles,
                                      .accounts = {ada({RoleId{7}, room::admin_role})},
                                      .devices = {phone()},
                                      .channels = {hall(), niche()},
                                      .bans = {spam_ban(), bare_ban()},
                                      .invites = {open_invite()},
                                      .silences = {of_a_guest(), of_an_account()},
                                      .owner_token_hash = filled<std::array<std::byte, 32>>(2),
                                      .known_away_room = "Hall/Niche",
                                      .last_role = RoleId{7},
                                      .last_account = ada().id,
                                      .last_channel = ChannelId{20},
                                      .last_ban = BanId{5},
                                      .last_invite = InviteId{8}}));
}

TEST_F(RecordsTest, ARecordReplacesTheOneWithItsId) {
    Waiting waiting(path());
    ASSERT_TRUE(waiting.apply(everything()));
    auto role = judge();
    role.name = "Jury";
    auto account = ada({room::moderator_role});
    account.owner = false;
    account.name = "Ada L.";
    auto device = phone();
    device.label = "tablet";
    auto channel = hall();
    channel.channel.name = "Great hall";
    channel.channel.password = false;
    channel.password_hash.clear();
    channel.overrides.erase(RoleId{7});
    auto ban = spam_ban();
    ban.identity.reset();
    ban.range.reset();
    auto invite = open_invite();
    invite.uses_left = 2;
    invite.role = {};
    invite.channel = {};
    auto guest = room::built_in_roles().front();
    guest.grants = {Permission::see};
    ASSERT_TRUE(waiting.apply({role, account, device, channel, ban, invite, guest,
                               room::SetOwnerToken{.token_hash = std::nullopt}}));
    const auto records = waiting.records();
    EXPECT_EQ(records.roles.front(), guest);
    EXPECT_EQ(records.roles.back(), role);
    EXPECT_EQ(records.accounts, std::vector{account});
    EXPECT_EQ(records.devices, std::vector{device});
    EXPECT_EQ(records.channels, (std::vector{channel, niche()}));
    EXPECT_EQ(records.bans.front(), ban);
    EXPECT_EQ(records.invites, std::vector{invite});
    EXPECT_FALSE(records.owner_token_hash);
}

TEST_F(RecordsTest, WhoHasUsedAnInviteIsRemembered) {
    auto invite = open_invite();
    invite.maker = room::at_the_machine.account;
    const auto by = room::Person::of(filled<room::Identity>(5));
    {
        Waiting waiting(path());
        ASSERT_TRUE(waiting.apply(everything()));
        ASSERT_TRUE(waiting.apply({invite, room::UseInvite{.id = invite.id, .by = by}}));
    }
    --invite.uses_left;
    invite.used_by.insert(by);
    EXPECT_EQ(Waiting(path()).records().invites, std::vector{invite});
}

TEST_F(RecordsTest, ABuiltInRoleKeepsWhatItsOwnerMadeOfIt) {
    auto guest = room::built_in_roles().front();
    guest.grants = {Permission::see};
    {
        Waiting waiting(path());
        ASSERT_TRUE(waiting.apply({guest}));
    }
    EXPECT_EQ(Waiting(path()).records().roles.front(), guest);
}

TEST_F(RecordsTest, WhatIsDroppedTakesWithItWhatHangsOnIt) {
    Waiting waiting(path());
    ASSERT_TRUE(waiting.apply(everything()));
    ASSERT_TRUE(waiting.apply({room::DropRole{RoleId{7}}}));
    auto records = waiting.records();
    EXPECT_EQ(records.roles, room::built_in_roles());
    EXPECT_EQ(records.accounts.front().roles, std::vector{room::admin_role});
    EXPECT_EQ(records.channels.front().overrides.size(), 1U);
    EXPECT_FALSE(records.invites.front().role);

    ASSERT_TRUE(waiting.apply({room::DropDevice{phone().identity}, room::DropBan{BanId{5}}}));
    records = waiting.records();
    EXPECT_TRUE(records.devices.empty());
    EXPECT_EQ(records.bans, std::vector{spam_ban()});

    ASSERT_TRUE(waiting.apply({phone(), room::DropAccount{ada().id}, room::DropBan{BanId{4}}}));
    records = waiting.records();
    EXPECT_TRUE(records.accounts.empty());
    EXPECT_TRUE(records.devices.empty());
    EXPECT_TRUE(records.bans.empty());
    EXPECT_EQ(records.silences, std::vector{of_a_guest()});
    ASSERT_TRUE(waiting.apply({room::DropSilence{of_a_guest().whose}}));
    EXPECT_TRUE(waiting.records().silences.empty());

    auto said = test::message(1);
    said.channel = ChannelId{20};
    ASSERT_TRUE(waiting.append(said));
    ASSERT_TRUE(
        waiting.apply({room::DropChannel{ChannelId{10}}, room::DropChannel{ChannelId{20}}}));
    records = waiting.records();
    EXPECT_TRUE(records.channels.empty());
    EXPECT_FALSE(records.invites.front().channel);
    EXPECT_FALSE(waiting.find(1)) << "what was said there is gone with it";

    ASSERT_TRUE(waiting.apply({room::DropInvite{InviteId{8}}}));
    records = waiting.records();
    EXPECT_TRUE(records.invites.empty());
    EXPECT_EQ(records.last_role, RoleId{7}) << "no id is given out again";
    EXPECT_EQ(records.last_channel, ChannelId{20});
    EXPECT_EQ(records.last_invite, InviteId{8});
}

TEST_F(RecordsTest, AllOfAChangeHoldsOrNothing) {
    Waiting waiting(path());
    ASSERT_TRUE(waiting.apply(everything()));
    const auto before = waiting.records();
    auto orphan = niche();
    orphan.channel.id = ChannelId{30};
    orphan.channel.parent = ChannelId{999};
    auto twin = niche();
    twin.channel.id = ChannelId{31};
    twin.channel.name = "NICHE";
    auto double_name = ada();
    double_name.id = AccountId{1};
    for (const room::Change& wrong :
         std::vector<room::Change>{orphan, twin, double_name, room::DropChannel{ChannelId{20}}}) {
        auto role = judge();
        role.name = "Halfway";
        const auto refused =
            waiting.apply({role, room::DropBan{BanId{4}}, wrong, room::DropBan{BanId{5}}});
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, ErrorCode::store_failed);
        EXPECT_EQ(waiting.records(), before);
    }
    EXPECT_TRUE(waiting.apply({room::DropBan{BanId{4}}})) << "and it goes on";
}

TEST_F(RecordsTest, ATemporaryRoomIsNothingToIt) {
    Waiting waiting(path());
    auto record = hall();
    record.channel.temporary = true;
    ASSERT_TRUE(waiting.apply({record}));
    EXPECT_TRUE(waiting.records().channels.empty());
    EXPECT_FALSE(waiting.records().last_channel);
}

TEST_F(RecordsTest, WhatIsAppliedAtTheStartIsThereAtOnce) {
    Waiting waiting(path());
    ASSERT_TRUE(waiting.store->apply_and_wait({judge()}));
    EXPECT_EQ(waiting.records().roles.back(), judge());
    auto orphan = niche();
    EXPECT_FALSE(waiting.store->apply_and_wait({orphan})) << "inside a room that is not there";
}

// --- the audit log -------------------------------------------------------------------------------

room::AuditEntry entry(std::int64_t n) {
    return {.unix_ms = n,
            .actor = "Ada",
            .action = "kick",
            .target = "Bob",
            .reason = "noise",
            .detail = "Lobby"};
}

TEST_F(RecordsTest, TheAuditLogHasPagesFromTheNewestBack) {
    Waiting waiting(path());
    for (std::int64_t n = 1; n <= 7; ++n) {
        ASSERT_TRUE(waiting.apply({entry(n)}));
    }
    auto page = waiting.audit({.entries_max = 3});
    EXPECT_TRUE(std::ranges::equal(page.entries, std::vector{entry(7), entry(6), entry(5)}));
    EXPECT_EQ(page.entries.back().id, page.next);
    page = waiting.audit({.before = page.next, .entries_max = 4});
    EXPECT_TRUE(
        std::ranges::equal(page.entries, std::vector{entry(4), entry(3), entry(2), entry(1)}));
    EXPECT_EQ(page.next, 0U) << "just as many as were asked for";
}

TEST_F(RecordsTest, TheAuditLogForgetsTheOldest) {
    Waiting waiting(path());
    room::Changes many;
    for (std::int64_t n = 1; n <= audit_entries_max; ++n) {
        many.emplace_back(entry(n));
    }
    ASSERT_TRUE(waiting.apply(std::move(many)));
    const AuditQuery all{.entries_max = static_cast<std::size_t>(audit_entries_max) + 1};
    EXPECT_EQ(waiting.audit(all).entries.back(), entry(1)) << "so many are kept";
    ASSERT_TRUE(waiting.apply({entry(0)}));
    const auto page = waiting.audit(all);
    EXPECT_EQ(page.entries.size(), static_cast<std::size_t>(audit_entries_max));
    EXPECT_EQ(page.entries.front(), entry(0));
    EXPECT_EQ(page.entries.back(), entry(2));
}

room::AuditEntry recorded(std::int64_t n, std::int64_t by) {
    auto line = entry(n);
    line.action = n % 2 == 0 ? room::recording_ended : room::recording_begun;
    line.recorder = room::Person::of(AccountId{static_cast<std::uint64_t>(by)});
    return line;
}

TEST_F(RecordsTest, RecordingsPushNothingElseOutOfTheAuditLog) {
    // So many that none of them has used up their own share.
    constexpr auto people = audit_recordings_max / audit_recordings_of_one_max + 1;
    Waiting waiting(path());
    ASSERT_TRUE(waiting.apply({entry(1)}));
    room::Changes many;
    for (std::int64_t n = 1; n <= audit_recordings_max + 1; ++n) {
        many.emplace_back(recorded(n, 1 + n % people));
    }
    ASSERT_TRUE(waiting.apply(std::move(many)));
    ASSERT_TRUE(waiting.apply({entry(2)}));
    const auto most = static_cast<std::size_t>(audit_recordings_max);
    const auto page = waiting.audit({.entries_max = most + 5});
    ASSERT_EQ(page.entries.size(), most + 2);
    EXPECT_EQ(page.entries.front(), entry(2));
    EXPECT_EQ(page.entries.at(1).unix_ms, audit_recordings_max + 1);
    EXPECT_EQ(page.entries.at(most).unix_ms, 2) << "the oldest of their own went";
    EXPECT_EQ(page.entries.back(), entry(1));
}

TEST_F(RecordsTest, WhatPeopleDoToTheirOwnAccountsPushesNothingElseOutOfTheAuditLog) {
    const auto linked = [](std::int64_t n, std::string by) {
        auto line = entry(n);
        line.action = room::device_linked;
        line.actor = std::move(by);
        line.target = "Ada";
        return line;
    };
    Waiting waiting(path());
    room::Changes many{entry(1), linked(2, "Mo")};
    for (std::int64_t n = 3; n <= audit_own_accounts_max + 3; ++n) {
        many.emplace_back(linked(n, "Ada"));
    }
    ASSERT_TRUE(waiting.apply(std::move(many)));
    const auto most = static_cast<std::size_t>(audit_own_accounts_max);
    const auto page = waiting.audit({.entries_max = most + 5});
    ASSERT_EQ(page.entries.size(), most + 2);
    EXPECT_EQ(page.entries.at(most - 1), linked(4, "Ada")) << "the oldest of their own went";
    EXPECT_EQ(page.entries.at(most), linked(2, "Mo")) << "what others do to them is no such line";
    EXPECT_EQ(page.entries.back(), entry(1));
}

TEST_F(RecordsTest, WhoeverRecordsAllDayPushesOutTheirOwnLines) {
    constexpr auto most = static_cast<std::size_t>(audit_recordings_of_one_max);
    const AuditQuery all{.entries_max = most + 5};
    Waiting waiting(path());
    room::Changes many{recorded(1, 2)};
    for (std::int64_t n = 2; n <= audit_recordings_of_one_max + 1; ++n) {
        many.emplace_back(recorded(n, 1));
    }
    ASSERT_TRUE(waiting.apply(std::move(many)));
    EXPECT_EQ(waiting.audit(all).entries.size(), most + 1) << "so many are kept";
    ASSERT_TRUE(waiting.apply({recorded(5'000, 1)}));
    const auto page = waiting.audit(all);
    ASSERT_EQ(page.entries.size(), most + 1);
    EXPECT_EQ(page.entries.front().unix_ms, 5'000);
    EXPECT_EQ(page.entries.at(most - 1).unix_ms, 3) << "the oldest of their own went";
    EXPECT_EQ(page.entries.back().unix_ms, 1) << "and not another's";
    auto database = open_database(path(), schema).value();
    EXPECT_EQ(database.execAndGet("SELECT value FROM meta WHERE key = 'audit_recordings'").getInt(),
              audit_recordings_of_one_max + 1);
}

}  // namespace
}  // namespace partyline::store

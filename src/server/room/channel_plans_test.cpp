#include "server/room/channel_plans.hpp"

#include <gtest/gtest.h>

#include <format>

#include "server/room/limits.hpp"
#include "server/room/rules_test_support.hpp"

namespace partyline::room {
namespace {

using enum Permission;
constexpr Subject guest{};

class ChannelPlans : public testing::Test, protected RulesHouse {
protected:
    ChannelPlans() {
        owner = person("Ada", {}, true);
        member = person("Mem", {});
        builder = person("Bob", {role("Builder", 300, {see, enter, manage_channel})});
        lobby = room("Lobby");
        office = room("Office", {}, overrides_of(Preset::staff_only));
    }
    void expect(const Result<Changes>& plan, ErrorCode code) {
        ASSERT_FALSE(plan.has_value());
        EXPECT_EQ(plan.error().code, code) << plan.error().message;
    }
    ChannelId create(NewChannel made) {
        const auto plan = plan_create_channel(directory, owner, std::move(made));
        EXPECT_TRUE(plan.has_value()) << plan.error().message;
        directory.apply(*plan);
        return std::get<ChannelRecord>(plan->front()).channel.id;
    }
    Result<Changes> edit(const ChannelEdit& edit) {
        return plan_edit_channel(directory, builder, lobby, edit);
    }
    Subject owner, member, builder;
    ChannelId lobby, office;
};

TEST_F(ChannelPlans, RoomsAreMadeByWhoMay) {
    const auto made =
        plan_create_channel(directory, builder, {.parent = lobby, .name = "Nook", .topic = "Sh"});
    ASSERT_TRUE(made.has_value()) << made.error().message;
    const auto& record = std::get<ChannelRecord>(made->front());
    EXPECT_EQ(record.channel.id, directory.next_channel());
    EXPECT_EQ(record.channel.parent, lobby);
    EXPECT_TRUE(record.channel.retention.keep);
    EXPECT_TRUE(plan_create_channel(directory, builder, {.name = "Top"}));

    expect(plan_create_channel(directory, member, {.name = "Nook"}), ErrorCode::not_permitted);
    expect(plan_create_channel(directory, builder, {.name = "LOBBY"}), ErrorCode::name_taken);
    expect(plan_create_channel(directory, builder, {.name = " "}), ErrorCode::invalid_name);
    expect(plan_create_channel(directory, builder, {.parent = ChannelId{99}, .name = "Nook"}),
           ErrorCode::unknown_channel);
    expect(plan_create_channel(directory, builder, {.parent = office, .name = "Nook"}),
           ErrorCode::unknown_channel);
    expect(plan_create_channel(directory, builder, {.name = "Mine", .preset = Preset::staff_only}),
           ErrorCode::not_permitted);
}

TEST_F(ChannelPlans, APresetSaysWhoComesIn) {
    const auto moderator = person("Mo", {moderator_role});
    const auto open = create({.name = "Open"});
    const auto members = create({.name = "Members", .preset = Preset::members_only});
    const auto staff = create({.name = "Staff", .preset = Preset::staff_only});
    const auto may = [&](Subject who, ChannelId where) {
        return std::pair(decide(directory, who, where, see), decide(directory, who, where, enter));
    };
    EXPECT_EQ(may(guest, open), std::pair(true, true));
    EXPECT_EQ(may(guest, members), std::pair(true, false));
    EXPECT_EQ(may(member, members), std::pair(true, true));
    EXPECT_EQ(may(guest, staff), std::pair(false, false));
    EXPECT_EQ(may(member, staff), std::pair(false, false));
    EXPECT_EQ(may(moderator, staff), std::pair(true, true));
}

TEST_F(ChannelPlans, MembersMakeTemporaryRoomsWithNothingInThem) {
    const auto made =
        plan_create_channel(directory, member, {.parent = lobby, .name = "Tea", .temporary = true});
    ASSERT_TRUE(made.has_value()) << made.error().message;
    directory.apply(*made);
    const auto tea = std::get<ChannelRecord>(made->front()).channel;
    EXPECT_TRUE(tea.temporary);
    EXPECT_FALSE(tea.retention.keep);
    expect(plan_create_channel(directory, owner, {.parent = tea.id, .name = "Inside"}),
           ErrorCode::not_permitted);
    expect(plan_edit_channel(directory, owner, tea.id, {.retention = Retention{.keep = true}}),
           ErrorCode::not_permitted);
    expect(plan_create_channel(directory, guest, {.parent = lobby, .name = "T", .temporary = true}),
           ErrorCode::not_permitted);
}

TEST_F(ChannelPlans, EveryBoundHoldsAtItsEdge) {
    EXPECT_TRUE(edit({.bitrate_bps_max = 0}));
    EXPECT_TRUE(edit({.bitrate_bps_max = bitrate_bps_min}));
    expect(edit({.bitrate_bps_max = bitrate_bps_min - 1}), ErrorCode::too_large);
    EXPECT_TRUE(edit({.bitrate_bps_max = bitrate_bps_max}));
    expect(edit({.bitrate_bps_max = bitrate_bps_max + 1}), ErrorCode::too_large);
    EXPECT_TRUE(edit({.seats_max = sessions_max}));
    expect(edit({.seats_max = sessions_max + 1}), ErrorCode::too_large);
    EXPECT_TRUE(edit({.slow_mode_s = slow_mode_s_max}));
    expect(edit({.slow_mode_s = slow_mode_s_max + 1}), ErrorCode::too_large);
    EXPECT_TRUE(edit({.topic = std::string(topic_bytes_max, 'x')}));
    expect(edit({.topic = std::string(topic_bytes_max + 1, 'x')}), ErrorCode::too_large);
    const auto composed = plan_edit_channel(directory, builder, lobby, {.topic = "Zoe\u0308"});
    ASSERT_TRUE(composed);
    EXPECT_EQ(std::get<ChannelRecord>(composed->at(0)).channel.topic, "Zoë");
    EXPECT_TRUE(edit({.icon = "👩‍🚀"}));
    EXPECT_TRUE(edit({.icon = std::string(icon_code_points_max, 'x')}));
    expect(edit({.icon = std::string(icon_code_points_max + 1, 'x')}), ErrorCode::too_large);
    const auto wide = [](std::size_t times) {
        std::string icon;
        while (icon.size() < 4 * times) {
            icon += "🎤";
        }
        return icon;
    };
    static_assert(icon_bytes_max == 4 * icon_code_points_max, "which is what these have");
    EXPECT_TRUE(edit({.icon = wide(icon_bytes_max / 4)}));
    expect(edit({.icon = wide(icon_bytes_max / 4) + "x"}), ErrorCode::too_large);
    expect(edit({.icon = "\n"}), ErrorCode::too_large);
    EXPECT_TRUE(edit({.retention = Retention{.days = retention_days_max}}));
    expect(edit({.retention = Retention{.days = retention_days_max + 1}}), ErrorCode::too_large);
    constexpr auto most = static_cast<std::uint64_t>(retention_mebibytes_max) * 1024 * 1024;
    EXPECT_TRUE(edit({.retention = Retention{.bytes = most}}));
    const auto refused = edit({.retention = Retention{.bytes = most + 1}});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::too_large);
    EXPECT_EQ(refused.error().message, "Texts cannot be kept that long, or that many.");
}

TEST_F(ChannelPlans, AnEditChangesWhatItNames) {
    const auto changed = edit({.name = "Foyer", .password_hash = "hash"});
    ASSERT_TRUE(changed.has_value());
    auto expected = *directory.find(lobby);
    expected.channel.name = "Foyer";
    expected.channel.password = true;
    expected.password_hash = "hash";
    EXPECT_EQ(std::get<ChannelRecord>(changed->front()), expected);
    expect(edit({.name = "Office"}), ErrorCode::name_taken);
    EXPECT_TRUE(edit({.name = "LOBBY"})) << "its own name in another spelling";
    expect(plan_edit_channel(directory, member, lobby, {.topic = "Mine"}),
           ErrorCode::not_permitted);
    expect(plan_edit_channel(directory, member, office, {.topic = "Mine"}),
           ErrorCode::unknown_channel);
}

TEST_F(ChannelPlans, RoomsAreTooManyOrTooDeep) {
    ChannelId deepest = lobby;
    for (auto depth = directory.depth(lobby); depth < channel_depth_max; ++depth) {
        deepest = create({.parent = deepest, .name = "Deeper"});
    }
    expect(plan_create_channel(directory, owner, {.parent = deepest, .name = "Too deep"}),
           ErrorCode::too_large);
    const auto tower = create({.name = "Tower"});
    expect(plan_move_channel(directory, owner, lobby, tower, 0), ErrorCode::too_large);
    while (directory.channels().size() < channels_max) {
        room(std::format("Room {}", directory.channels().size()));
    }
    expect(plan_create_channel(directory, owner, {.name = "One more"}), ErrorCode::too_large);
}

TEST_F(ChannelPlans, ARoomMovesWithWhatIsInItAndNeverIntoItself) {
    const auto games = create({.name = "Games"});
    const auto red = create({.parent = games, .name = "Red"});
    const auto moved = plan_move_channel(directory, builder, games, lobby, 7);
    ASSERT_TRUE(moved.has_value()) << moved.error().message;
    const auto& channel = std::get<ChannelRecord>(moved->front()).channel;
    EXPECT_EQ(channel.parent, lobby);
    EXPECT_EQ(channel.order, 7U);
    expect(plan_move_channel(directory, builder, games, games, 0), ErrorCode::not_permitted);
    expect(plan_move_channel(directory, builder, games, red, 0), ErrorCode::not_permitted);
    expect(plan_move_channel(directory, member, games, lobby, 0), ErrorCode::not_permitted);
    expect(plan_move_channel(directory, builder, games, office, 0), ErrorCode::unknown_channel);
    create({.parent = lobby, .name = "GAMES"});
    expect(plan_move_channel(directory, builder, games, lobby, 0), ErrorCode::name_taken);
}

TEST_F(ChannelPlans, NobodyMovesARoomToWhereTheyMayDoMore) {
    const auto quiet = room("Quiet", {}, {{guest_role, {.deny = {speak}}}});
    const auto inside = room("Inside", quiet);
    expect(plan_move_channel(directory, builder, inside, lobby, 0), ErrorCode::not_permitted);
    EXPECT_TRUE(plan_move_channel(directory, owner, inside, lobby, 0));
}

TEST_F(ChannelPlans, ARoomGoesWithAllThatIsInItTheDeepestFirst) {
    const auto games = create({.name = "Games"});
    const auto red = create({.parent = games, .name = "Red"});
    EXPECT_EQ(plan_delete_channel(directory, builder, games),
              (Changes{DropChannel{red}, DropChannel{games}}));
    say(red, guest_role, {.deny = {see}});
    expect(plan_delete_channel(directory, builder, games), ErrorCode::not_permitted);
    expect(plan_delete_channel(directory, builder, ChannelId{99}), ErrorCode::unknown_channel);
}

}  // namespace
}  // namespace partyline::room

#include "server/room/channel_plans.hpp"

#include <algorithm>
#include <format>
#include <ranges>
#include <utility>

#include "base/text.hpp"
#include "server/room/limits.hpp"
#include "server/room/names.hpp"
#include "server/room/role_plans.hpp"

namespace partyline::room {
namespace {

std::unexpected<Error> not_permitted(std::string message) {
    return fail(ErrorCode::not_permitted, std::move(message));
}

/// The room, if the actor may do that in it.
Result<const ChannelRecord*> permitted(const Directory& directory, Subject actor, ChannelId id,
                                       Permission permission, const char* refusal) {
    const auto* record = directory.find(id);
    if (record == nullptr || !decide(directory, actor, id, Permission::see)) {
        return fail(ErrorCode::unknown_channel, "There is no such room.");
    }
    if (!decide(directory, actor, id, permission)) {
        return not_permitted(refusal);
    }
    return record;
}

/// Whether the actor may put rooms there; a zero parent is the top.
Result<void> may_build(const Directory& directory, Subject actor, ChannelId parent,
                       Permission permission) {
    constexpr auto refusal = "You may not make rooms there.";
    if (!parent) {
        return decide(directory, actor, {}, permission) ? Result<void>{} : not_permitted(refusal);
    }
    const auto inside = permitted(directory, actor, parent, permission, refusal);
    if (!inside) {
        return std::unexpected(inside.error());
    }
    if ((*inside)->channel.temporary) {
        return not_permitted("A temporary room has no rooms inside.");
    }
    return {};
}

Result<void> check_name_there(const Directory& directory, const Channel& channel) {
    if (const auto name = check_channel_name(channel.name); !name) {
        return name;
    }
    const auto folded = fold_name(channel.name);
    for (const auto& [id, other] : directory.channels()) {
        if (id != channel.id && other.channel.parent == channel.parent &&
            fold_name(other.channel.name) == folded) {
            return fail(ErrorCode::name_taken, "Another room beside it has that name.");
        }
    }
    return {};
}

Result<void> check_icon(std::string_view icon) {
    if (icon.size() > icon_bytes_max || !is_plain_line(icon) ||
        code_points(icon) > icon_code_points_max) {
        return fail(ErrorCode::too_large, "An icon is a single emoji.");
    }
    return {};
}

Result<void> check_numbers(const Channel& channel) {
    if (channel.bitrate_bps_max != 0 && (channel.bitrate_bps_max < bitrate_bps_min ||
                                         channel.bitrate_bps_max > room::bitrate_bps_max)) {
        return fail(ErrorCode::too_large,
                    std::format("A bitrate is 0, or from {} to {} bits per second.",
                                bitrate_bps_min, room::bitrate_bps_max));
    }
    if (channel.seats_max > sessions_max) {
        return fail(ErrorCode::too_large,
                    std::format("A room has at most {} seats.", sessions_max));
    }
    if (channel.slow_mode_s > slow_mode_s_max) {
        return fail(ErrorCode::too_large,
                    std::format("Slow mode is at most {} s.", slow_mode_s_max));
    }
    const auto& retention = channel.retention;
    if (retention.days > retention_days_max ||
        retention.bytes > static_cast<std::uint64_t>(retention_mebibytes_max) * 1024 * 1024) {
        return fail(ErrorCode::too_large, "Texts cannot be kept that long, or that many.");
    }
    return {};
}

Result<void> check_channel(const Directory& directory, const Channel& channel) {
    return check_name_there(directory, channel)
        .and_then([&] { return check_topic(channel.topic); })
        .and_then([&] { return check_icon(channel.icon); })
        .and_then([&] { return check_numbers(channel); });
}

/// How many levels a room and what lies in it take.
std::size_t height(const Directory& directory, ChannelId channel) {
    std::size_t deepest = 0;
    for (const auto id : directory.subtree(channel)) {
        deepest = std::max(deepest, directory.depth(id));
    }
    return deepest - directory.depth(channel) + 1;
}

Result<void> check_depth(const Directory& directory, ChannelId parent, std::size_t height) {
    if (directory.depth(parent) + height > channel_depth_max) {
        return fail(ErrorCode::too_large,
                    std::format("Rooms lie at most {} deep.", channel_depth_max));
    }
    return {};
}

}  // namespace

std::map<RoleId, Override> overrides_of(Preset preset) {
    using enum Permission;
    switch (preset) {
        case Preset::open: break;
        case Preset::members_only:
            return {{guest_role, {.deny = {enter}}}, {member_role, {.allow = {enter}}}};
        case Preset::staff_only:
            return {{guest_role, {.deny = {see, enter}}},
                    {member_role, {.deny = {see, enter}}},
                    {moderator_role, {.allow = {see, enter}}}};
    }
    return {};
}

Result<Changes> plan_create_channel(const Directory& directory, Subject actor, NewChannel made) {
    const auto needed = made.temporary ? Permission::make_temporary : Permission::manage_channel;
    ChannelRecord record{.channel = {.id = directory.next_channel(),
                                     .parent = made.parent,
                                     .name = std::move(made.name),
                                     .topic = std::move(made.topic),
                                     .order = made.order,
                                     .temporary = made.temporary,
                                     .retention = {.keep = !made.temporary}},
                         .overrides = overrides_of(made.preset)};
    const auto checked = may_build(directory, actor, made.parent, needed)
                             .and_then([&] { return check_channel(directory, record.channel); })
                             .and_then([&] { return check_depth(directory, made.parent, 1); });
    if (!checked) {
        return std::unexpected(checked.error());
    }
    if (directory.channels().size() >= channels_max) {
        return fail(ErrorCode::too_large, std::format("There are {} rooms already.", channels_max));
    }
    record.channel.name = normal_name(record.channel.name);
    record.channel.topic = normal_topic(record.channel.topic);
    Changes changes{record};
    if (const auto gain = check_no_gain(directory, actor, changes); !gain) {
        return std::unexpected(gain.error());
    }
    auto after = directory.excerpt(actor.account);
    after.apply(changes);
    if (!decide(after, actor, record.channel.id, Permission::enter)) {
        return not_permitted("You could not enter that room yourself.");
    }
    return changes;
}

Result<Changes> plan_edit_channel(const Directory& directory, Subject actor, ChannelId id,
                                  const ChannelEdit& edit) {
    const auto before = permitted(directory, actor, id, Permission::manage_channel,
                                  "You may not change this room.");
    if (!before) {
        return std::unexpected(before.error());
    }
    auto record = **before;
    auto& channel = record.channel;
    channel.name = edit.name.value_or(channel.name);
    channel.topic = edit.topic.value_or(channel.topic);
    channel.order = edit.order.value_or(channel.order);
    channel.icon = edit.icon.value_or(channel.icon);
    channel.bitrate_bps_max = edit.bitrate_bps_max.value_or(channel.bitrate_bps_max);
    channel.seats_max = edit.seats_max.value_or(channel.seats_max);
    channel.slow_mode_s = edit.slow_mode_s.value_or(channel.slow_mode_s);
    channel.retention = edit.retention.value_or(channel.retention);
    record.password_hash = edit.password_hash.value_or(record.password_hash);
    channel.password = !record.password_hash.empty();
    if (const auto checked = check_channel(directory, channel); !checked) {
        return std::unexpected(checked.error());
    }
    if (channel.temporary && channel.retention.keep) {
        return not_permitted("What is said in a temporary room is not kept.");
    }
    channel.name = normal_name(channel.name);
    channel.topic = normal_topic(channel.topic);
    return Changes{std::move(record)};
}

Result<Changes> plan_move_channel(const Directory& directory, Subject actor, ChannelId id,
                                  ChannelId parent, std::uint32_t order) {
    const auto before =
        permitted(directory, actor, id, Permission::manage_channel, "You may not move this room.");
    if (!before) {
        return std::unexpected(before.error());
    }
    auto record = **before;
    record.channel.parent = parent;
    record.channel.order = order;
    const auto checked =
        may_build(directory, actor, parent, Permission::manage_channel)
            .and_then([&]() -> Result<void> {
                if (parent && directory.is_inside(parent, id)) {
                    return not_permitted("A room cannot lie inside itself.");
                }
                return check_name_there(directory, record.channel);
            })
            .and_then([&] { return check_depth(directory, parent, height(directory, id)); });
    if (!checked) {
        return std::unexpected(checked.error());
    }
    Changes changes{std::move(record)};
    if (const auto gain = check_no_gain(directory, actor, changes); !gain) {
        return std::unexpected(gain.error());
    }
    return changes;
}

Result<Changes> plan_delete_channel(const Directory& directory, Subject actor, ChannelId id) {
    if (const auto may = permitted(directory, actor, id, Permission::manage_channel,
                                   "You may not delete this room.");
        !may) {
        return std::unexpected(may.error());
    }
    Changes changes;
    for (const auto each : std::views::reverse(directory.subtree(id))) {
        if (!decide(directory, actor, each, Permission::manage_channel)) {
            return not_permitted("There is a room in it that you may not delete.");
        }
        changes.emplace_back(DropChannel{each});
    }
    return changes;
}

}  // namespace partyline::room

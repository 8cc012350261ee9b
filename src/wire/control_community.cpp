#include "wire/control_community.hpp"

#include "wire/limits.hpp"

namespace partyline::wire {
namespace {

RoleSettings read(const v1::RoleSettings& from, FieldReader& in) {
    return {.name = in.name("RoleSettings.name", name_code_points_max, from.name()),
            .rank = in.number<std::uint16_t>("RoleSettings.rank", from.rank()),
            .grants = from.grants()};
}

RoleOverride read(const v1::Override& from) {
    return {.role = RoleId{from.role()}, .allow = from.allow(), .deny = from.deny()};
}

ExplainedStep read(const v1::Explanation::Step& from, FieldReader& in) {
    // A later version may know rules that this one does not.
    const bool known = v1::Explanation::Rule_IsValid(from.rule());
    return {.rule = known ? static_cast<std::uint8_t>(from.rule()) : std::uint8_t{0},
            .role = RoleId{from.role()},
            .role_name = in.name("Explanation.role_name", name_code_points_max, from.role_name()),
            .channel = ChannelId{from.channel()},
            .holds = from.holds()};
}

Preset read_preset(v1::Preset preset, FieldReader& in) {
    return static_cast<Preset>(in.number<std::uint8_t>("CreateChannel.preset",
                                                       static_cast<std::uint32_t>(preset),
                                                       static_cast<std::uint8_t>(v1::Preset_MAX)));
}

void write(const RoleSettings& from, v1::RoleSettings& to) {
    to.set_name(from.name);
    to.set_rank(from.rank);
    to.set_grants(from.grants);
}

void write(const RoleOverride& from, v1::Override& to) {
    to.set_role(from.role.value);
    to.set_allow(from.allow);
    to.set_deny(from.deny);
}

static_assert(static_cast<int>(Preset::staff_only) == v1::PRESET_STAFF_ONLY);
static_assert(static_cast<int>(Preset::members_only) == v1::PRESET_MEMBERS_ONLY);

}  // namespace

// --- roles -----------------------------------------------------------------------------------

CreateRole read(const v1::CreateRole& from, FieldReader& in) {
    return {.settings = read(from.settings(), in)};
}

EditRole read(const v1::EditRole& from, FieldReader& in) {
    return {.role = RoleId{from.role()}, .settings = read(from.settings(), in)};
}

GrantRole read(const v1::GrantRole& from, FieldReader& in) {
    return {.account = in.name("GrantRole.account", name_code_points_max, from.account()),
            .role = RoleId{from.role()}};
}

RevokeRole read(const v1::RevokeRole& from, FieldReader& in) {
    return {.account = in.name("RevokeRole.account", name_code_points_max, from.account()),
            .role = RoleId{from.role()}};
}

SetOverride read(const v1::SetOverride& from, FieldReader&) {
    return {.channel = ChannelId{from.channel()}, .override = read(from.override())};
}

Explain read(const v1::Explain& from, FieldReader& in) {
    return {.session = SessionId{from.session()},
            .account = in.name("Explain.account", name_code_points_max, from.account()),
            .channel = ChannelId{from.channel()},
            .permission = in.number<std::uint8_t>("Explain.permission", from.permission())};
}

Roles read(const v1::Roles& from, FieldReader& in) {
    return {.roles = in.list("Roles.roles", roles_max, from.roles(), [&in](const v1::Role& role) {
        return Role{.role = RoleId{role.role()},
                    .settings = read(role.settings(), in),
                    .built_in = role.built_in()};
    })};
}

Overrides read(const v1::Overrides& from, FieldReader& in) {
    return {.channel = ChannelId{from.channel()},
            .overrides = in.list("Overrides.overrides", roles_max, from.overrides(),
                                 [](const v1::Override& one) { return read(one); })};
}

Explanation read(const v1::Explanation& from, FieldReader& in) {
    return {.holds = from.holds(),
            .steps = in.list("Explanation.steps", explained_steps_max, from.steps(),
                             [&in](const v1::Explanation::Step& step) { return read(step, in); })};
}

void write(const CreateRole& from, v1::CreateRole& to) {
    write(from.settings, *to.mutable_settings());
}

void write(const EditRole& from, v1::EditRole& to) {
    to.set_role(from.role.value);
    write(from.settings, *to.mutable_settings());
}

void write(const GrantRole& from, v1::GrantRole& to) {
    to.set_account(from.account);
    to.set_role(from.role.value);
}

void write(const RevokeRole& from, v1::RevokeRole& to) {
    to.set_account(from.account);
    to.set_role(from.role.value);
}

void write(const SetOverride& from, v1::SetOverride& to) {
    to.set_channel(from.channel.value);
    write(from.override, *to.mutable_override());
}

void write(const Explain& from, v1::Explain& to) {
    to.set_session(from.session.value);
    to.set_account(from.account);
    to.set_channel(from.channel.value);
    to.set_permission(from.permission);
}

void write(const Roles& from, v1::Roles& to) {
    for (const auto& role : from.roles) {
        auto& added = *to.add_roles();
        added.set_role(role.role.value);
        write(role.settings, *added.mutable_settings());
        added.set_built_in(role.built_in);
    }
}

void write(const Overrides& from, v1::Overrides& to) {
    to.set_channel(from.channel.value);
    for (const auto& one : from.overrides) {
        write(one, *to.add_overrides());
    }
}

void write(const Explanation& from, v1::Explanation& to) {
    to.set_holds(from.holds);
    for (const auto& step : from.steps) {
        auto& added = *to.add_steps();
        added.set_rule(static_cast<v1::Explanation::Rule>(step.rule));
        added.set_role(step.role.value);
        added.set_role_name(step.role_name);
        added.set_channel(step.channel.value);
        added.set_holds(step.holds);
    }
}

// --- rooms -----------------------------------------------------------------------------------

CreateChannel read(const v1::CreateChannel& from, FieldReader& in) {
    return {
        .parent = ChannelId{from.parent()},
        .name = in.name("CreateChannel.name", channel_name_code_points_max, from.name()),
        .topic = in.text("CreateChannel.topic", topic_bytes_max, from.topic()),
        .order = from.order(),
        .preset = read_preset(from.preset(), in),
        .temporary = from.temporary(),
    };
}

EditChannel read(const v1::EditChannel& from, FieldReader& in) {
    EditChannel to{.channel = ChannelId{from.channel()}};
    if (from.has_name()) {
        to.name = in.name("EditChannel.name", channel_name_code_points_max, from.name());
    }
    if (from.has_topic()) {
        to.topic = in.text("EditChannel.topic", topic_bytes_max, from.topic());
    }
    if (from.has_order()) {
        to.order = from.order();
    }
    if (from.has_icon()) {
        to.icon = in.text("EditChannel.icon", icon_bytes_max, from.icon());
    }
    if (from.has_bitrate_bps_max()) {
        to.bitrate_bps_max = from.bitrate_bps_max();
    }
    if (from.has_seats_max()) {
        to.seats_max = from.seats_max();
    }
    if (from.has_slow_mode_s()) {
        to.slow_mode_s = from.slow_mode_s();
    }
    if (from.has_retention()) {
        const auto& retention = from.retention();
        to.retention = Retention{
            .keep = retention.keep(), .days = retention.days(), .bytes = retention.bytes()};
    }
    if (from.has_password()) {
        to.password = in.text("EditChannel.password", password_bytes_max, from.password());
    }
    return to;
}

MoveChannel read(const v1::MoveChannel& from, FieldReader&) {
    return {.channel = ChannelId{from.channel()},
            .parent = ChannelId{from.parent()},
            .order = from.order()};
}

Channel read(const v1::Channel& from, FieldReader& in) {
    return {
        .id = ChannelId{from.id()},
        .parent = ChannelId{from.parent()},
        .name = in.name("Channel.name", channel_name_code_points_max, from.name()),
        .topic = in.text("Channel.topic", topic_bytes_max, from.topic()),
        .order = from.order(),
        .icon = in.text("Channel.icon", icon_bytes_max, from.icon()),
        .bitrate_bps_max = from.bitrate_bps_max(),
        .seats_max = from.seats_max(),
        .slow_mode_s = from.slow_mode_s(),
        .password = from.password(),
        .temporary = from.temporary(),
    };
}

ChannelsChanged read(const v1::ChannelsChanged& from, FieldReader& in) {
    return {.channels = in.list("ChannelsChanged.channels", page_entries_max, from.channels(),
                                [&in](const v1::Channel& channel) { return read(channel, in); }),
            .gone = in.list("ChannelsChanged.gone", page_entries_max, from.gone(),
                            [](std::uint32_t channel) { return ChannelId{channel}; })};
}

Moved read(const v1::Moved& from, FieldReader&) {
    return {.channel = ChannelId{from.channel()},
            .channel_epoch = ChannelEpoch{from.channel_epoch()},
            .route = Route{from.route()},
            .frame_ms = from.frame_ms(),
            .members = from.members()};
}

void write(const CreateChannel& from, v1::CreateChannel& to) {
    to.set_parent(from.parent.value);
    to.set_name(from.name);
    to.set_topic(from.topic);
    to.set_order(from.order);
    to.set_preset(static_cast<v1::Preset>(from.preset));
    to.set_temporary(from.temporary);
}

void write(const EditChannel& from, v1::EditChannel& to) {
    to.set_channel(from.channel.value);
    if (from.name) {
        to.set_name(*from.name);
    }
    if (from.topic) {
        to.set_topic(*from.topic);
    }
    if (from.order) {
        to.set_order(*from.order);
    }
    if (from.icon) {
        to.set_icon(*from.icon);
    }
    if (from.bitrate_bps_max) {
        to.set_bitrate_bps_max(*from.bitrate_bps_max);
    }
    if (from.seats_max) {
        to.set_seats_max(*from.seats_max);
    }
    if (from.slow_mode_s) {
        to.set_slow_mode_s(*from.slow_mode_s);
    }
    if (from.retention) {
        auto& retention = *to.mutable_retention();
        retention.set_keep(from.retention->keep);
        retention.set_days(from.retention->days);
        retention.set_bytes(from.retention->bytes);
    }
    if (from.password) {
        to.set_password(*from.password);
    }
}

void write(const MoveChannel& from, v1::MoveChannel& to) {
    to.set_channel(from.channel.value);
    to.set_parent(from.parent.value);
    to.set_order(from.order);
}

void write(const Channel& from, v1::Channel& to) {
    to.set_id(from.id.value);
    to.set_parent(from.parent.value);
    to.set_name(from.name);
    to.set_topic(from.topic);
    to.set_order(from.order);
    to.set_icon(from.icon);
    to.set_bitrate_bps_max(from.bitrate_bps_max);
    to.set_seats_max(from.seats_max);
    to.set_slow_mode_s(from.slow_mode_s);
    to.set_password(from.password);
    to.set_temporary(from.temporary);
}

void write(const ChannelsChanged& from, v1::ChannelsChanged& to) {
    for (const auto& channel : from.channels) {
        write(channel, *to.add_channels());
    }
    for (const auto gone : from.gone) {
        to.add_gone(gone.value);
    }
}

void write(const Moved& from, v1::Moved& to) {
    to.set_channel(from.channel.value);
    to.set_channel_epoch(from.channel_epoch.value);
    to.set_route(from.route.value);
    to.set_frame_ms(from.frame_ms);
    to.set_members(from.members);
}

}  // namespace partyline::wire

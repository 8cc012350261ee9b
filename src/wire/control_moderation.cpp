#include "wire/control_moderation.hpp"

#include "wire/limits.hpp"

namespace partyline::wire {
namespace {

static_assert(static_cast<int>(ActedOn::Act::muted) == v1::ActedOn::ACT_MUTED);
static_assert(static_cast<int>(ActedOn::Act::deafened) == v1::ActedOn::ACT_DEAFENED);
static_assert(static_cast<int>(ActedOn::Act::released) == v1::ActedOn::ACT_RELEASED);
static_assert(static_cast<int>(ActedOn::Act::moved) == v1::ActedOn::ACT_MOVED);

std::string reason(std::string_view field, const std::string& from, FieldReader& in) {
    return in.text(field, reason_bytes_max, from);
}

Ban read(const v1::Ban& from, FieldReader& in) {
    return {
        .id = BanId{from.id()},
        .identity = in.optional_key("Ban.identity", from.identity()),
        .account = in.name("Ban.account", name_code_points_max, from.account()),
        .range = in.text("Ban.range", address_range_bytes_max, from.range()),
        .name = in.name("Ban.name", name_code_points_max, from.name()),
        .reason = reason("Ban.reason", from.reason(), in),
        .by = in.name("Ban.by", name_code_points_max, from.by()),
        .created_unix_ms = from.created_unix_ms(),
        .until_unix_ms = from.until_unix_ms(),
    };
}

AuditEntry read(const v1::AuditEntry& from, FieldReader& in) {
    return {
        .id = from.id(),
        .unix_ms = from.unix_ms(),
        .actor = in.name("AuditEntry.actor", name_code_points_max, from.actor()),
        .action = in.text("AuditEntry.action", audit_action_bytes_max, from.action()),
        .target = in.name("AuditEntry.target", channel_name_code_points_max, from.target()),
        .reason = reason("AuditEntry.reason", from.reason(), in),
        .detail = in.text("AuditEntry.detail", audit_detail_bytes_max, from.detail()),
    };
}

Invite read(const v1::Invite& from, FieldReader& in) {
    return {
        .id = InviteId{from.id()},
        .role = RoleId{from.role()},
        .channel = ChannelId{from.channel()},
        .uses_left = from.uses_left(),
        .until_unix_ms = from.until_unix_ms(),
        .by = in.name("Invite.by", name_code_points_max, from.by()),
    };
}

AccountEntry read(const v1::AccountEntry& from, FieldReader& in) {
    return {
        .id = AccountId{from.id()},
        .name = in.name("AccountEntry.name", name_code_points_max, from.name()),
        .owner = from.owner(),
        .roles = in.list("AccountEntry.roles", roles_max, from.roles(),
                         [](std::uint32_t role) { return RoleId{role}; }),
        .devices = from.devices(),
        .created_unix_ms = from.created_unix_ms(),
    };
}

void write(const AccountEntry& from, v1::AccountEntry& to) {
    to.set_id(from.id.value);
    to.set_name(from.name);
    to.set_owner(from.owner);
    for (const auto role : from.roles) {
        to.add_roles(role.value);
    }
    to.set_devices(from.devices);
    to.set_created_unix_ms(from.created_unix_ms);
}

void write(const Ban& from, v1::Ban& to) {
    to.set_id(from.id.value);
    to.set_identity(from.identity.data(), from.identity.size());
    to.set_account(from.account);
    to.set_range(from.range);
    to.set_name(from.name);
    to.set_reason(from.reason);
    to.set_by(from.by);
    to.set_created_unix_ms(from.created_unix_ms);
    to.set_until_unix_ms(from.until_unix_ms);
}

void write(const AuditEntry& from, v1::AuditEntry& to) {
    to.set_id(from.id);
    to.set_unix_ms(from.unix_ms);
    to.set_actor(from.actor);
    to.set_action(from.action);
    to.set_target(from.target);
    to.set_reason(from.reason);
    to.set_detail(from.detail);
}

void write(const Invite& from, v1::Invite& to) {
    to.set_id(from.id.value);
    to.set_role(from.role.value);
    to.set_channel(from.channel.value);
    to.set_uses_left(from.uses_left);
    to.set_until_unix_ms(from.until_unix_ms);
    to.set_by(from.by);
}

}  // namespace

Kick read(const v1::Kick& from, FieldReader& in) {
    return {.session = SessionId{from.session()},
            .reason = reason("Kick.reason", from.reason(), in)};
}

AddBan read(const v1::AddBan& from, FieldReader& in) {
    return {
        .session = SessionId{from.session()},
        .of_identity = from.of_identity(),
        .of_account = from.of_account(),
        .of_address = from.of_address(),
        .identity = in.optional_key("AddBan.identity", from.identity()),
        .account = in.name("AddBan.account", name_code_points_max, from.account()),
        .range = in.text("AddBan.range", address_range_bytes_max, from.range()),
        .reason = reason("AddBan.reason", from.reason(), in),
        .seconds = from.seconds(),
    };
}

LiftBan read(const v1::LiftBan& from, FieldReader& in) {
    return {.ban = BanId{from.ban()}, .reason = reason("LiftBan.reason", from.reason(), in)};
}

SetServerMute read(const v1::SetServerMute& from, FieldReader& in) {
    return {.session = SessionId{from.session()},
            .mute = from.mute(),
            .deafen = from.deafen(),
            .reason = reason("SetServerMute.reason", from.reason(), in)};
}

MoveMember read(const v1::MoveMember& from, FieldReader& in) {
    return {.session = SessionId{from.session()},
            .channel = ChannelId{from.channel()},
            .reason = reason("MoveMember.reason", from.reason(), in)};
}

GetAudit read(const v1::GetAudit& from, FieldReader&) {
    return {.before = from.before(), .entries = from.entries()};
}

CreateInvite read(const v1::CreateInvite& from, FieldReader&) {
    return {.role = RoleId{from.role()},
            .channel = ChannelId{from.channel()},
            .uses = from.uses(),
            .seconds = from.seconds()};
}

RedeemInvite read(const v1::RedeemInvite& from, FieldReader& in) {
    return {.token = in.text("RedeemInvite.token", invite_token_bytes_max, from.token())};
}

DeleteAccount read(const v1::DeleteAccount& from, FieldReader& in) {
    return {.name = in.name("DeleteAccount.name", name_code_points_max, from.name())};
}

Bans read(const v1::Bans& from, FieldReader& in) {
    return {.bans = in.list("Bans.bans", moderation_page_entries_max, from.bans(),
                            [&in](const v1::Ban& ban) { return read(ban, in); }),
            .more = from.more()};
}

Audit read(const v1::Audit& from, FieldReader& in) {
    return {.entries = in.list("Audit.entries", moderation_page_entries_max, from.entries(),
                               [&in](const v1::AuditEntry& entry) { return read(entry, in); }),
            .more = from.more()};
}

ActedOn read(const v1::ActedOn& from, FieldReader& in) {
    // A later server may do what we do not know yet.
    const bool known = v1::ActedOn::Act_IsValid(from.act());
    return {.act = known ? static_cast<ActedOn::Act>(from.act()) : ActedOn::Act::unspecified,
            .reason = reason("ActedOn.reason", from.reason(), in),
            .since_unix_ms = from.since_unix_ms()};
}

InviteCreated read(const v1::InviteCreated& from, FieldReader& in) {
    return {.invite = InviteId{from.invite()},
            .token = in.text("InviteCreated.token", invite_token_bytes_max, from.token())};
}

Invites read(const v1::Invites& from, FieldReader& in) {
    return {.invites = in.list("Invites.invites", moderation_page_entries_max, from.invites(),
                               [&in](const v1::Invite& invite) { return read(invite, in); }),
            .more = from.more()};
}

Accounts read(const v1::Accounts& from, FieldReader& in) {
    return {.accounts = in.list("Accounts.accounts", moderation_page_entries_max, from.accounts(),
                                [&in](const v1::AccountEntry& entry) { return read(entry, in); }),
            .more = from.more()};
}

void write(const Kick& from, v1::Kick& to) {
    to.set_session(from.session.value);
    to.set_reason(from.reason);
}

void write(const AddBan& from, v1::AddBan& to) {
    to.set_session(from.session.value);
    to.set_of_identity(from.of_identity);
    to.set_of_account(from.of_account);
    to.set_of_address(from.of_address);
    to.set_identity(from.identity.data(), from.identity.size());
    to.set_account(from.account);
    to.set_range(from.range);
    to.set_reason(from.reason);
    to.set_seconds(from.seconds);
}

void write(const LiftBan& from, v1::LiftBan& to) {
    to.set_ban(from.ban.value);
    to.set_reason(from.reason);
}

void write(const SetServerMute& from, v1::SetServerMute& to) {
    to.set_session(from.session.value);
    to.set_mute(from.mute);
    to.set_deafen(from.deafen);
    to.set_reason(from.reason);
}

void write(const MoveMember& from, v1::MoveMember& to) {
    to.set_session(from.session.value);
    to.set_channel(from.channel.value);
    to.set_reason(from.reason);
}

void write(const GetAudit& from, v1::GetAudit& to) {
    to.set_before(from.before);
    to.set_entries(from.entries);
}

void write(const CreateInvite& from, v1::CreateInvite& to) {
    to.set_role(from.role.value);
    to.set_channel(from.channel.value);
    to.set_uses(from.uses);
    to.set_seconds(from.seconds);
}

void write(const RedeemInvite& from, v1::RedeemInvite& to) { to.set_token(from.token); }

void write(const DeleteAccount& from, v1::DeleteAccount& to) { to.set_name(from.name); }

void write(const Bans& from, v1::Bans& to) {
    for (const auto& ban : from.bans) {
        write(ban, *to.add_bans());
    }
    to.set_more(from.more);
}

void write(const Audit& from, v1::Audit& to) {
    for (const auto& entry : from.entries) {
        write(entry, *to.add_entries());
    }
    to.set_more(from.more);
}

void write(const ActedOn& from, v1::ActedOn& to) {
    to.set_act(static_cast<v1::ActedOn::Act>(from.act));
    to.set_reason(from.reason);
    to.set_since_unix_ms(from.since_unix_ms);
}

void write(const InviteCreated& from, v1::InviteCreated& to) {
    to.set_invite(from.invite.value);
    to.set_token(from.token);
}

void write(const Invites& from, v1::Invites& to) {
    for (const auto& invite : from.invites) {
        write(invite, *to.add_invites());
    }
    to.set_more(from.more);
}

void write(const Accounts& from, v1::Accounts& to) {
    for (const auto& entry : from.accounts) {
        write(entry, *to.add_accounts());
    }
    to.set_more(from.more);
}

}  // namespace partyline::wire

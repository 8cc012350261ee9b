// The talkie's messages as they come in.
#include <functional>
#include <utility>

#include "partyline/v1/control.pb.h"
#include "wire/control.hpp"
#include "wire/control_community.hpp"
#include "wire/control_direct.hpp"
#include "wire/control_fields.hpp"
#include "wire/control_keys.hpp"
#include "wire/control_moderation.hpp"
#include "wire/control_whisper.hpp"
#include "wire/limits.hpp"

namespace partyline::wire {
namespace {

Login read(const v1::Login& from, FieldReader& in) {
    return {
        .identity = in.fixed_bytes("Login.identity", public_key_bytes, from.identity()),
        .x25519 = in.fixed_bytes("Login.x25519", public_key_bytes, from.x25519()),
        .versions = in.list("Login.versions", versions_max, from.versions(), std::identity{}),
        .signature = in.fixed_bytes("Login.signature", signature_bytes, from.signature()),
        .device = wire::read(from.device(), in),
        .name = in.name("Login.name", name_code_points_max, from.name()),
    };
}

Join read(const v1::Join& from, FieldReader& in) {
    return {.channel = ChannelId{from.channel()},
            .password = in.text("Join.password", password_bytes_max, from.password())};
}

SetSelfState read(const v1::SetSelfState& from, FieldReader&) {
    return {.mute = from.mute(), .deafen = from.deafen()};
}

SendText read(const v1::SendText& from, FieldReader& in) {
    return {
        .channel = ChannelId{from.channel()},
        .text = in.text("SendText.text", text_bytes_max, from.text()),
        .nonce = from.nonce(),
    };
}

SetVoiceLane read(const v1::SetVoiceLane& from, FieldReader&) {
    switch (from.lane()) {
        case v1::VOICE_LANE_UDP: return {.lane = VoiceLane::udp};
        case v1::VOICE_LANE_TUNNEL: return {.lane = VoiceLane::tunnel};
        default:  // also what a later version may have added
            return {.lane = VoiceLane::unspecified};
    }
}

GetHistory read(const v1::GetHistory& from, FieldReader&) {
    return {.channel = ChannelId{from.channel()},
            .before = MessageId{from.before()},
            .messages = from.messages()};
}

EditText read(const v1::EditText& from, FieldReader& in) {
    return {.id = MessageId{from.id()},
            .text = in.text("EditText.text", text_bytes_max, from.text())};
}

ClaimAccount read(const v1::ClaimAccount& from, FieldReader& in) {
    return {.name = in.name("ClaimAccount.name", name_code_points_max, from.name()),
            .password = in.text("ClaimAccount.password", password_bytes_max, from.password()),
            .label = in.name("ClaimAccount.label", name_code_points_max, from.label())};
}

LinkDevice read(const v1::LinkDevice& from, FieldReader& in) {
    return {.name = in.name("LinkDevice.name", name_code_points_max, from.name()),
            .secret = in.text("LinkDevice.secret", password_bytes_max, from.secret()),
            .label = in.name("LinkDevice.label", name_code_points_max, from.label())};
}

UnlinkDevice read(const v1::UnlinkDevice& from, FieldReader& in) {
    return {.identity = in.fixed_bytes("UnlinkDevice.identity", public_key_bytes, from.identity()),
            .name = in.name("UnlinkDevice.name", name_code_points_max, from.name())};
}

ChangePassword read(const v1::ChangePassword& from, FieldReader& in) {
    return {.current = in.text("ChangePassword.current", password_bytes_max, from.current()),
            .password = in.text("ChangePassword.password", password_bytes_max, from.password()),
            .name = in.name("ChangePassword.name", name_code_points_max, from.name())};
}

BecomeOwner read(const v1::BecomeOwner& from, FieldReader& in) {
    return {.token = in.text("BecomeOwner.token", password_bytes_max, from.token())};
}

RenewRecoveryCode read(const v1::RenewRecoveryCode& from, FieldReader& in) {
    return {.password = in.text("RenewRecoveryCode.password", password_bytes_max, from.password())};
}

Resume read(const v1::Resume& from, FieldReader& in) {
    return {.session = SessionId{from.session()},
            .token = in.fixed_bytes("Resume.token", resume_token_bytes, from.token()),
            .last_seq = from.last_seq(),
            .signature = in.fixed_bytes("Resume.signature", signature_bytes, from.signature())};
}

/// Roles, rooms, order, and whoever has or may have an account.
ClientBody read_administration(const v1::Client& from, FieldReader& in) {
    switch (from.body_case()) {
        case v1::Client::kGetRoles: return GetRoles{};
        case v1::Client::kCreateRole: return wire::read(from.create_role(), in);
        case v1::Client::kEditRole: return wire::read(from.edit_role(), in);
        case v1::Client::kDeleteRole: return DeleteRole{.role = RoleId{from.delete_role().role()}};
        case v1::Client::kGrantRole: return wire::read(from.grant_role(), in);
        case v1::Client::kRevokeRole: return wire::read(from.revoke_role(), in);
        case v1::Client::kSetOverride: return wire::read(from.set_override(), in);
        case v1::Client::kGetOverrides:
            return GetOverrides{.channel = ChannelId{from.get_overrides().channel()}};
        case v1::Client::kExplain: return wire::read(from.explain(), in);
        case v1::Client::kCreateChannel: return wire::read(from.create_channel(), in);
        case v1::Client::kEditChannel: return wire::read(from.edit_channel(), in);
        case v1::Client::kMoveChannel: return wire::read(from.move_channel(), in);
        case v1::Client::kDeleteChannel:
            return DeleteChannel{.channel = ChannelId{from.delete_channel().channel()}};
        case v1::Client::kKick: return wire::read(from.kick(), in);
        case v1::Client::kAddBan: return wire::read(from.add_ban(), in);
        case v1::Client::kLiftBan: return wire::read(from.lift_ban(), in);
        case v1::Client::kListBans: return ListBans{.after = BanId{from.list_bans().after()}};
        case v1::Client::kSetServerMute: return wire::read(from.set_server_mute(), in);
        case v1::Client::kMoveMember: return wire::read(from.move_member(), in);
        case v1::Client::kGetAudit: return wire::read(from.get_audit(), in);
        case v1::Client::kCreateInvite: return wire::read(from.create_invite(), in);
        case v1::Client::kListInvites:
            return ListInvites{.after = InviteId{from.list_invites().after()}};
        case v1::Client::kDeleteInvite:
            return DeleteInvite{.invite = InviteId{from.delete_invite().invite()}};
        case v1::Client::kListAccounts:
            return ListAccounts{.after = AccountId{from.list_accounts().after()}};
        case v1::Client::kDeleteAccount: return wire::read(from.delete_account(), in);
        default: return Unknown{};  // also what a later version may have added
    }
}

/// control_test.cpp has an example of each: one that is forgotten here is missed there.
ClientBody read_body(const v1::Client& from, FieldReader& in) {
    switch (from.body_case()) {
        case v1::Client::kLogin: return read(from.login(), in);
        case v1::Client::kJoin: return read(from.join(), in);
        case v1::Client::kLeave: return Leave{};
        case v1::Client::kSetSelfState: return read(from.set_self_state(), in);
        case v1::Client::kSendText: return read(from.send_text(), in);
        case v1::Client::kShareKeys: return wire::read(from.share_keys(), in);
        case v1::Client::kKeyRequest: return wire::read(from.key_request(), in);
        case v1::Client::kGetMemberKeys: return wire::read(from.get_member_keys(), in);
        case v1::Client::kRenewDevice: return wire::read(from.renew_device(), in);
        case v1::Client::kSetVoiceLane: return read(from.set_voice_lane(), in);
        case v1::Client::kVoiceTunnel: return wire::read(from.voice_tunnel(), in);
        case v1::Client::kPing: return ControlPing{.token = from.ping().token()};
        case v1::Client::kGetHistory: return read(from.get_history(), in);
        case v1::Client::kEditText: return read(from.edit_text(), in);
        case v1::Client::kDeleteText: return DeleteText{.id = MessageId{from.delete_text().id()}};
        case v1::Client::kClaimAccount: return read(from.claim_account(), in);
        case v1::Client::kLinkDevice: return read(from.link_device(), in);
        case v1::Client::kUnlinkDevice: return read(from.unlink_device(), in);
        case v1::Client::kListDevices:
            return ListDevices{.name = in.name("ListDevices.name", name_code_points_max,
                                               from.list_devices().name())};
        case v1::Client::kChangePassword: return read(from.change_password(), in);
        case v1::Client::kBecomeOwner: return read(from.become_owner(), in);
        case v1::Client::kResume: return read(from.resume(), in);
        case v1::Client::kRedeemInvite: return wire::read(from.redeem_invite(), in);
        case v1::Client::kSendDirect: return wire::read(from.send_direct(), in);
        case v1::Client::kGetDirect: return wire::read(from.get_direct(), in);
        case v1::Client::kGetUnread: return GetUnread{};
        case v1::Client::kMarkRead: return wire::read(from.mark_read(), in);
        case v1::Client::kSetWhisper: return wire::read(from.set_whisper(), in);
        case v1::Client::kSetPriority: return SetPriority{.on = from.set_priority().on()};
        case v1::Client::kSetRecording: return SetRecording{from.set_recording().on()};
        case v1::Client::kRenewRecoveryCode: return read(from.renew_recovery_code(), in);
        default: return read_administration(from, in);
    }
}

}  // namespace

Result<ClientMessage> decode_client(ByteView message) {
    v1::Client from;
    if (auto parsed = parse(message, from); !parsed) {
        return std::unexpected(std::move(parsed).error());
    }
    FieldReader in;
    ClientMessage to{.request_id = from.request_id(), .body = read_body(from, in)};
    if (in.failure()) {
        return std::unexpected(*in.failure());
    }
    return to;
}

}  // namespace partyline::wire

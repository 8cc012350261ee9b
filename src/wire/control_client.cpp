// The talkie's messages.
#include <array>
#include <format>
#include <functional>
#include <utility>

#include "partyline/v1/control.pb.h"
#include "wire/check.hpp"
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

// --- reading ---------------------------------------------------------------------------------

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
        case v1::Client::kResume: return read(from.resume(), in);
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
        case v1::Client::kRedeemInvite: return wire::read(from.redeem_invite(), in);
        case v1::Client::kListAccounts:
            return ListAccounts{.after = AccountId{from.list_accounts().after()}};
        case v1::Client::kDeleteAccount: return wire::read(from.delete_account(), in);
        case v1::Client::kSendDirect: return wire::read(from.send_direct(), in);
        case v1::Client::kGetDirect: return wire::read(from.get_direct(), in);
        case v1::Client::kGetUnread: return GetUnread{};
        case v1::Client::kMarkRead: return wire::read(from.mark_read(), in);
        case v1::Client::kSetWhisper: return wire::read(from.set_whisper(), in);
        case v1::Client::kSetPriority: return SetPriority{.on = from.set_priority().on()};
        case v1::Client::kSetRecording: return SetRecording{from.set_recording().on()};
        case v1::Client::kRenewRecoveryCode: return read(from.renew_recovery_code(), in);
        case v1::Client::BODY_NOT_SET: break;
    }
    return Unknown{};
}

// --- writing ---------------------------------------------------------------------------------

/// Sets the oneof of `to` to the body it is called with. Does not compile until it knows them all.
struct BodyWriter {
    v1::Client& to;

    void operator()(const Unknown&) const {}

    void operator()(const Login& from) const {
        auto& login = *to.mutable_login();
        login.set_identity(from.identity.data(), from.identity.size());
        login.set_x25519(from.x25519.data(), from.x25519.size());
        login.mutable_versions()->Add(from.versions.begin(), from.versions.end());
        login.set_signature(from.signature.data(), from.signature.size());
        write(from.device, *login.mutable_device());
        login.set_name(from.name);
    }

    void operator()(const Join& from) const {
        to.mutable_join()->set_channel(from.channel.value);
        to.mutable_join()->set_password(from.password);
    }

    void operator()(const Leave&) const { to.mutable_leave(); }

    void operator()(const SetSelfState& from) const {
        auto& state = *to.mutable_set_self_state();
        state.set_mute(from.mute);
        state.set_deafen(from.deafen);
    }

    void operator()(const SendText& from) const {
        auto& text = *to.mutable_send_text();
        text.set_channel(from.channel.value);
        text.set_text(from.text);
        text.set_nonce(from.nonce);
    }

    void operator()(const GetHistory& from) const {
        auto& get = *to.mutable_get_history();
        get.set_channel(from.channel.value);
        get.set_before(from.before.value);
        get.set_messages(from.messages);
    }

    void operator()(const EditText& from) const {
        auto& edit = *to.mutable_edit_text();
        edit.set_id(from.id.value);
        edit.set_text(from.text);
    }

    void operator()(const DeleteText& from) const {
        to.mutable_delete_text()->set_id(from.id.value);
    }

    void operator()(const ClaimAccount& from) const {
        auto& claim = *to.mutable_claim_account();
        claim.set_name(from.name);
        claim.set_password(from.password);
        claim.set_label(from.label);
    }

    void operator()(const LinkDevice& from) const {
        auto& link = *to.mutable_link_device();
        link.set_name(from.name);
        link.set_secret(from.secret);
        link.set_label(from.label);
    }

    void operator()(const UnlinkDevice& from) const {
        auto& unlink = *to.mutable_unlink_device();
        unlink.set_identity(from.identity.data(), from.identity.size());
        unlink.set_name(from.name);
    }

    void operator()(const ListDevices& from) const {
        to.mutable_list_devices()->set_name(from.name);
    }

    void operator()(const ChangePassword& from) const {
        auto& change = *to.mutable_change_password();
        change.set_current(from.current);
        change.set_password(from.password);
        change.set_name(from.name);
    }

    void operator()(const BecomeOwner& from) const {
        to.mutable_become_owner()->set_token(from.token);
    }

    void operator()(const Resume& from) const {
        auto& resume = *to.mutable_resume();
        resume.set_session(from.session.value);
        resume.set_token(from.token.data(), from.token.size());
        resume.set_last_seq(from.last_seq);
        resume.set_signature(from.signature.data(), from.signature.size());
    }

    void operator()(const ShareKeys& from) const { write(from, *to.mutable_share_keys()); }
    void operator()(const KeyRequest& from) const { write(from, *to.mutable_key_request()); }
    void operator()(const GetMemberKeys& from) const { write(from, *to.mutable_get_member_keys()); }
    void operator()(const RenewDevice& from) const { write(from, *to.mutable_renew_device()); }
    void operator()(const SetVoiceLane& from) const {
        to.mutable_set_voice_lane()->set_lane(static_cast<v1::VoiceLane>(from.lane));
    }

    void operator()(const VoiceTunnel& from) const { write(from, *to.mutable_voice_tunnel()); }

    void operator()(const ControlPing& from) const { to.mutable_ping()->set_token(from.token); }

    void operator()(const GetRoles&) const { to.mutable_get_roles(); }
    void operator()(const CreateRole& from) const { write(from, *to.mutable_create_role()); }
    void operator()(const EditRole& from) const { write(from, *to.mutable_edit_role()); }
    void operator()(const DeleteRole& from) const {
        to.mutable_delete_role()->set_role(from.role.value);
    }
    void operator()(const GrantRole& from) const { write(from, *to.mutable_grant_role()); }
    void operator()(const RevokeRole& from) const { write(from, *to.mutable_revoke_role()); }
    void operator()(const SetOverride& from) const { write(from, *to.mutable_set_override()); }
    void operator()(const GetOverrides& from) const {
        to.mutable_get_overrides()->set_channel(from.channel.value);
    }
    void operator()(const Explain& from) const { write(from, *to.mutable_explain()); }
    void operator()(const CreateChannel& from) const { write(from, *to.mutable_create_channel()); }
    void operator()(const EditChannel& from) const { write(from, *to.mutable_edit_channel()); }
    void operator()(const MoveChannel& from) const { write(from, *to.mutable_move_channel()); }
    void operator()(const DeleteChannel& from) const {
        to.mutable_delete_channel()->set_channel(from.channel.value);
    }
    void operator()(const Kick& from) const { write(from, *to.mutable_kick()); }
    void operator()(const AddBan& from) const { write(from, *to.mutable_add_ban()); }
    void operator()(const LiftBan& from) const { write(from, *to.mutable_lift_ban()); }
    void operator()(const ListBans& from) const {
        to.mutable_list_bans()->set_after(from.after.value);
    }
    void operator()(const SetServerMute& from) const { write(from, *to.mutable_set_server_mute()); }
    void operator()(const MoveMember& from) const { write(from, *to.mutable_move_member()); }
    void operator()(const GetAudit& from) const { write(from, *to.mutable_get_audit()); }
    void operator()(const CreateInvite& from) const { write(from, *to.mutable_create_invite()); }
    void operator()(const ListInvites& from) const {
        to.mutable_list_invites()->set_after(from.after.value);
    }
    void operator()(const DeleteInvite& from) const {
        to.mutable_delete_invite()->set_invite(from.invite.value);
    }
    void operator()(const RedeemInvite& from) const { write(from, *to.mutable_redeem_invite()); }
    void operator()(const ListAccounts& from) const {
        to.mutable_list_accounts()->set_after(from.after.value);
    }
    void operator()(const DeleteAccount& from) const { write(from, *to.mutable_delete_account()); }
    void operator()(const SendDirect& from) const { write(from, *to.mutable_send_direct()); }
    void operator()(const GetDirect& from) const { write(from, *to.mutable_get_direct()); }
    void operator()(const GetUnread&) const { to.mutable_get_unread(); }
    void operator()(const MarkRead& from) const { write(from, *to.mutable_mark_read()); }
    void operator()(const SetWhisper& from) const { write(from, *to.mutable_set_whisper()); }
    void operator()(const SetPriority& from) const { to.mutable_set_priority()->set_on(from.on); }
    void operator()(const SetRecording& from) const { to.mutable_set_recording()->set_on(from.on); }
    void operator()(const RenewRecoveryCode& from) const {
        to.mutable_renew_recovery_code()->set_password(from.password);
    }
};

static_assert(static_cast<int>(VoiceLane::udp) == v1::VOICE_LANE_UDP);
static_assert(static_cast<int>(VoiceLane::tunnel) == v1::VOICE_LANE_TUNNEL);

constexpr auto names = std::to_array<std::string_view>({
    "Unknown",       "Login",         "Join",
    "Leave",         "SetSelfState",  "SendText",
    "ShareKeys",     "KeyRequest",    "GetMemberKeys",
    "RenewDevice",   "SetVoiceLane",  "VoiceTunnel",
    "ControlPing",   "GetHistory",    "EditText",
    "DeleteText",    "ClaimAccount",  "LinkDevice",
    "UnlinkDevice",  "ListDevices",   "ChangePassword",
    "BecomeOwner",   "GetRoles",      "CreateRole",
    "EditRole",      "DeleteRole",    "GrantRole",
    "RevokeRole",    "SetOverride",   "GetOverrides",
    "Explain",       "CreateChannel", "EditChannel",
    "MoveChannel",   "DeleteChannel", "Resume",
    "Kick",          "AddBan",        "LiftBan",
    "ListBans",      "SetServerMute", "MoveMember",
    "GetAudit",      "CreateInvite",  "ListInvites",
    "DeleteInvite",  "RedeemInvite",  "ListAccounts",
    "DeleteAccount", "SendDirect",    "GetDirect",
    "GetUnread",     "MarkRead",      "SetWhisper",
    "SetPriority",   "SetRecording",  "RenewRecoveryCode",
});
static_assert(names.size() == std::variant_size_v<ClientBody>);

}  // namespace

Bytes encode(const ClientMessage& message) {
    v1::Client to;
    to.set_request_id(message.request_id);
    std::visit(BodyWriter{to}, message.body);
    return serialise(to);
}

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

Result<void> check(const ClientMessage& message) {
    const auto bytes = encode(message);
    v1::Client parsed;
    if (bytes.size() <= frame_bytes_max && !parse(bytes, parsed)) {
        // We have just written it: nothing else can be wrong with it.
        return fail(ErrorCode::malformed,
                    std::format("{}: a text in it is not UTF-8", name_of(message.body)));
    }
    if (auto read = decode_client(bytes); !read) {
        return std::unexpected(std::move(read).error());
    }
    return {};
}

std::string_view name_of(const ClientBody& body) { return names.at(body.index()); }

}  // namespace partyline::wire

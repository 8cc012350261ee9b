// The talkie's messages on their way out.
#include <array>
#include <format>
#include <string_view>
#include <utility>
#include <variant>

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

// The talkie's messages.
#include <array>
#include <functional>
#include <utility>

#include "partyline/v1/control.pb.h"
#include "wire/control.hpp"
#include "wire/control_fields.hpp"
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

Join read(const v1::Join& from, FieldReader&) { return {.channel = ChannelId{from.channel()}}; }

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

ShareKeys read(const v1::ShareKeys& from, FieldReader& in) {
    const auto read_share = [&in](const v1::SealedShare& share) {
        return SealedShare{
            .to = SessionId{share.to()},
            .sealed = in.bytes("SealedShare.sealed", share_bytes_max, share.sealed()),
        };
    };
    return {
        .channel = ChannelId{from.channel()},
        .channel_epoch = ChannelEpoch{from.channel_epoch()},
        .stream = StreamId{in.number("ShareKeys.stream", from.stream(), stream_max)},
        .generation = from.generation(),
        .step = in.number<std::uint16_t>("ShareKeys.step", from.step()),
        .shares = in.list("ShareKeys.shares", shares_per_message_max, from.shares(), read_share),
    };
}

KeyRequest read(const v1::KeyRequest& from, FieldReader&) {
    return {.speaker = SessionId{from.speaker()}, .kid = from.kid()};
}

GetMemberKeys read(const v1::GetMemberKeys& from, FieldReader& in) {
    const auto read_session = [](std::uint32_t session) { return SessionId{session}; };
    return {.sessions = in.list("GetMemberKeys.sessions", member_keys_request_max, from.sessions(),
                                read_session)};
}

RenewDevice read(const v1::RenewDevice& from, FieldReader& in) {
    return {.device = wire::read(from.device(), in)};
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
        case v1::Client::kShareKeys: return read(from.share_keys(), in);
        case v1::Client::kKeyRequest: return read(from.key_request(), in);
        case v1::Client::kGetMemberKeys: return read(from.get_member_keys(), in);
        case v1::Client::kRenewDevice: return read(from.renew_device(), in);
        case v1::Client::kSetVoiceLane: return read(from.set_voice_lane(), in);
        case v1::Client::kVoiceTunnel: return wire::read(from.voice_tunnel(), in);
        case v1::Client::kPing: return ControlPing{.token = from.ping().token()};
        case v1::Client::kGetHistory: return read(from.get_history(), in);
        case v1::Client::kEditText: return read(from.edit_text(), in);
        case v1::Client::kDeleteText: return DeleteText{.id = MessageId{from.delete_text().id()}};
        case v1::Client::kResume: return read(from.resume(), in);
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

    void operator()(const Join& from) const { to.mutable_join()->set_channel(from.channel.value); }

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

    void operator()(const Resume& from) const {
        auto& resume = *to.mutable_resume();
        resume.set_session(from.session.value);
        resume.set_token(from.token.data(), from.token.size());
        resume.set_last_seq(from.last_seq);
        resume.set_signature(from.signature.data(), from.signature.size());
    }

    void operator()(const ShareKeys& from) const {
        auto& keys = *to.mutable_share_keys();
        keys.set_channel(from.channel.value);
        keys.set_channel_epoch(from.channel_epoch.value);
        keys.set_stream(from.stream.value);
        keys.set_generation(from.generation);
        keys.set_step(from.step);
        for (const auto& share : from.shares) {
            auto& added = *keys.add_shares();
            added.set_to(share.to.value);
            added.set_sealed(share.sealed.data(), share.sealed.size());
        }
    }

    void operator()(const KeyRequest& from) const {
        auto& request = *to.mutable_key_request();
        request.set_speaker(from.speaker.value);
        request.set_kid(from.kid);
    }

    void operator()(const GetMemberKeys& from) const {
        auto& get = *to.mutable_get_member_keys();
        for (const auto session : from.sessions) {
            get.add_sessions(session.value);
        }
    }

    void operator()(const RenewDevice& from) const {
        write(from.device, *to.mutable_renew_device()->mutable_device());
    }

    void operator()(const SetVoiceLane& from) const {
        to.mutable_set_voice_lane()->set_lane(static_cast<v1::VoiceLane>(from.lane));
    }

    void operator()(const VoiceTunnel& from) const { write(from, *to.mutable_voice_tunnel()); }

    void operator()(const ControlPing& from) const { to.mutable_ping()->set_token(from.token); }
};

static_assert(static_cast<int>(VoiceLane::udp) == v1::VOICE_LANE_UDP);
static_assert(static_cast<int>(VoiceLane::tunnel) == v1::VOICE_LANE_TUNNEL);

constexpr auto names = std::to_array<std::string_view>({
    "Unknown",
    "Login",
    "Join",
    "Leave",
    "SetSelfState",
    "SendText",
    "ShareKeys",
    "KeyRequest",
    "GetMemberKeys",
    "RenewDevice",
    "SetVoiceLane",
    "VoiceTunnel",
    "ControlPing",
    "GetHistory",
    "EditText",
    "DeleteText",
    "Resume",
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

std::string_view name_of(const ClientBody& body) { return names.at(body.index()); }

}  // namespace partyline::wire

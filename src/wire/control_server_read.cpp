// The switchboard's messages.
#include <array>
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

// --- reading ---------------------------------------------------------------------------------

Hello read(const v1::Hello& from, FieldReader& in) {
    const auto& limits = from.limits();
    return {
        .server_identity =
            in.fixed_bytes("Hello.server_identity", public_key_bytes, from.server_identity()),
        .signature = in.fixed_bytes("Hello.signature", signature_bytes, from.signature()),
        .versions = in.list("Hello.versions", versions_max, from.versions(), std::identity{}),
        .server_name =
            in.name("Hello.server_name", server_name_code_points_max, from.server_name()),
        .limits = {.name_code_points = limits.name_code_points(),
                   .text_bytes = limits.text_bytes(),
                   .frame_bytes = limits.frame_bytes(),
                   .shares_per_message = limits.shares_per_message()},
    };
}

Welcome read(const v1::Welcome& from, FieldReader& in) {
    return {
        .session = SessionId{from.session()},
        .hop_epoch = in.number<std::uint8_t>("Welcome.hop_epoch", from.hop_epoch()),
        .route = Route{from.route()},
        .version = from.version(),
        .resume_token =
            in.fixed_bytes("Welcome.resume_token", resume_token_bytes, from.resume_token()),
        .resume_seconds = from.resume_seconds(),
    };
}

Resumed read(const v1::Resumed& from, FieldReader& in) {
    return {
        .resume_token =
            in.fixed_bytes("Resumed.resume_token", resume_token_bytes, from.resume_token()),
        .hop_epoch = in.number<std::uint8_t>("Resumed.hop_epoch", from.hop_epoch()),
        .route = Route{from.route()},
        .seq = from.seq(),
        .replayed = from.replayed(),
        .channel = ChannelId{from.channel()},
        .channel_epoch = ChannelEpoch{from.channel_epoch()},
        .frame_ms = from.frame_ms(),
    };
}

ErrorCode read_code(v1::Error::Code code) {
    // A later version may know codes that this one does not.
    return v1::Error::Code_IsValid(code) ? static_cast<ErrorCode>(code) : ErrorCode::unspecified;
}

Error read(const v1::Error& from, FieldReader& in) {
    return {
        .code = read_code(from.code()),
        .message = in.text("Error.message", error_message_bytes_max, from.message()),
        .retry_ms = from.retry_ms(),
        .until_unix_ms = from.until_unix_ms(),
        .reason = in.text("Error.reason", reason_bytes_max, from.reason()),
    };
}

ChannelPage read(const v1::ChannelPage& from, FieldReader& in) {
    return {.channels =
                in.list("ChannelPage.channels", page_entries_max, from.channels(),
                        [&in](const v1::Channel& channel) { return wire::read(channel, in); })};
}

std::vector<Presence> read_presences(std::string_view field,
                                     const google::protobuf::RepeatedPtrField<v1::Presence>& from,
                                     FieldReader& in) {
    return in.list(field, page_entries_max, from, [&in](const v1::Presence& presence) {
        return Presence{
            .session = SessionId{presence.session()},
            .name = in.name("Presence.name", name_code_points_max, presence.name()),
            .channel = ChannelId{presence.channel()},
            .self_mute = presence.self_mute(),
            .self_deafen = presence.self_deafen(),
            .speaking = presence.speaking(),
            .server_mute = presence.server_mute(),
            .server_deafen = presence.server_deafen(),
            .account = in.name("Presence.account", name_code_points_max, presence.account()),
            .recording = presence.recording(),
            .priority = presence.priority(),
        };
    });
}

PresencePage read(const v1::PresencePage& from, FieldReader& in) {
    return {.sessions = read_presences("PresencePage.sessions", from.sessions(), in)};
}

PresenceChanged read(const v1::PresenceChanged& from, FieldReader& in) {
    const auto read_session = [](std::uint32_t session) { return SessionId{session}; };
    return {
        .sessions = read_presences("PresenceChanged.sessions", from.sessions(), in),
        .gone = in.list("PresenceChanged.gone", page_entries_max, from.gone(), read_session),
    };
}

Joined read(const v1::Joined& from, FieldReader&) {
    return {
        .channel = ChannelId{from.channel()},
        .channel_epoch = ChannelEpoch{from.channel_epoch()},
        .route = Route{from.route()},
        .frame_ms = from.frame_ms(),
        .members = from.members(),
    };
}

Text read(const v1::Text& from, FieldReader& in) {
    return {
        .id = MessageId{from.id()},
        .channel = ChannelId{from.channel()},
        .session = SessionId{from.session()},
        .name = in.name("Text.name", name_code_points_max, from.name()),
        .text = in.text("Text.text", text_bytes_max, from.text()),
        .unix_ms = from.unix_ms(),
        .author = in.fixed_bytes("Text.author", public_key_bytes, from.author()),
        .edited_unix_ms = from.edited_unix_ms(),
        .deleted = from.deleted(),
    };
}

History read(const v1::History& from, FieldReader& in) {
    return {.channel = ChannelId{from.channel()},
            .texts = in.list("History.texts", page_entries_max, from.texts(),
                             [&in](const v1::Text& text) { return read(text, in); }),
            .more = from.more()};
}

TextAccepted read(const v1::TextAccepted& from, FieldReader&) {
    return {.id = MessageId{from.id()}, .unix_ms = from.unix_ms()};
}

Account read(const v1::Account& from, FieldReader& in) {
    return {.id = AccountId{from.id()},
            .name = in.name("Account.name", name_code_points_max, from.name()),
            .recovery_code =
                in.text("Account.recovery_code", password_bytes_max, from.recovery_code())};
}

Devices read(const v1::Devices& from, FieldReader& in) {
    const auto read_device = [&in](const v1::Device& device) {
        return Device{
            .identity = in.fixed_bytes("Device.identity", public_key_bytes, device.identity()),
            .label = in.name("Device.label", name_code_points_max, device.label()),
            .linked_unix_ms = device.linked_unix_ms(),
        };
    };
    return {
        .account = AccountId{from.account()},
        .name = in.name("Devices.name", name_code_points_max, from.name()),
        .owner = from.owner(),
        .devices = in.list("Devices.devices", account_devices_max, from.devices(), read_device)};
}

ServerBody read_body(const v1::Server& from, FieldReader& in) {
    switch (from.body_case()) {
        case v1::Server::kHello: return read(from.hello(), in);
        case v1::Server::kWelcome: return read(from.welcome(), in);
        case v1::Server::kOk: return Ok{};
        case v1::Server::kError:
            return Refusal{.error = read(from.error(), in), .closing = from.error().closing()};
        case v1::Server::kChannelPage: return read(from.channel_page(), in);
        case v1::Server::kPresencePage: return read(from.presence_page(), in);
        case v1::Server::kSnapshotEnd: return SnapshotEnd{};
        case v1::Server::kPresenceChanged: return read(from.presence_changed(), in);
        case v1::Server::kJoined: return read(from.joined(), in);
        case v1::Server::kMemberKeys: return wire::read(from.member_keys(), in);
        case v1::Server::kMemberJoined: return wire::read(from.member_joined(), in);
        case v1::Server::kMemberLeft: return wire::read(from.member_left(), in);
        case v1::Server::kText: return read(from.text(), in);
        case v1::Server::kTextAccepted: return read(from.text_accepted(), in);
        case v1::Server::kKeyShare: return wire::read(from.key_share(), in);
        case v1::Server::kKeyRequested: return wire::read(from.key_requested(), in);
        case v1::Server::kVoiceTunnel: return wire::read(from.voice_tunnel(), in);
        case v1::Server::kPong: return ControlPong{.token = from.pong().token()};
        case v1::Server::kGoodbye: return Goodbye{.error = read(from.goodbye().error(), in)};
        case v1::Server::kHistory: return read(from.history(), in);
        case v1::Server::kTextChanged: return TextChanged{read(from.text_changed().text(), in)};
        case v1::Server::kAccount: return read(from.account(), in);
        case v1::Server::kDevices: return read(from.devices(), in);
        case v1::Server::kRoles: return wire::read(from.roles(), in);
        case v1::Server::kOverrides: return wire::read(from.overrides(), in);
        case v1::Server::kExplanation: return wire::read(from.explanation(), in);
        case v1::Server::kChannelsChanged: return wire::read(from.channels_changed(), in);
        case v1::Server::kChannelCreated:
            return ChannelCreated{.channel = ChannelId{from.channel_created().channel()}};
        case v1::Server::kMoved: return wire::read(from.moved(), in);
        case v1::Server::kResumed: return read(from.resumed(), in);
        case v1::Server::kBans: return wire::read(from.bans(), in);
        case v1::Server::kAudit: return wire::read(from.audit(), in);
        case v1::Server::kActedOn: return wire::read(from.acted_on(), in);
        case v1::Server::kInviteCreated: return wire::read(from.invite_created(), in);
        case v1::Server::kInvites: return wire::read(from.invites(), in);
        case v1::Server::kAccounts: return wire::read(from.accounts(), in);
        case v1::Server::kDirect: return Direct{wire::read(from.direct().text(), in)};
        case v1::Server::kDirectHistory: return wire::read(from.direct_history(), in);
        case v1::Server::kDirectChanged:
            return DirectChanged{wire::read(from.direct_changed().text(), in)};
        case v1::Server::kUnread: return wire::read(from.unread(), in);
        case v1::Server::kReadChanged: return wire::read(from.read_changed(), in);
        case v1::Server::kWhisperMembers: return wire::read(from.whisper_members(), in);
        case v1::Server::kWhisperChanged: return wire::read(from.whisper_changed(), in);
        case v1::Server::kWhisperOpened: return wire::read(from.whisper_opened(), in);
        case v1::Server::kWhisperClosed: return wire::read(from.whisper_closed(), in);
        case v1::Server::BODY_NOT_SET: break;
    }
    return Unknown{};
}

}  // namespace

Result<ServerMessage> decode_server(ByteView message) {
    v1::Server from;
    if (auto parsed = parse(message, from); !parsed) {
        return std::unexpected(std::move(parsed).error());
    }
    FieldReader in;
    ServerMessage to{.seq = from.seq(), .reply_to = from.reply_to(), .body = read_body(from, in)};
    if (in.failure()) {
        return std::unexpected(*in.failure());
    }
    return to;
}

}  // namespace partyline::wire

// The switchboard's messages on their way out.
#include <array>
#include <cassert>

#include "partyline/v1/control.pb.h"
#include "wire/control.hpp"
#include "wire/control_community.hpp"
#include "wire/control_direct.hpp"
#include "wire/control_fields.hpp"
#include "wire/control_keys.hpp"
#include "wire/control_moderation.hpp"
#include "wire/control_whisper.hpp"
#include "wire/frame.hpp"

namespace partyline::wire {
namespace {

void write_error(const Error& from, v1::Error& to) {
    const auto code = static_cast<int>(from.code);
    // Codes for what happens on one's own machine are nobody else's business.
    to.set_code(v1::Error::Code_IsValid(code) ? static_cast<v1::Error::Code>(code)
                                              : v1::Error::UNSPECIFIED);
    to.set_message(from.message);
    to.set_retry_ms(from.retry_ms);
    to.set_until_unix_ms(from.until_unix_ms);
    to.set_reason(from.reason);
}

void write_presence(const Presence& from, v1::Presence& to) {
    to.set_session(from.session.value);
    to.set_name(from.name);
    to.set_channel(from.channel.value);
    to.set_self_mute(from.self_mute);
    to.set_self_deafen(from.self_deafen);
    to.set_speaking(from.speaking);
    to.set_server_mute(from.server_mute);
    to.set_server_deafen(from.server_deafen);
    to.set_account(from.account);
    to.set_priority(from.priority);
    to.set_recording(from.recording);
}

void write_text(const Text& from, v1::Text& to) {
    to.set_id(from.id.value);
    to.set_channel(from.channel.value);
    to.set_session(from.session.value);
    to.set_name(from.name);
    to.set_text(from.text);
    to.set_unix_ms(from.unix_ms);
    to.set_author(from.author.data(), from.author.size());
    to.set_edited_unix_ms(from.edited_unix_ms);
    to.set_deleted(from.deleted);
}

/// Sets the oneof of `to` to the body it is called with. Does not compile until it knows them all.
struct BodyWriter {
    v1::Server& to;

    void operator()(const Unknown&) const {}

    void operator()(const Hello& from) const {
        auto& hello = *to.mutable_hello();
        hello.set_server_identity(from.server_identity.data(), from.server_identity.size());
        hello.set_signature(from.signature.data(), from.signature.size());
        hello.mutable_versions()->Add(from.versions.begin(), from.versions.end());
        hello.set_server_name(from.server_name);
        auto& limits = *hello.mutable_limits();
        limits.set_name_code_points(from.limits.name_code_points);
        limits.set_text_bytes(from.limits.text_bytes);
        limits.set_frame_bytes(from.limits.frame_bytes);
        limits.set_shares_per_message(from.limits.shares_per_message);
    }

    void operator()(const Welcome& from) const {
        auto& welcome = *to.mutable_welcome();
        welcome.set_session(from.session.value);
        welcome.set_hop_epoch(from.hop_epoch);
        welcome.set_route(from.route.value);
        welcome.set_version(from.version);
        welcome.set_resume_token(from.resume_token.data(), from.resume_token.size());
        welcome.set_resume_seconds(from.resume_seconds);
    }

    void operator()(const Resumed& from) const {
        auto& resumed = *to.mutable_resumed();
        resumed.set_resume_token(from.resume_token.data(), from.resume_token.size());
        resumed.set_hop_epoch(from.hop_epoch);
        resumed.set_route(from.route.value);
        resumed.set_seq(from.seq);
        resumed.set_replayed(from.replayed);
        resumed.set_channel(from.channel.value);
        resumed.set_channel_epoch(from.channel_epoch.value);
        resumed.set_frame_ms(from.frame_ms);
    }

    void operator()(const Ok&) const { to.mutable_ok(); }

    void operator()(const Refusal& from) const {
        auto& error = *to.mutable_error();
        write_error(from.error, error);
        error.set_closing(from.closing);
    }

    void operator()(const ChannelPage& from) const {
        auto& page = *to.mutable_channel_page();
        for (const auto& channel : from.channels) {
            write(channel, *page.add_channels());
        }
    }

    void operator()(const PresencePage& from) const {
        auto& page = *to.mutable_presence_page();
        for (const auto& presence : from.sessions) {
            write_presence(presence, *page.add_sessions());
        }
    }

    void operator()(const SnapshotEnd&) const { to.mutable_snapshot_end(); }

    void operator()(const PresenceChanged& from) const {
        auto& changed = *to.mutable_presence_changed();
        for (const auto& presence : from.sessions) {
            write_presence(presence, *changed.add_sessions());
        }
        for (const auto session : from.gone) {
            changed.add_gone(session.value);
        }
    }

    void operator()(const Joined& from) const {
        auto& joined = *to.mutable_joined();
        joined.set_channel(from.channel.value);
        joined.set_channel_epoch(from.channel_epoch.value);
        joined.set_route(from.route.value);
        joined.set_frame_ms(from.frame_ms);
        joined.set_members(from.members);
    }

    void operator()(const MemberKeys& from) const { write(from, *to.mutable_member_keys()); }
    void operator()(const MemberJoined& from) const { write(from, *to.mutable_member_joined()); }
    void operator()(const MemberLeft& from) const { write(from, *to.mutable_member_left()); }
    void operator()(const Text& from) const { write_text(from, *to.mutable_text()); }

    void operator()(const History& from) const {
        auto& history = *to.mutable_history();
        history.set_channel(from.channel.value);
        for (const auto& text : from.texts) {
            write_text(text, *history.add_texts());
        }
        history.set_more(from.more);
    }

    void operator()(const Account& from) const {
        auto& account = *to.mutable_account();
        account.set_id(from.id.value);
        account.set_name(from.name);
        account.set_recovery_code(from.recovery_code);
    }

    void operator()(const Devices& from) const {
        auto& devices = *to.mutable_devices();
        devices.set_account(from.account.value);
        devices.set_name(from.name);
        devices.set_owner(from.owner);
        for (const auto& device : from.devices) {
            auto& added = *devices.add_devices();
            added.set_identity(device.identity.data(), device.identity.size());
            added.set_label(device.label);
            added.set_linked_unix_ms(device.linked_unix_ms);
        }
    }

    void operator()(const TextChanged& from) const {
        write_text(from.text, *to.mutable_text_changed()->mutable_text());
    }

    void operator()(const TextAccepted& from) const {
        auto& accepted = *to.mutable_text_accepted();
        accepted.set_id(from.id.value);
        accepted.set_unix_ms(from.unix_ms);
    }

    void operator()(const KeyShare& from) const { write(from, *to.mutable_key_share()); }
    void operator()(const KeyRequested& from) const { write(from, *to.mutable_key_requested()); }
    void operator()(const VoiceTunnel& from) const { write(from, *to.mutable_voice_tunnel()); }

    void operator()(const ControlPong& from) const { to.mutable_pong()->set_token(from.token); }

    void operator()(const Goodbye& from) const {
        write_error(from.error, *to.mutable_goodbye()->mutable_error());
    }

    void operator()(const Roles& from) const { write(from, *to.mutable_roles()); }
    void operator()(const Overrides& from) const { write(from, *to.mutable_overrides()); }
    void operator()(const Explanation& from) const { write(from, *to.mutable_explanation()); }
    void operator()(const ChannelsChanged& from) const {
        write(from, *to.mutable_channels_changed());
    }
    void operator()(const ChannelCreated& from) const {
        to.mutable_channel_created()->set_channel(from.channel.value);
    }
    void operator()(const Moved& from) const { write(from, *to.mutable_moved()); }
    void operator()(const Bans& from) const { write(from, *to.mutable_bans()); }
    void operator()(const Audit& from) const { write(from, *to.mutable_audit()); }
    void operator()(const ActedOn& from) const { write(from, *to.mutable_acted_on()); }
    void operator()(const InviteCreated& from) const { write(from, *to.mutable_invite_created()); }
    void operator()(const Invites& from) const { write(from, *to.mutable_invites()); }
    void operator()(const Accounts& from) const { write(from, *to.mutable_accounts()); }
    void operator()(const Direct& from) const {
        write(from.text, *to.mutable_direct()->mutable_text());
    }
    void operator()(const DirectHistory& from) const { write(from, *to.mutable_direct_history()); }
    void operator()(const DirectChanged& from) const {
        write(from.text, *to.mutable_direct_changed()->mutable_text());
    }
    void operator()(const Unread& from) const { write(from, *to.mutable_unread()); }
    void operator()(const ReadChanged& from) const { write(from, *to.mutable_read_changed()); }
    void operator()(const WhisperMembers& from) const {
        write(from, *to.mutable_whisper_members());
    }
    void operator()(const WhisperChanged& from) const {
        write(from, *to.mutable_whisper_changed());
    }
    void operator()(const WhisperOpened& from) const { write(from, *to.mutable_whisper_opened()); }
    void operator()(const WhisperClosed& from) const { write(from, *to.mutable_whisper_closed()); }
};

constexpr auto names = std::to_array<std::string_view>({
    "Unknown",         "Hello",          "Welcome",        "Ok",
    "Error",           "ChannelPage",    "PresencePage",   "SnapshotEnd",
    "PresenceChanged", "Joined",         "MemberKeys",     "MemberJoined",
    "MemberLeft",      "Text",           "TextAccepted",   "KeyShare",
    "KeyRequested",    "VoiceTunnel",    "ControlPong",    "Goodbye",
    "History",         "TextChanged",    "Account",        "Devices",
    "Roles",           "Overrides",      "Explanation",    "ChannelsChanged",
    "ChannelCreated",  "Moved",          "Resumed",        "Bans",
    "Audit",           "InviteCreated",  "Invites",        "Accounts",
    "Direct",          "DirectHistory",  "DirectChanged",  "Unread",
    "ReadChanged",     "WhisperMembers", "WhisperChanged", "WhisperOpened",
    "WhisperClosed",   "ActedOn",
});
static_assert(names.size() == std::variant_size_v<ServerBody>);

/// A protobuf varint: seven bits a byte, lowest first, the top bit set on all but the last.
void append_varint(Bytes& out, std::uint64_t value) {
    for (; value >= 0x80U; value >>= 7U) {
        out.push_back(static_cast<std::byte>((value & 0x7FU) | 0x80U));
    }
    out.push_back(static_cast<std::byte>(value));
}

constexpr std::byte seq_tag{v1::Server::kSeqFieldNumber << 3U};  // wire type 0, a varint

}  // namespace

Bytes encode(const ServerMessage& message) {
    v1::Server to;
    to.set_seq(message.seq);
    to.set_reply_to(message.reply_to);
    std::visit(BodyWriter{to}, message.body);
    return serialise(to);
}

std::string_view name_of(const ServerBody& body) { return names.at(body.index()); }

EncodedEvent::EncodedEvent(const ServerBody& body) : body_(encode(ServerMessage{.body = body})) {}

void EncodedEvent::append_event(Bytes& out, std::uint64_t seq) const {
    const auto start = out.size();
    append_be<std::uint32_t>(out, 0);
    if (seq != 0) {
        out.push_back(seq_tag);
        append_varint(out, seq);
    }
    append(out, body_);
    const auto length = out.size() - start - frame_length_bytes;
    assert(length > 0 && length <= frame_bytes_max);
    store_be(MutableByteView(out).subspan(start), static_cast<std::uint32_t>(length));
}

}  // namespace partyline::wire

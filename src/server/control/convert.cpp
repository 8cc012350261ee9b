#include "server/control/convert.hpp"

#include "crypto/keys.hpp"
#include "server/relay/relay.hpp"
#include "server/room/limits.hpp"
#include "wire/limits.hpp"

namespace partyline::control {

// The room model may include neither the wire nor the relay, and need not: here is where they must agree.
static_assert(room::name_code_points_max == wire::name_code_points_max);
static_assert(room::name_bytes_max == wire::name_bytes_max);
static_assert(room::channel_name_code_points_max == wire::channel_name_code_points_max);
static_assert(room::topic_bytes_max == wire::topic_bytes_max);
static_assert(room::text_bytes_max == wire::text_bytes_max);
static_assert(room::reason_bytes_max == wire::reason_bytes_max);
static_assert(room::password_bytes_max == wire::password_bytes_max);
static_assert(room::devices_per_account_max == wire::account_devices_max);
static_assert(room::bitrate_bps_max == relay::talker_bps_max);
static_assert(crypto::public_key_bytes == wire::public_key_bytes);
static_assert(crypto::signature_bytes == wire::signature_bytes);

wire::Channel to_wire(const room::Channel& channel) {
    return {.id = channel.id,
            .parent = channel.parent,
            .name = channel.name,
            .topic = channel.topic,
            .order = channel.order,
            .icon = channel.icon,
            .bitrate_bps_max = channel.bitrate_bps_max,
            .seats_max = channel.seats_max,
            .slow_mode_s = channel.slow_mode_s,
            .password = channel.password,
            .temporary = channel.temporary};
}

wire::Presence to_wire(const room::Presence& presence) {
    return {.session = presence.session,
            .name = presence.name,
            .channel = presence.channel,
            .self_mute = presence.self_mute,
            .self_deafen = presence.self_deafen,
            .speaking = presence.speaking,
            .server_mute = presence.server_mute,
            .server_deafen = presence.server_deafen,
            .account = presence.account,
            .recording = presence.recording,
            .priority = presence.priority};
}

wire::Member to_wire(const room::Session& session) {
    const auto& keys = session.keys;
    return {.session = session.presence.session,
            .identity = to_bytes(keys.identity),
            .x25519 = to_bytes(keys.x25519),
            .device = {.signature = to_bytes(keys.device.signature),
                       .expiry_unix_ms = keys.device.expiry_unix_ms}};
}

wire::Text to_wire(const room::Message& message, SessionId session) {
    return {.id = message.id,
            .channel = message.channel,
            .session = session,
            .name = message.author_name,
            .text = message.text,
            .unix_ms = message.unix_ms,
            .author = to_bytes(message.author),
            .edited_unix_ms = message.edited_unix_ms,
            .deleted = message.deleted};
}

room::DeviceKey to_room(const wire::DeviceKey& device) {
    return {.signature = to_array<wire::signature_bytes>(device.signature),
            .expiry_unix_ms = device.expiry_unix_ms};
}

room::PeerKeys to_room(const wire::Login& login) {
    return {.identity = to_array<wire::public_key_bytes>(login.identity),
            .x25519 = to_array<wire::public_key_bytes>(login.x25519),
            .device = to_room(login.device)};
}

}  // namespace partyline::control

#include "wire/control_keys.hpp"

#include "wire/limits.hpp"

namespace partyline::wire {

DeviceKey read(const v1::DeviceKey& from, FieldReader& in) {
    return {
        .signature = in.fixed_bytes("DeviceKey.signature", signature_bytes, from.signature()),
        .expiry_unix_ms = from.expiry_unix_ms(),
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

KeyRequest read(const v1::KeyRequest& from, FieldReader& in) {
    return {.speaker = SessionId{from.speaker()},
            .kid = from.kid(),
            .stream = StreamId{in.number("KeyRequest.stream", from.stream(), stream_max)}};
}

GetMemberKeys read(const v1::GetMemberKeys& from, FieldReader& in) {
    const auto read_session = [](std::uint32_t session) { return SessionId{session}; };
    return {.sessions = in.list("GetMemberKeys.sessions", member_keys_request_max, from.sessions(),
                                read_session)};
}

RenewDevice read(const v1::RenewDevice& from, FieldReader& in) {
    return {.device = read(from.device(), in)};
}

Member read(const v1::Member& from, FieldReader& in) {
    return {
        .session = SessionId{from.session()},
        .identity = in.fixed_bytes("Member.identity", public_key_bytes, from.identity()),
        .x25519 = in.fixed_bytes("Member.x25519", public_key_bytes, from.x25519()),
        .device = read(from.device(), in),
    };
}

MemberKeys read(const v1::MemberKeys& from, FieldReader& in) {
    return {
        .channel = ChannelId{from.channel()},
        .channel_epoch = ChannelEpoch{from.channel_epoch()},
        .members = in.list("MemberKeys.members", page_entries_max, from.members(),
                           [&in](const v1::Member& member) { return read(member, in); }),
        .more = from.more(),
    };
}

MemberJoined read(const v1::MemberJoined& from, FieldReader& in) {
    return {
        .channel = ChannelId{from.channel()},
        .channel_epoch = ChannelEpoch{from.channel_epoch()},
        .member = read(from.member(), in),
        .frame_ms = from.frame_ms(),
    };
}

MemberLeft read(const v1::MemberLeft& from, FieldReader& /*in*/) {
    return {
        .channel = ChannelId{from.channel()},
        .channel_epoch = ChannelEpoch{from.channel_epoch()},
        .session = SessionId{from.session()},
        .frame_ms = from.frame_ms(),
    };
}

KeyShare read(const v1::KeyShare& from, FieldReader& in) {
    return {
        .from = SessionId{from.from()},
        .channel = ChannelId{from.channel()},
        .channel_epoch = ChannelEpoch{from.channel_epoch()},
        .stream = StreamId{in.number("KeyShare.stream", from.stream(), stream_max)},
        .generation = from.generation(),
        .step = in.number<std::uint16_t>("KeyShare.step", from.step()),
        .sealed = in.bytes("KeyShare.sealed", share_bytes_max, from.sealed()),
    };
}

KeyRequested read(const v1::KeyRequested& from, FieldReader& in) {
    return {.from = SessionId{from.from()},
            .kid = from.kid(),
            .stream = StreamId{in.number("KeyRequested.stream", from.stream(), stream_max)}};
}

void write(const DeviceKey& from, v1::DeviceKey& to) {
    to.set_signature(from.signature.data(), from.signature.size());
    to.set_expiry_unix_ms(from.expiry_unix_ms);
}

void write(const Member& from, v1::Member& to) {
    to.set_session(from.session.value);
    to.set_identity(from.identity.data(), from.identity.size());
    to.set_x25519(from.x25519.data(), from.x25519.size());
    write(from.device, *to.mutable_device());
}

void write(const ShareKeys& from, v1::ShareKeys& to) {
    to.set_channel(from.channel.value);
    to.set_channel_epoch(from.channel_epoch.value);
    to.set_stream(from.stream.value);
    to.set_generation(from.generation);
    to.set_step(from.step);
    for (const auto& share : from.shares) {
        auto& added = *to.add_shares();
        added.set_to(share.to.value);
        added.set_sealed(share.sealed.data(), share.sealed.size());
    }
}

void write(const KeyRequest& from, v1::KeyRequest& to) {
    to.set_speaker(from.speaker.value);
    to.set_kid(from.kid);
    to.set_stream(from.stream.value);
}

void write(const GetMemberKeys& from, v1::GetMemberKeys& to) {
    for (const auto session : from.sessions) {
        to.add_sessions(session.value);
    }
}

void write(const RenewDevice& from, v1::RenewDevice& to) {
    write(from.device, *to.mutable_device());
}

void write(const MemberKeys& from, v1::MemberKeys& to) {
    to.set_channel(from.channel.value);
    to.set_channel_epoch(from.channel_epoch.value);
    for (const auto& member : from.members) {
        write(member, *to.add_members());
    }
    to.set_more(from.more);
}

void write(const MemberJoined& from, v1::MemberJoined& to) {
    to.set_channel(from.channel.value);
    to.set_channel_epoch(from.channel_epoch.value);
    write(from.member, *to.mutable_member());
    to.set_frame_ms(from.frame_ms);
}

void write(const MemberLeft& from, v1::MemberLeft& to) {
    to.set_channel(from.channel.value);
    to.set_channel_epoch(from.channel_epoch.value);
    to.set_session(from.session.value);
    to.set_frame_ms(from.frame_ms);
}

void write(const KeyShare& from, v1::KeyShare& to) {
    to.set_from(from.from.value);
    to.set_channel(from.channel.value);
    to.set_channel_epoch(from.channel_epoch.value);
    to.set_stream(from.stream.value);
    to.set_generation(from.generation);
    to.set_step(from.step);
    to.set_sealed(from.sealed.data(), from.sealed.size());
}

void write(const KeyRequested& from, v1::KeyRequested& to) {
    to.set_from(from.from.value);
    to.set_kid(from.kid);
    to.set_stream(from.stream.value);
}

}  // namespace partyline::wire

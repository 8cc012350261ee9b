// One example of each kind of control message, with every field set. For tests and for the seeds
// of the fuzz targets; no program includes this.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <vector>

#include "wire/control.hpp"
#include "wire/limits.hpp"

namespace partyline::wire::examples {

/// `size` bytes that count up from `first`, so that two fields that were swapped are seen.
inline Bytes counting_bytes(std::size_t size, unsigned first) {
    Bytes bytes(size);
    for (std::size_t i = 0; i < size; ++i) {
        bytes[i] = static_cast<std::byte>(first + i);
    }
    return bytes;
}

inline DeviceKey device_key() {
    return {.signature = counting_bytes(signature_bytes, 0x40),
            .expiry_unix_ms = 1'700'000'000'123};
}

inline Member member(std::uint32_t session) {
    return {.session = SessionId{session},
            .identity = counting_bytes(public_key_bytes, 0x10),
            .x25519 = counting_bytes(public_key_bytes, 0x80),
            .device = device_key()};
}

inline Presence presence(std::uint32_t session) {
    return {.session = SessionId{session},
            .name = "Ren\u00E9 \U0001F399",
            .channel = ChannelId{3},
            .self_mute = true,
            .self_deafen = true,
            .speaking = true,
            .server_mute = true,
            .server_deafen = true,
            .account = "Ren\u00E9",
            .recording = true,
            .priority = true};
}

inline RoleSettings role_settings() { return {.name = "DJ", .rank = 0xFFFF, .grants = 0x7F'FFFF}; }

inline RoleOverride role_override() { return {.role = RoleId{5}, .allow = 3, .deny = 4}; }

inline Channel channel() {
    return {.id = ChannelId{1},
            .parent = ChannelId{2},
            .name = "Lobby",
            .topic = "Say hello",
            .order = 4,
            .icon = "\U0001F399",
            .bitrate_bps_max = 64'000,
            .seats_max = 12,
            .slow_mode_s = 30,
            .password = true,
            .temporary = true};
}

inline Error error() {
    return {.code = ErrorCode::rate_limited,
            .message = "Wait a moment before the next message.",
            .retry_ms = 1500,
            .until_unix_ms = 1'700'000'000'123,
            .reason = "shouting"};
}

inline Text text() {
    return {.id = MessageId{0x1'0000'0001},
            .channel = ChannelId{3},
            .session = SessionId{7},
            .name = "Ren\u00E9",
            .text = "hello",
            .unix_ms = 1'700'000'000'123,
            .author = counting_bytes(public_key_bytes, 0x10),
            .edited_unix_ms = 1'700'000'000'456,
            .deleted = true};
}

inline Bytes datagram() { return counting_bytes(52, 0x11); }

/// Of client_bodies(): those about roles and rooms.
inline std::vector<ClientBody> community_client_bodies() {
    return {
        GetRoles{},
        CreateRole{.settings = role_settings()},
        EditRole{.role = RoleId{5}, .settings = role_settings()},
        DeleteRole{.role = RoleId{5}},
        GrantRole{.account = "Ren\u00E9", .role = RoleId{5}},
        RevokeRole{.account = "Ren\u00E9", .role = RoleId{5}},
        SetOverride{.channel = ChannelId{3}, .override = role_override()},
        GetOverrides{.channel = ChannelId{3}},
        Explain{.session = SessionId{7},
                .account = "Ren\u00E9",
                .channel = ChannelId{3},
                .permission = 20},
        CreateChannel{.parent = ChannelId{2},
                      .name = "Workshop",
                      .topic = "Sparks",
                      .order = 4,
                      .preset = Preset::staff_only,
                      .temporary = true},
        EditChannel{.channel = ChannelId{3},
                    .name = "Workshop",
                    .topic = "Sparks",
                    .order = 4,
                    .icon = "\U0001F399",
                    .bitrate_bps_max = 64'000,
                    .seats_max = 12,
                    .slow_mode_s = 30,
                    .retention = Retention{.keep = true, .days = 30, .bytes = 0x1'0000'0000},
                    .password = "open sesame"},
        MoveChannel{.channel = ChannelId{3}, .parent = ChannelId{2}, .order = 4},
        DeleteChannel{.channel = ChannelId{3}},
    };
}

inline Person person() {
    return {.session = SessionId{7},
            .identity = counting_bytes(public_key_bytes, 0x10),
            .account = "Ren\u00E9"};
}

inline DirectText direct_text() {
    return {.id = MessageId{0x1'0000'0001},
            .from = person(),
            .from_name = "Ren\u00E9",
            .to = {.account = "Zo\u00EB"},
            .to_name = "Zo\u00EB",
            .text = "hello",
            .unix_ms = 1'700'000'000'123,
            .edited_unix_ms = 1'700'000'000'456,
            .deleted = true};
}

inline RoomUnread room_unread() {
    return {
        .channel = ChannelId{3}, .unread = 12, .mentions = 2, .read_to = MessageId{0x1'0000'0001}};
}

inline PersonUnread person_unread() {
    return {.with = person(),
            .name = "Ren\u00E9",
            .unread = 12,
            .read_to = MessageId{0x1'0000'0001},
            .last = MessageId{0x1'0000'0002}};
}

/// Of client_bodies(): those about keeping order, and those from one person to another.
inline std::vector<ClientBody> personal_client_bodies() {
    return {
        Kick{.session = SessionId{7}, .reason = "shouting"},
        AddBan{.session = SessionId{7},
               .of_identity = true,
               .of_account = true,
               .of_address = true,
               .identity = counting_bytes(public_key_bytes, 0x10),
               .account = "Ren\u00E9",
               .range = "2001:db8::/48",
               .reason = "shouting",
               .seconds = 3600},
        LiftBan{.ban = BanId{0x1'0000'0001}, .reason = "sorry"},
        ListBans{.after = BanId{0x1'0000'0001}},
        SetServerMute{.session = SessionId{7}, .mute = true, .deafen = true, .reason = "shouting"},
        MoveMember{.session = SessionId{7}, .channel = ChannelId{3}, .reason = "wrong room"},
        GetAudit{.before = 0x1'0000'0001, .entries = 20},
        CreateInvite{.role = RoleId{5}, .channel = ChannelId{3}, .uses = 10, .seconds = 3600},
        ListInvites{.after = InviteId{0x1'0000'0001}},
        DeleteInvite{.invite = InviteId{0x1'0000'0001}},
        RedeemInvite{.token = "s8Jq0X7k"},
        ListAccounts{.after = AccountId{0x1'0000'0001}},
        DeleteAccount{.name = "Ren\u00E9"},
        SendDirect{.to = person(), .text = "two\nlines", .nonce = 0xFFFF'FFFF'FFFF'FFFF},
        GetDirect{.with = person(), .before = MessageId{0x1'0000'0001}, .messages = 20},
        GetUnread{},
        MarkRead{.channel = ChannelId{3}, .with = person(), .id = MessageId{0x1'0000'0001}},
        SetWhisper{.stream = StreamId{stream_max},
                   .sessions = {SessionId{7}, SessionId{0xFFFF'FFFF}},
                   .channels = {ChannelId{3}, ChannelId{4}}},
    };
}

inline std::vector<ClientBody> client_bodies() {
    std::vector<ClientBody> bodies{
        Unknown{},
        Login{.identity = counting_bytes(public_key_bytes, 1),
              .x25519 = counting_bytes(public_key_bytes, 0x21),
              .versions = {1, 2},
              .signature = counting_bytes(signature_bytes, 0x41),
              .device = device_key(),
              .name = "Ren\u00E9"},
        Join{.channel = ChannelId{3}, .password = "open sesame"},
        Leave{},
        SetSelfState{.mute = true, .deafen = true},
        SetPriority{.on = true},
        SetRecording{.on = true},
        SendText{.channel = ChannelId{3}, .text = "two\nlines", .nonce = 0xFFFF'FFFF'FFFF'FFFF},
        ShareKeys{.channel = ChannelId{3},
                  .channel_epoch = ChannelEpoch{9},
                  .stream = StreamId{stream_max},
                  .generation = 0xFFFF'FFFF,
                  .step = 0xFFFF,
                  .shares = {{.to = SessionId{7}, .sealed = counting_bytes(72, 0)},
                             {.to = SessionId{8}, .sealed = counting_bytes(72, 0x50)}}},
        KeyRequest{.speaker = SessionId{7}, .kid = 0x1'0002, .stream = StreamId{stream_max}},
        GetMemberKeys{.sessions = {SessionId{7}, SessionId{0xFFFF'FFFF}}},
        RenewDevice{.device = device_key()},
        SetVoiceLane{.lane = VoiceLane::udp},
        VoiceTunnel{.datagram = datagram()},
        ControlPing{.token = 0x0102'0304'0506'0708},
        GetHistory{.channel = ChannelId{3}, .before = MessageId{0x1'0000'0001}, .messages = 20},
        EditText{.id = MessageId{0x1'0000'0001}, .text = "better"},
        DeleteText{.id = MessageId{0x1'0000'0001}},
        ClaimAccount{.name = "Ren\u00E9", .password = "correct horse", .label = "phone"},
        LinkDevice{.name = "Ren\u00E9", .secret = "correct horse", .label = "tablet"},
        UnlinkDevice{.identity = counting_bytes(public_key_bytes, 0x10), .name = "Ren\u00E9"},
        ListDevices{.name = "Ren\u00E9"},
        ChangePassword{
            .current = "correct horse", .password = "battery staple", .name = "Ren\u00E9"},
        BecomeOwner{.token = "7Q2KX-0M9RD-EV4WT-1H8NA"},
        RenewRecoveryCode{.password = "correct horse"},
        Resume{.session = SessionId{7},
               .token = counting_bytes(resume_token_bytes, 0x61),
               .last_seq = 0x1'0000'0002,
               .signature = counting_bytes(signature_bytes, 0x41)},
    };
    std::ranges::move(community_client_bodies(), std::back_inserter(bodies));
    std::ranges::move(personal_client_bodies(), std::back_inserter(bodies));
    return bodies;
}

/// Of server_bodies(): those about accounts, roles and rooms.
inline std::vector<ServerBody> community_server_bodies() {
    return {
        Account{.id = AccountId{0x1'0000'0001},
                .name = "Ren\u00E9",
                .recovery_code = "7Q2KX-0M9RD-EV4WT-1H8NA"},
        Devices{.account = AccountId{0x1'0000'0001},
                .name = "Ren\u00E9",
                .owner = true,
                .devices = {{.identity = counting_bytes(public_key_bytes, 0x10),
                             .label = "phone",
                             .linked_unix_ms = 1'700'000'000'123}}},
        Roles{.roles = {{.role = RoleId{5}, .settings = role_settings(), .built_in = true}}},
        Overrides{.channel = ChannelId{3}, .overrides = {role_override()}},
        Explanation{.holds = true,
                    .steps = {{.rule = 4},
                              {.rule = 5,
                               .role = RoleId{5},
                               .role_name = "DJ",
                               .channel = ChannelId{3},
                               .holds = true}}},
        ChannelsChanged{.channels = {channel()}, .gone = {ChannelId{8}, ChannelId{9}}},
        ChannelCreated{.channel = ChannelId{3}},
        Moved{.channel = ChannelId{3},
              .channel_epoch = ChannelEpoch{9},
              .route = Route{0x1203},
              .frame_ms = 20,
              .members = 2},
    };
}

/// Of server_bodies(): those about keeping order, and those from one person to another.
inline std::vector<ServerBody> personal_server_bodies() {
    return {
        Bans{.bans = {{.id = BanId{0x1'0000'0001},
                       .identity = counting_bytes(public_key_bytes, 0x10),
                       .account = "Ren\u00E9",
                       .range = "203.0.113.0/24",
                       .name = "Ren\u00E9",
                       .reason = "shouting",
                       .by = "Zo\u00EB",
                       .created_unix_ms = 1'700'000'000'123,
                       .until_unix_ms = 1'700'000'000'456}},
             .more = true},
        Audit{.entries = {{.id = 0x1'0000'0001,
                           .unix_ms = 1'700'000'000'123,
                           .actor = "Zo\u00EB",
                           .action = "ban",
                           .target = "Ren\u00E9",
                           .reason = "shouting",
                           .detail = "for 1 h"}},
              .more = true},
        InviteCreated{.invite = InviteId{0x1'0000'0001}, .token = "s8Jq0X7k"},
        Invites{.invites = {{.id = InviteId{0x1'0000'0001},
                             .role = RoleId{5},
                             .channel = ChannelId{3},
                             .uses_left = 9,
                             .until_unix_ms = 1'700'000'000'123,
                             .by = "Zo\u00EB"}},
                .more = true},
        Accounts{.accounts = {{.id = AccountId{0x1'0000'0001},
                               .name = "Ren\u00E9",
                               .owner = true,
                               .roles = {RoleId{5}, RoleId{6}},
                               .devices = 2,
                               .created_unix_ms = 1'700'000'000'123}},
                 .more = true},
        Direct{direct_text()},
        DirectHistory{.with = person(),
                      .name = "Ren\u00E9",
                      .texts = {direct_text(), direct_text()},
                      .more = true},
        DirectChanged{direct_text()},
        Unread{.rooms = {room_unread()}, .people = {person_unread()}},
        ReadChanged{.room = room_unread(), .person = person_unread()},
        WhisperMembers{.stream = StreamId{stream_max},
                       .epoch = ChannelEpoch{0x203},
                       .members = {member(7), member(8)},
                       .more = true},
        WhisperChanged{.stream = StreamId{1},
                       .epoch = ChannelEpoch{0x204},
                       .joined = {member(7)},
                       .left = {SessionId{9}, SessionId{0xFFFF'FFFF}}},
        WhisperOpened{.whisperer = member(7), .name = "Zo\u00EB", .stream = StreamId{1}},
        WhisperClosed{.session = SessionId{7}, .stream = StreamId{1}},
        ActedOn{.act = ActedOn::Act::muted, .reason = "echo", .since_unix_ms = 1'700'000'000'000},
    };
}

inline std::vector<ServerBody> server_bodies() {
    std::vector<ServerBody> bodies{
        Unknown{},
        Hello{.server_identity = counting_bytes(public_key_bytes, 1),
              .signature = counting_bytes(signature_bytes, 0x41),
              .versions = {1, 2},
              .server_name = "The Caf\u00E9",
              .limits = {.name_code_points = name_code_points_max,
                         .text_bytes = text_bytes_max,
                         .frame_bytes = frame_bytes_max,
                         .shares_per_message = shares_per_message_max}},
        Welcome{.session = SessionId{7},
                .hop_epoch = 255,
                .route = Route{0x1203},
                .version = 1,
                .resume_token = counting_bytes(resume_token_bytes, 0x61),
                .resume_seconds = 60},
        Ok{},
        Refusal{.error = error(), .closing = true},
        ChannelPage{.channels = {channel(), {.id = ChannelId{3}, .name = "Workshop"}}},
        PresencePage{.sessions = {presence(7), presence(8)}},
        SnapshotEnd{},
        PresenceChanged{.sessions = {presence(7)}, .gone = {SessionId{8}, SessionId{9}}},
        Joined{.channel = ChannelId{3},
               .channel_epoch = ChannelEpoch{9},
               .route = Route{0x1203},
               .frame_ms = 20,
               .members = 2},
        MemberKeys{.channel = ChannelId{3},
                   .channel_epoch = ChannelEpoch{9},
                   .members = {member(7), member(8)},
                   .more = true},
        MemberJoined{.channel = ChannelId{3},
                     .channel_epoch = ChannelEpoch{9},
                     .member = member(7),
                     .frame_ms = 20},
        MemberLeft{.channel = ChannelId{3},
                   .channel_epoch = ChannelEpoch{9},
                   .session = SessionId{7},
                   .frame_ms = 10},
        text(),
        TextAccepted{.id = MessageId{0x1'0000'0001}, .unix_ms = 1'700'000'000'123},
        KeyShare{.from = SessionId{7},
                 .channel = ChannelId{3},
                 .channel_epoch = ChannelEpoch{9},
                 .stream = StreamId{stream_max},
                 .generation = 0xFFFF'FFFF,
                 .step = 0xFFFF,
                 .sealed = counting_bytes(72, 0)},
        KeyRequested{.from = SessionId{7}, .kid = 0x1'0002, .stream = StreamId{stream_max}},
        VoiceTunnel{.datagram = datagram()},
        ControlPong{.token = 0x0102'0304'0506'0708},
        Goodbye{.error = error()},
        History{.channel = ChannelId{3}, .texts = {text(), text()}, .more = true},
        TextChanged{text()},
        Resumed{.resume_token = counting_bytes(resume_token_bytes, 0x61),
                .hop_epoch = 255,
                .route = Route{0x1203},
                .seq = 0x1'0000'0002,
                .replayed = true,
                .channel = ChannelId{3},
                .channel_epoch = ChannelEpoch{9},
                .frame_ms = 20},
    };
    std::ranges::move(community_server_bodies(), std::back_inserter(bodies));
    std::ranges::move(personal_server_bodies(), std::back_inserter(bodies));
    return bodies;
}

}  // namespace partyline::wire::examples

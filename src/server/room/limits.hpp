// Every bound of the room model. What the wire bounds too is tied to it by the control lane.
#pragma once

#include <cstddef>
#include <cstdint>

namespace partyline::room {

inline constexpr std::size_t name_code_points_max = 32;
inline constexpr std::size_t name_bytes_max = 128;
inline constexpr std::size_t channel_name_code_points_max = 64;
inline constexpr std::size_t topic_bytes_max = 512;
inline constexpr std::size_t text_bytes_max = 4096;

/// A room is crowded from one more than this on, and until fewer than crowded_members_min are left:
/// so that one who comes and goes does not change it every time.
inline constexpr std::size_t uncrowded_members_max = 25;
inline constexpr std::size_t crowded_members_min = 20;

/// What a room can be set to.
inline constexpr std::int64_t retention_days_max = 36'500;
inline constexpr std::int64_t retention_mebibytes_max = 1'000'000;

/// A speaker's rate can be capped at what Opus knows; 0 leaves it free.
inline constexpr std::uint32_t bitrate_bps_min = 6'000;
inline constexpr std::uint32_t bitrate_bps_max = 510'000;
inline constexpr std::uint32_t slow_mode_s_max = 21'600;
inline constexpr std::size_t icon_bytes_max = 32;
inline constexpr std::size_t icon_code_points_max = 8;

/// How many people one text mentions, and how many "@" in it are looked at for that.
inline constexpr std::size_t mentions_max = 16;
inline constexpr std::size_t mentions_tried_max = 32;

inline constexpr std::size_t roles_max = 100;  // the built-in ones among them
inline constexpr std::size_t account_roles_max = 32;
inline constexpr std::size_t invites_max = 256;
inline constexpr std::uint32_t invite_uses_max = 10'000;
inline constexpr std::size_t reserved_names_max = 256;
inline constexpr std::size_t accounts_max = 100'000;
inline constexpr std::size_t devices_per_account_max = 32;
inline constexpr std::size_t password_bytes_min = 8;
inline constexpr std::size_t password_bytes_max = 256;

/// Why somebody was sent away, banned, muted or moved.
inline constexpr std::size_t reason_bytes_max = 512;
inline constexpr std::size_t bans_max = 10'000;
/// So many that have ended make room at a time, however many they are: what bans change is owed by their moderator
/// where the disk takes nothing, and is not to keep them from the next. As each ends once, they get fewer.
inline constexpr std::size_t ended_bans_dropped_max = 2;
inline constexpr std::uint64_t ban_seconds_max = 315'360'000;  // ten years; beyond it: for good
/// Nobody shuts out half the world with one command.
inline constexpr int ban_prefix_bits_min_v4 = 8;
inline constexpr int ban_prefix_bits_min_v6 = 16;
inline constexpr int ban_prefix_bits_max = 128;
inline constexpr std::size_t silences_max = 10'000;
/// Of devices that were muted as an account's and are not its any more: beyond it, or where there is
/// no room for what a moderator does, the oldest of these go.
inline constexpr std::size_t silences_left_max = devices_per_account_max;

/// People in one set of those who are whispered to, and sets that one person is in. Whoever would come
/// beyond either stays out until there is room: so nobody is told of more whisperers than they can read
/// of, however many there are.
inline constexpr std::size_t whisper_members_max = 256;
inline constexpr std::size_t whispers_heard_max = 256;

inline constexpr std::size_t channels_max = 1000;
inline constexpr std::size_t channel_depth_max = 8;
/// What a server can be set to; its own limit is usually far lower.
inline constexpr std::size_t sessions_max = 10'000;
/// How many of a device's texts are remembered, and of how many devices, so that a repeated one is not
/// sent twice.
inline constexpr std::size_t texts_remembered_max = 64;
inline constexpr std::size_t authors_remembered_max = sessions_max;

static_assert(name_code_points_max * 4 <= name_bytes_max, "any code points fit the bytes");

}  // namespace partyline::room

// Every bound on what a peer may put on our wire, in one place. docs/protocol.md tells the same.
#pragma once

#include <cstddef>
#include <cstdint>

namespace partyline::wire {

inline constexpr std::uint32_t protocol_version = 1;
inline constexpr const char* alpn = "partyline/1";
inline constexpr std::uint16_t default_port = 47180;

// Control lane
inline constexpr std::size_t frame_length_bytes = 4;
inline constexpr std::size_t frame_bytes_max = 64 * 1024;  // of the message, without its length
inline constexpr std::size_t public_key_bytes = 32;        // exactly
inline constexpr std::size_t signature_bytes = 64;         // exactly
inline constexpr std::size_t resume_token_bytes = 32;      // exactly
inline constexpr std::size_t name_code_points_max = 32;
inline constexpr std::size_t name_bytes_max = 128;
inline constexpr std::size_t server_name_code_points_max = 64;
inline constexpr std::size_t channel_name_code_points_max = 64;
inline constexpr std::size_t topic_bytes_max = 512;
inline constexpr std::size_t icon_bytes_max = 32;
inline constexpr std::size_t roles_max = 100;  // and what a room says of them
inline constexpr std::size_t explained_steps_max = 16;
inline constexpr std::size_t text_bytes_max = 4096;
inline constexpr std::size_t password_bytes_max = 256;  // of accounts and rooms, and codes
inline constexpr std::size_t account_devices_max = 32;
inline constexpr std::size_t reason_bytes_max = 512;  // of a kick, a ban …
inline constexpr std::size_t audit_detail_bytes_max = 512;
inline constexpr std::size_t audit_action_bytes_max = 32;
inline constexpr std::size_t address_range_bytes_max = 49;  // "ffff:…:255.255.255.255/128"
inline constexpr std::size_t invite_token_bytes_max = 64;
inline constexpr std::size_t moderation_page_entries_max = 32;  // bans, invites, accounts …
inline constexpr std::size_t unread_rooms_max = 1000;
inline constexpr std::size_t unread_people_max = 100;
inline constexpr std::size_t error_message_bytes_max = 1024;
inline constexpr std::size_t page_entries_max =
    64;  // a page of these always fits a frame, see below
inline constexpr std::size_t versions_max = 16;
inline constexpr std::uint8_t stream_max = 7;

// Key shares
inline constexpr std::size_t shares_per_message_max = 400;
inline constexpr std::size_t share_bytes_max = 128;
inline constexpr std::size_t member_keys_request_max = 400;
inline constexpr std::size_t share_on_join_members_max = 64;

// Whispering
inline constexpr std::size_t whisper_sessions_max = 64;  // named one by one, in one set
inline constexpr std::size_t whisper_channels_max = 16;  // named in one set

// Voice datagrams
inline constexpr std::size_t datagram_bytes_max = 1200;
inline constexpr std::size_t uplink_header_bytes = 24;
inline constexpr std::size_t record_header_bytes = 7;  // length, speaker, stream and flags
inline constexpr std::size_t probe_body_bytes = 16;    // ping, pong, challenge, echo
inline constexpr std::size_t record_bytes_max = datagram_bytes_max - uplink_header_bytes;
inline constexpr std::size_t sealed_bytes_max = record_bytes_max - record_header_bytes;

// However long the names are, what is within the limits fits a frame. A code point is at most 4
// bytes; 64 bytes are more than all numbers and tags of an entry take.
inline constexpr std::size_t code_point_bytes_max = 4;
inline constexpr std::size_t entry_overhead_bytes_max = 64;
static_assert(name_bytes_max == name_code_points_max * code_point_bytes_max);
static_assert(page_entries_max * (channel_name_code_points_max * code_point_bytes_max +
                                  topic_bytes_max + icon_bytes_max + entry_overhead_bytes_max) <
              frame_bytes_max);
static_assert(page_entries_max * (name_bytes_max + entry_overhead_bytes_max) +
                  page_entries_max * entry_overhead_bytes_max <
              frame_bytes_max);
static_assert(page_entries_max *
                  (2 * public_key_bytes + signature_bytes + entry_overhead_bytes_max) <
              frame_bytes_max);
static_assert(shares_per_message_max * (share_bytes_max + 16) < frame_bytes_max);
static_assert(roles_max * (name_bytes_max + entry_overhead_bytes_max) < frame_bytes_max);
static_assert(text_bytes_max + 1024 < frame_bytes_max);
// A ban has three names, an audit entry two and maybe a room's.
static_assert(moderation_page_entries_max *
                  (channel_name_code_points_max * code_point_bytes_max + 3 * name_bytes_max +
                   reason_bytes_max + audit_detail_bytes_max + 2 * entry_overhead_bytes_max) <
              frame_bytes_max);
static_assert(unread_rooms_max * 24 + unread_people_max * (2 * name_bytes_max + public_key_bytes +
                                                           entry_overhead_bytes_max) <
              frame_bytes_max);

}  // namespace partyline::wire

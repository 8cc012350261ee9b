// Every bound on the voice lane of the server, in one place.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "wire/limits.hpp"

namespace partyline::relay {

// Threads. The low byte of a route names one.
inline constexpr unsigned threads_max = 64;
inline constexpr std::size_t route_low_byte_offset = 7;  // in the uplink header
inline constexpr std::size_t listen_endpoints_max = 16;

// What one receive call takes, and where it lies until it has been sent on.
inline constexpr std::size_t receive_batch_max = 64;
inline constexpr std::size_t slot_bytes = wire::datagram_bytes_max + 1;  // one more shows a longer
inline constexpr std::size_t slots_per_thread = 1024;
inline constexpr std::size_t socket_buffer_bytes = 8 * 1024 * 1024;
static_assert(slots_per_thread >= 4 * receive_batch_max);

// What one send call hands over.
inline constexpr std::size_t send_datagrams_max = 256;
inline constexpr std::size_t send_slices_max = 1024;
inline constexpr std::size_t replies_max = receive_batch_max;

// Between the control lane and a relay thread.
inline constexpr std::size_t commands_max = 4096;
inline constexpr std::size_t tunnel_up_max = 1024;    // datagrams
inline constexpr std::size_t tunnel_down_max = 4096;  // datagrams

// Bundling. The load of a room is its frames per second times its listeners.
inline constexpr std::size_t pending_records_max = 128;
inline constexpr double gather_load_min = 5'000;
inline constexpr double gather_load_full = 20'000;
inline constexpr std::chrono::milliseconds gather_window_max{5};
inline constexpr std::chrono::milliseconds load_window{250};
static_assert(pending_records_max < send_slices_max);
static_assert(pending_records_max < slots_per_thread);

// Seats and routes.
inline constexpr std::chrono::seconds old_route_lifetime{2};
/// From the first packet under new hop keys on.
inline constexpr std::chrono::seconds old_epoch_lifetime{2};
/// Without an authenticated packet from its address for so long, nothing goes down to a seat.
inline constexpr std::chrono::seconds uplink_silence_max{20};
inline constexpr std::chrono::milliseconds speaking_hold{300};
/// Packets of one seat, over all its routes; a talkie sends at most 100 frames a second, but in bursts after a stall
/// and for a pre-roll.
inline constexpr unsigned packets_per_second_max = 250;
inline constexpr std::chrono::seconds packet_burst{1};  // at packets_per_second_max

/// What each talker may send where its room says nothing, and to those it whispers to: all that Opus
/// knows. A server can be set to less.
inline constexpr std::uint32_t talker_bps_max = 510'000;

/// What a cap caps is the codec's bits, and an encoder meets it on average only: so a talker is let
/// through with half as much again, and beside with what sealing adds to each of the most packets that a
/// talkie sends. Who heeds the cap loses nothing, and who does not is kept near it.
inline constexpr unsigned bitrate_headroom_percent = 150;
inline constexpr unsigned sealing_bytes = 32;  // SFrame's header and tag, and the time
inline constexpr unsigned sealed_packets_per_second = 100;
inline constexpr unsigned sealing_bps = sealing_bytes * 8 * sealed_packets_per_second;
/// Long enough for a stall or a pre-roll, and for a talkie to hear that the cap is lower now.
inline constexpr std::chrono::seconds bitrate_burst{2};

// Proving an address.
inline constexpr std::size_t challenges_max = 2;  // outstanding for one route
inline constexpr std::chrono::seconds challenge_lifetime{5};
inline constexpr std::chrono::milliseconds challenge_gap_min{100};
inline constexpr std::size_t probe_bytes = wire::uplink_header_bytes + wire::probe_body_bytes;

// Loss. Fewer packets than this say nothing yet.
inline constexpr std::uint64_t loss_packets_min = 20;
inline constexpr std::uint16_t permille_max = 1000;

}  // namespace partyline::relay

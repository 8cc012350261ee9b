// Bounds of the network layer.
#pragma once

#include <chrono>
#include <cstddef>

namespace partyline::net {

/// How long one address may take to answer when there is another one to try.
inline constexpr std::chrono::milliseconds connect_patience{2000};
/// Of a name that has more, the rest is not tried.
inline constexpr std::size_t connect_addresses_max = 8;

/// Connections that wait for accept(); the system may allow fewer.
inline constexpr int accept_backlog = 4096;
/// How long accept() rests when the system has no descriptor or memory left for it.
inline constexpr std::chrono::milliseconds accept_rest{100};

/// What the system keeps of one TLS connection beyond what is on its way to the peer. Without this
/// it keeps megabytes for a peer that does not read, which no bound of ours counts, and voice waits
/// behind them.
inline constexpr int unsent_bytes_max = 128 * 1024;

/// Descriptors that one poll_readable() looks at.
inline constexpr std::size_t poll_fds_max = 32;
static_assert(poll_fds_max <= 64);  // one bit each
/// Messages that one sendmmsg() takes (the kernel's UIO_MAXIOV).
inline constexpr std::size_t send_messages_max = 1024;
/// How many errors of earlier sends one receive steps over before it gives up for now.
inline constexpr int pending_errors_max = 8;

}  // namespace partyline::net

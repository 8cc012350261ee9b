// A plain socket of somebody who is up to no good, on loopback.
#pragma once

#include <cstdint>

#include "base/bytes.hpp"
#include "harness/tap.hpp"

namespace partyline::integration {

/// Connects from 127.0.0.`host` (2 to 254) without waiting. `type` is SOCK_STREAM or SOCK_DGRAM. Never
/// blocks. Throws Failure.
harness::Descriptor stranger(int type, std::uint8_t host, std::uint16_t server_port);

/// What a talkie says first on the control lane: a whole TLS ClientHello.
Bytes client_hello();

/// What a process holds in memory that is its own, in kB.
std::size_t resident_kb(int pid);
/// Whether that says anything: a sanitizer keeps what the program lets go, to tell who uses it all the same.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool memory_is_judged = false;
#else
inline constexpr bool memory_is_judged = true;
#endif

}  // namespace partyline::integration

// HKDF-SHA-256 (RFC 5869), for keys of at most one hash's length: all that Partyline derives.
#pragma once

#include "base/bytes.hpp"
#include "crypto/keys.hpp"

namespace partyline::crypto {

inline constexpr std::size_t hkdf_bytes_max = 32;

/// Evens out what `input` knows into a key for hkdf_expand(). No allocation. [any]
Secret<32> hkdf_extract(ByteView salt, ByteView input);

/// Fills `out` (at most hkdf_bytes_max) with the key of this name. No allocation. [any]
void hkdf_expand(const Secret<32>& extracted, ByteView info, MutableByteView out);

/// Both steps, with the empty salt that every derivation of ours has.
Secret<32> hkdf(ByteView input, ByteView info);

}  // namespace partyline::crypto

// Fixed-size keys and the one source of secret randomness.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>

#include "base/bytes.hpp"

namespace partyline::crypto {

inline constexpr std::size_t public_key_bytes = 32;  // Ed25519 and X25519
inline constexpr std::size_t signature_bytes = 64;
inline constexpr std::size_t exporter_bytes = 32;

using PublicKey = std::array<std::byte, public_key_bytes>;
using Signature = std::array<std::byte, signature_bytes>;
using ExporterValue = std::array<std::byte, exporter_bytes>;

/// Bytes that are wiped when they die and never copied by accident. Moving wipes the source.
template <std::size_t Size>
class Secret {
public:
    Secret() = default;
    /// `from` is exactly `Size` bytes.
    explicit Secret(ByteView from);
    ~Secret();
    Secret(Secret&& other) noexcept;
    Secret& operator=(Secret&& other) noexcept;
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;

    /// A copy that is asked for by name.
    [[nodiscard]] Secret clone() const { return Secret(view()); }
    [[nodiscard]] std::span<const std::byte, Size> view() const { return bytes_; }
    [[nodiscard]] std::span<std::byte, Size> mutable_view() { return bytes_; }

private:
    std::array<std::byte, Size> bytes_{};
};

extern template class Secret<16>;
extern template class Secret<32>;
extern template class Secret<64>;

/// Fills `out` from the operating system's generator. [any]
void fill_random(MutableByteView out);

/// Overwrites `bytes` with zeros in a way that no compiler leaves out. [any]
void wipe(MutableByteView bytes);

/// Whether the two are alike, in a time that tells only their lengths. [any]
bool equal_in_constant_time(ByteView a, ByteView b);

/// SHA-256 of a public key in base64url: how a server's identity is shown, typed and pinned.
std::string fingerprint(const PublicKey& key);

}  // namespace partyline::crypto

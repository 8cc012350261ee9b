// Byte spans, big-endian numbers, hex and base64url: what every format on our wire is made of.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace partyline {

using Bytes = std::vector<std::byte>;
using ByteView = std::span<const std::byte>;
using MutableByteView = std::span<std::byte>;

/// The bytes of a text, without copying it.
inline ByteView as_bytes(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

/// The text whose bytes these are, without copying them.
inline std::string_view as_text(ByteView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline Bytes to_bytes(ByteView view) { return Bytes(view.begin(), view.end()); }

/// Writes `value` big-endian at the start of `out`, which must have room for it.
template <std::unsigned_integral T>
constexpr void store_be(MutableByteView out, T value) {
    for (std::size_t i = sizeof(T); i-- > 0;) {
        out[i] = static_cast<std::byte>(value & 0xFFU);
        if constexpr (sizeof(T) > 1) {
            value = static_cast<T>(value >> 8U);
        }
    }
}

/// Reads a big-endian number from the start of `in`, which must be long enough.
template <std::unsigned_integral T>
constexpr T load_be(ByteView in) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) {
        value = (value << 8U) | std::to_integer<std::uint64_t>(in[i]);
    }
    return static_cast<T>(value);
}

template <std::unsigned_integral T>
void append_be(Bytes& out, T value) {
    std::array<std::byte, sizeof(T)> buffer{};
    store_be<T>(buffer, value);
    out.insert(out.end(), buffer.begin(), buffer.end());
}

inline void append(Bytes& out, ByteView bytes) {
    out.insert(out.end(), bytes.begin(), bytes.end());
}

/// Lower-case hexadecimal.
std::string to_hex(ByteView bytes);
/// Empty unless `text` is an even number of hexadecimal digits.
std::optional<Bytes> from_hex(std::string_view text);

/// base64url without padding (RFC 4648 section 5): how fingerprints are shown and typed.
std::string to_base64url(ByteView bytes);
/// Empty unless `text` is exact, unpadded base64url.
std::optional<Bytes> from_base64url(std::string_view text);

}  // namespace partyline

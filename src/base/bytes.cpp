#include "base/bytes.hpp"

namespace partyline {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::string_view base64url_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::optional<unsigned> hex_value(char digit) {
    if (digit >= 'A' && digit <= 'F') {
        digit = static_cast<char>(digit - 'A' + 'a');
    }
    const auto at = hex_digits.find(digit);
    if (at == std::string_view::npos) {
        return std::nullopt;
    }
    return static_cast<unsigned>(at);
}

}  // namespace

std::string to_hex(ByteView bytes) {
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const auto byte : bytes) {
        const auto value = std::to_integer<unsigned>(byte);
        text += hex_digits[value >> 4U];
        text += hex_digits[value & 0xFU];
    }
    return text;
}

std::optional<Bytes> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) {
        return std::nullopt;
    }
    Bytes bytes;
    bytes.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const auto high = hex_value(text[i]);
        const auto low = hex_value(text[i + 1]);
        if (!high || !low) {
            return std::nullopt;
        }
        bytes.push_back(static_cast<std::byte>((*high << 4U) | *low));
    }
    return bytes;
}

std::string to_base64url(ByteView bytes) {
    std::string text;
    text.reserve((bytes.size() * 4 + 2) / 3);
    std::uint32_t pending = 0;
    unsigned bits = 0;
    for (const auto byte : bytes) {
        pending = (pending << 8U) | std::to_integer<std::uint32_t>(byte);
        bits += 8;
        while (bits >= 6) {
            bits -= 6;
            text += base64url_digits[(pending >> bits) & 0x3FU];
        }
    }
    if (bits > 0) {
        text += base64url_digits[(pending << (6 - bits)) & 0x3FU];
    }
    return text;
}

std::optional<Bytes> from_base64url(std::string_view text) {
    if (text.size() % 4 == 1) {
        return std::nullopt;
    }
    Bytes bytes;
    bytes.reserve(text.size() * 3 / 4);
    std::uint32_t pending = 0;
    unsigned bits = 0;
    for (const char digit : text) {
        const auto value = base64url_digits.find(digit);
        if (value == std::string_view::npos) {
            return std::nullopt;
        }
        pending = (pending << 6U) | static_cast<std::uint32_t>(value);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            bytes.push_back(static_cast<std::byte>((pending >> bits) & 0xFFU));
        }
    }
    // Left-over bits that are not zero would give two spellings of one value.
    if ((pending & ((1U << bits) - 1U)) != 0) {
        return std::nullopt;
    }
    return bytes;
}

}  // namespace partyline

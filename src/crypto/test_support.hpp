// What this folder's tests share. Tests run in the checkout's top folder.
#pragma once

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>

#include "base/bytes.hpp"
#include "base/random.hpp"
#include "crypto/keys.hpp"

namespace partyline::crypto {

/// True in `./run test --full`, where counts are large.
inline bool full_suite() {
    const char* full = std::getenv("PARTYLINE_FULL");
    return full != nullptr && std::string_view(full) == "1";
}

inline nlohmann::json load_vectors(const std::string& name) {
    std::ifstream file("tests/data/" + name);
    return nlohmann::json::parse(file);
}

inline std::string text_field(const nlohmann::json& vector, const char* field) {
    return vector.at(field).get<std::string>();
}

/// The bytes of a hexadecimal field.
inline Bytes hex_field(const nlohmann::json& vector, const char* field) {
    auto bytes = from_hex(text_field(vector, field));
    if (!bytes) {
        throw std::runtime_error(std::string(field) + " is not hexadecimal");
    }
    return *bytes;
}

/// The same for one of the fixed-size types.
template <class Array>
Array array_field(const nlohmann::json& vector, const char* field) {
    const auto bytes = hex_field(vector, field);
    Array array{};
    if (bytes.size() != array.size()) {
        throw std::runtime_error(std::string(field) + " has another size");
    }
    std::ranges::copy(bytes, array.begin());
    return array;
}

inline Secret<32> secret_field(const nlohmann::json& vector, const char* field) {
    return Secret<32>(hex_field(vector, field));
}

inline Bytes random_bytes(Random& random, std::size_t size) {
    Bytes bytes(size);
    for (auto& byte : bytes) {
        byte = static_cast<std::byte>(random.next() & 0xFFU);
    }
    return bytes;
}

inline PublicKey filled_key(std::uint8_t value) {
    PublicKey key{};
    key.fill(std::byte{value});
    return key;
}

inline void flip_bit(MutableByteView bytes, std::size_t bit) {
    bytes[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
}

}  // namespace partyline::crypto

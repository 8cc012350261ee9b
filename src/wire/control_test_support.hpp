// For tests of the control messages: there and back, and as protobuf writes them.
#pragma once

#include <gtest/gtest.h>

#include <stdexcept>
#include <variant>

#include "base/bytes.hpp"
#include "wire/control.hpp"

namespace partyline::wire {

inline Result<ClientMessage> decode_as(const ClientMessage&, ByteView bytes) {
    return decode_client(bytes);
}
inline Result<ServerMessage> decode_as(const ServerMessage&, ByteView bytes) {
    return decode_server(bytes);
}

template <class Message>
void expect_round_trip(const Message& message) {
    const auto decoded = decode_as(message, encode(message));
    ASSERT_TRUE(decoded) << name_of(message.body) << ": " << decoded.error().message;
    EXPECT_TRUE(*decoded == message) << name_of(message.body);
}

/// The bytes of a generated message.
template <class Generated>
Bytes serialised(const Generated& message) {
    const auto text = message.SerializeAsString();
    return to_bytes(as_bytes(text));
}

/// The example of this kind among all of them.
template <class Body>
Body example_of(const auto& bodies) {
    for (const auto& body : bodies) {
        if (const auto* found = std::get_if<Body>(&body)) {
            return *found;
        }
    }
    throw std::logic_error("no such example");
}

}  // namespace partyline::wire

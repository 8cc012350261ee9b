// Between the room model's types and the wire's.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "server/room/events.hpp"
#include "server/room/model.hpp"
#include "wire/control.hpp"

namespace partyline::control {

wire::Channel to_wire(const room::Channel& channel);
wire::Presence to_wire(const room::Presence& presence);
wire::Member to_wire(const room::Session& session);
wire::Text to_wire(const room::Message& message, SessionId session);

room::DeviceKey to_room(const wire::DeviceKey& device);
room::PeerKeys to_room(const wire::Login& login);

/// The array of exactly this size that decoding has made sure of.
template <std::size_t Size>
std::array<std::byte, Size> to_array(const Bytes& bytes) {
    std::array<std::byte, Size> array{};
    std::ranges::copy_n(bytes.begin(), std::ssize(array), array.begin());
    return array;
}

}  // namespace partyline::control

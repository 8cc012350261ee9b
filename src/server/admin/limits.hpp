// Every bound of the HTTP side. How long accept() rests without descriptors is the network layer's.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/clock.hpp"

namespace partyline::admin {

struct Limits {
    std::size_t connections = 64;
    std::uint32_t header_bytes = 8 * 1024;  // of the request line and the header fields
    std::uint64_t body_bytes = 1024;        // nothing here wants a body, but some clients send one
    Duration request =
        std::chrono::seconds(10);  // from one answer, or connecting, to the next request's end
    Duration answer = std::chrono::seconds(10);  // for an answer to be read
};

}  // namespace partyline::admin

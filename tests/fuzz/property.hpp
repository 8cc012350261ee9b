// How a fuzz target says that something that must hold does not: it aborts, and libFuzzer keeps the
// input.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>

#include "base/bytes.hpp"

namespace partyline::fuzz {

inline void must(bool holds, const char* property) {
    if (!holds) {
        std::fprintf(stderr, "broken property: %s\n", property);
        std::abort();
    }
}

/// libFuzzer's input as ours.
inline ByteView input(const std::uint8_t* data, std::size_t size) {
    return std::as_bytes(std::span(data, size));
}

inline bool equal(ByteView a, ByteView b) { return as_text(a) == as_text(b); }

}  // namespace partyline::fuzz

// Whether what a sniffer has is worth anything to it.
#pragma once

#include <cstddef>

#include "base/bytes.hpp"
#include "crypto/keys.hpp"
#include "demo/conversation.hpp"
#include "wire/datagram.hpp"

namespace partyline::demo {

struct WireCheck {
    std::size_t records = 0;           // sealed frames that were captured
    double entropy_bits = 0;           // of 8
    double deviations = 0;             // chi-squared, from what noise would show
    std::size_t repeated_runs = 0;     // of 8 bytes, among each other and with the plain Opus
    double decoded_correlation = 0;    // with the speech, decoded as if it were Opus
    std::size_t opened_by_chance = 0;  // with random keys
    bool opaque = false;               // all of the above is as it should be
};

/// Whether this sender key of a speaker opens this record of it.
bool opens(const wire::Record& record, const crypto::PublicKey& server_id, ByteView sender_key);

WireCheck check_wire(const Evidence& evidence);

}  // namespace partyline::demo

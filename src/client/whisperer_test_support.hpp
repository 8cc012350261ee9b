// For tests: somebody who speaks to the room and whispers, with a key for each stream.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>

#include "base/bytes.hpp"
#include "base/ids.hpp"
#include "client/test_support.hpp"
#include "crypto/receiver_keys.hpp"
#include "crypto/sender_key.hpp"
#include "crypto/sframe.hpp"
#include "wire/datagram.hpp"

namespace partyline::client::test {

inline constexpr StreamId to_room{};
inline constexpr StreamId one{1};
inline constexpr StreamId two{2};

/// Each stream's key is of another seed.
inline crypto::SenderKeyMaterial key_of(StreamId stream, std::uint32_t generation = 1) {
    return key_of(generation, 0, static_cast<std::uint8_t>(40 + stream.value));
}

struct Whisperer {
    explicit Whisperer(std::uint32_t session = 2) : talker(session) {
        for (const auto stream : {to_room, one, two}) {
            talker.sender().set_key(key_of(stream), stream);
            talker.sender().set_open(true, stream);
        }
    }
    VoiceSender& sender() { return talker.sender(); }

    Talker talker;
};

/// A record, opened by the key of the stream that it says it is of.
struct Opened {
    StreamId stream;
    std::uint64_t counter = 0;
    bool ends_spurt = false;
};

inline Opened open(ByteView downlink) {
    const auto record = wire::DownlinkRecords::parse(downlink)->next().value();
    const auto header = crypto::parse_sframe_header(record.sealed)->header;
    const auto key = key_of(record.stream(), crypto::generation_of(header.kid));
    EXPECT_TRUE(open_record(record, key).has_value());
    return {
        .stream = record.stream(), .counter = header.counter, .ends_spurt = record.ends_spurt()};
}

}  // namespace partyline::client::test

// protobuf's wire format as a list of fields, without any schema: what the control target's mutator
// changes, so that most of what it makes gets past the parser.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "base/random.hpp"

namespace partyline::fuzz {

enum class WireType : std::uint8_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

struct Field {
    std::uint32_t number = 0;
    WireType type = WireType::varint;
    std::uint64_t value = 0;  // varint, fixed64, fixed32
    Bytes bytes;              // a text, bytes, packed numbers or a message
    bool operator==(const Field&) const = default;
};

/// Nothing unless the bytes are whole fields to the end.
std::optional<std::vector<Field>> parse_fields(ByteView bytes);
Bytes write_fields(const std::vector<Field>& fields);

/// Changes raw bytes in place of the mutator; libFuzzer's own in a target.
using MutateBytes = std::function<void(Bytes& bytes)>;

/// Makes one change somewhere in the tree of fields.
void mutate(std::vector<Field>& fields, Random& random, const MutateBytes& mutate_bytes);

}  // namespace partyline::fuzz

// What a perfect network would have delivered: the same speech through the same codec, with nothing
// in between.
#pragma once

#include <vector>

#include "base/bytes.hpp"

namespace partyline::demo {

struct CodecReference {
    std::vector<float> decoded;  // as long as what was said; silence where nothing is sent
    std::vector<Bytes> packets;  // those that are sent
};

/// `said` in whole frames, from the first that was captured on. Throws harness::Failure.
CodecReference through_codec(const std::vector<float>& said);

/// What Opus makes of bytes that need not be Opus at all, one packet after the other.
std::vector<float> decode_anything(const std::vector<ByteView>& packets);

}  // namespace partyline::demo

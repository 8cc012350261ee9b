// Whether bytes from the wire look like noise: statistics, nothing else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.hpp"

namespace partyline::demo {

/// How unevenly the 256 byte values occur, in standard deviations from what random bytes would
/// show: within ±5 for noise, hundreds for anything a codec writes. Needs some 1,000 bytes.
double chi_squared_deviations(const std::vector<ByteView>& pieces);

/// Shannon entropy of the byte values, at most 8 bits.
double entropy_bits(const std::vector<ByteView>& pieces);

inline constexpr std::size_t run_bytes = 8;

/// How many runs of 8 bytes of `pieces` occur a second time in `pieces` or at all in `known`. With
/// noise of a megabyte the chance of a single one is one in ten million.
std::size_t repeated_runs(const std::vector<ByteView>& pieces,
                          const std::vector<ByteView>& known = {});

}  // namespace partyline::demo

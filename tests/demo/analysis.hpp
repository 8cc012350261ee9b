// What was heard, compared with what was said: arithmetic on samples, nothing else.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace partyline::demo {

using Samples = std::span<const float>;

/// Where a piece of sound was found in another.
struct Match {
    std::size_t position = 0;  // of the piece's first sample
    double correlation = 0;    // normalised: 1 is the same shape, 0 is nothing in common
};

/// The best place for `piece` in `where`, its start anywhere in [from, to). Silence beyond both
/// ends of `where`. Exact to a sample: looked for at an eighth of the rate first, then around.
Match find(Samples piece, Samples where, std::size_t from, std::size_t to);

/// Scale-invariant signal-to-distortion ratio in dB: how far `heard` is from being `reference` made
/// louder or softer. At most si_sdr_max_db, for what is the same to the last bit.
double si_sdr_db(Samples reference, Samples heard);
inline constexpr double si_sdr_max_db = 120;

/// Root mean square, full scale 1.
double level(Samples samples);
double level_db(Samples samples);
/// Whether every sample is exactly 0.
bool is_digital_silence(Samples samples);

/// The value that `percent` of all are at or below (nearest rank). Not for an empty list.
double percentile(std::vector<double> values, double percent);
inline double median(std::vector<double> values) { return percentile(std::move(values), 50); }

}  // namespace partyline::demo

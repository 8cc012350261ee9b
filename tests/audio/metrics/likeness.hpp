// How much of a talker is left in what a chain made of the microphone: each measure compares the clean
// recording with what is heard. Both are 48 kHz and as long as each other, and neither is late.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <utility>

namespace partyline::metrics {

using Sound = std::span<const float>;

/// How many samples `heard` is late against `clean`, from `least` to `most` (which may be negative).
std::ptrdiff_t lag_samples(Sound clean, Sound heard, std::ptrdiff_t least, std::ptrdiff_t most);

/// Both without what the lag leaves hanging over.
std::pair<Sound, Sound> aligned(Sound clean, Sound heard, std::ptrdiff_t lag_samples);

/// Short-time objective intelligibility (Taal et al. 2011): about 0 for unrelated sounds, 1 for equal
/// ones. Nothing where there is less than 0.4 s of speech. `rate_hz` is that of both sounds.
std::optional<double> stoi(Sound clean, Sound heard, unsigned rate_hz);
std::optional<double> stoi(Sound clean, Sound heard);

/// The power of what a filter of 256 taps at 16 kHz makes of `clean`, over that of the rest, in dB:
/// colouring by high-pass filters and equalisers is forgiven. Nothing where `clean` is silent.
std::optional<double> filtered_sdr_db(Sound clean, Sound heard);

/// The root mean square over 0 to 8 kHz of the difference between the two spectra in dB, averaged over
/// the frames (21 ms) with speech. Loudness as a whole does not count. Nothing where one is silent.
std::optional<double> log_spectral_distance_db(Sound clean, Sound heard);

}  // namespace partyline::metrics

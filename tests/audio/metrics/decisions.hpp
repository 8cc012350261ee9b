// How well a chain tells speech from all else, and what echo and clicks it leaves.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "audio/metrics/level.hpp"

namespace partyline::metrics {

struct VoiceScore {
    double recall = 0;          // of the frames of speech, how many were taken for speech
    double false_accept = 0;    // of the frames in pauses, how many were
    double clipped_starts = 0;  // of the starts of talk after a pause, how many lost something
    std::size_t starts = 0;
};

/// The frame of each stretch of speech between two pauses where its first syllable begins. The first frame at most
/// 10 dB below the stretch's active level is of that syllable's vowel. From there it reaches back over all that is at
/// most 20 dB below the level, and over gaps of 100 ms, which a closed mouth makes before a sound. What is before
/// is breath, which nobody misses. `clean` is band_limited(), `truth` is activity() of the same.
std::vector<std::size_t> first_syllables(std::span<const float> clean,
                                         std::span<const Activity> truth);

/// `sent` says for each frame of the recording whether its sound goes out. A start is clipped if any
/// frame of speech in its first 150 ms does not.
VoiceScore voice_score(std::span<const Activity> truth, std::span<const std::size_t> starts,
                       const std::vector<bool>& sent);

/// Echo return loss enhancement: by how much a chain lowers what the microphone hears while only the
/// far end speaks. Its output lags by `lag_samples`; `window` counts on the microphone's side.
double erle_db(std::span<const float> microphone, std::span<const float> out, Window window,
               std::size_t lag_samples);

}  // namespace partyline::metrics

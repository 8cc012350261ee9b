// What the demo promises, and what it counts as heard.
#pragma once

#include <chrono>
#include <cstddef>

#include "dsp/format.hpp"

namespace partyline::demo {

inline constexpr double mouth_to_ear_ms_median_max = 45;
inline constexpr double mouth_to_ear_ms_p99_max = 70;
inline constexpr double si_sdr_db_min = 25;

/// By how much the capture chain's normal mode makes a voice late: docs/audio.md says so to people.
inline constexpr double chain_delay_ms = 29;
/// A spurt may begin one frame later than another: whoever listens plays in steps of 10 ms.
inline constexpr double chain_growth_allowance_ms = dsp::frame_ms;
/// The chain sends the beginnings of words in bursts, which are played faster than they were said: windows
/// with one of these in them are not always found. So many are enough to be timed by.
inline constexpr double chain_heard_share_min = 0.5;

/// Speech is judged in windows of 1 s, one every half second, where somebody really speaks.
inline constexpr std::size_t window_samples = dsp::sample_rate_hz;
inline constexpr std::size_t window_step_samples = dsp::sample_rate_hz / 2;
inline constexpr double speech_level_db_min = -45;
/// A window counts as heard if it is found within this delay with at least this likeness.
inline constexpr std::chrono::milliseconds delay_max{250};
inline constexpr double heard_correlation_min = 0.6;
/// A talk counts as heard if so many of its windows are.
inline constexpr double heard_share_min = 0.95;
/// Or all but the two that one change of delay spoils, where there are at least so many.
inline constexpr std::size_t change_windows_min = 8;

/// What followed_share() looks for: so short that a change of delay spoils only a few, and so long that
/// other words are not like it.
inline constexpr std::size_t piece_samples = dsp::sample_rate_hz / 10;
/// Whoever comes out to this share can be followed. A listener whose machine stalls for a frame every
/// tenth of a second still gets more, and other words, or these in another order, get far less.
inline constexpr double followed_share_min = 0.35;

/// What decodes to something this unlike speech is noise.
inline constexpr double noise_correlation_max = 0.3;
inline constexpr double noise_deviations_max = 5;

}  // namespace partyline::demo

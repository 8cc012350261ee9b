// What disturbs: a fan, a keyboard, the microphone itself; and levels.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "audio/scenes/recordings.hpp"
#include "base/random.hpp"

namespace partyline::scenes {

/// The active level of all speech, unless a scene is about levels.
inline constexpr double speech_dbfs = -26;

double normal(Random& random);

/// A ventilator: broadband noise that falls with frequency, and the hum of its blades, slowly swelling.
/// Its RMS is 1.
std::vector<float> fan_noise(std::size_t samples, Random& random);

/// Somebody types: words of some keys, then a pause. Its RMS is 1.
std::vector<float> keyboard_noise(std::span<const Key> keys, std::size_t samples, Random& random);

/// White, of this level.
std::vector<float> microphone_noise(double dbfs, std::size_t samples, Random& random);

void set_active_level(std::vector<float>& speech, double dbfs);

/// sound += other * gain.
void add(std::vector<float>& sound, std::span<const float> other, double gain_db);

/// As a converter does: nothing beyond full scale.
void clip(std::vector<float>& sound);

}  // namespace partyline::scenes

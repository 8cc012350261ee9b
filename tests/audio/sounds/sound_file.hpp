// Sound files as they are: whole, at once.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace partyline::sounds {

/// All of a sound file at 48 kHz mono, as the talkies' own reader has it. The last frame of 10 ms is
/// filled up with silence.
Result<std::vector<float>> read_sound(const std::string& path);

/// A .wav file of 32-bit floats at 48 kHz, mono.
Result<void> write_sound(const std::string& path, std::span<const float> samples);

}  // namespace partyline::sounds

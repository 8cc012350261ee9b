// The speech that the talkies speak, and what their microphones are fed with.
#pragma once

#include <string>
#include <vector>

namespace partyline::demo {

/// All of a sound file at 48 kHz mono, as the talkies' own reader has it. Throws harness::Failure.
std::vector<float> read_sound(const std::string& path);

/// One of the LibriVox recordings that Debian's pocketsphinx-testdata brings; `number` as in its
/// file name. Throws harness::Failure, with what to install.
std::vector<float> read_recording(const std::string& number);

/// A .wav file of 32-bit floats at 48 kHz, mono. Throws harness::Failure.
void write_sound(const std::string& path, const std::vector<float>& samples);

}  // namespace partyline::demo

// How many channels a sound file is written with.
#pragma once

#include <cstdint>

namespace partyline::audio {

enum class Channels : std::uint8_t { mono = 1, stereo = 2 };

}  // namespace partyline::audio

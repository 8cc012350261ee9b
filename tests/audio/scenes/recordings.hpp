// The real recordings that mixtures are made of, all from Debian packages.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/random.hpp"

namespace partyline::scenes {

/// Tuning has to be done on other recordings than those that the figures are told of.
enum class Half : std::uint8_t { scoring, tuning };

enum class Extent : std::uint8_t {
    demo,  // what the demo has too: half a minute of one reader, no keyboard
    all,
};

/// A key going down and coming up.
struct Key {
    std::vector<float> press;
    std::vector<float> release;
};

/// Files of speech by language; of each one half of the recordings, or all where there are few.
struct Recordings {
    std::vector<std::vector<std::string>> speech;
    std::vector<Key> keys;  // none with Extent::demo
};

/// Looks below `share`, which is /usr/share unless the packages were unpacked elsewhere. Says which
/// package is missing.
Result<Recordings> find_recordings(const std::string& share, Extent extent, Half half);

/// Who speaks in a scene: of each language, some recordings for the near end and others for the far.
struct Voices {
    std::vector<std::vector<std::string>> near;
    std::vector<std::vector<std::string>> far;
};
Voices cast_voices(const Recordings& recordings, Random& random);

struct Sequence {
    double seconds = 0;
    double pause_seconds_min = 0;
    double pause_seconds_max = 0;
};

/// One recording after the other, from each language in turn, each brought to an active level of
/// -26 dBFS. Begins with a pause.
Result<std::vector<float>> speech(const std::vector<std::vector<std::string>>& files,
                                  const Sequence& sequence, Random& random);

}  // namespace partyline::scenes

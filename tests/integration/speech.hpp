// Files for microphones of tests: real speech, since a codec may take anything else for noise.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "demo/recordings.hpp"
#include "harness/scratch.hpp"

namespace partyline::integration {

/// A .wav file of these recordings (numbers of demo::read_recording) after half a second of
/// silence.
inline std::string speech_file(const harness::Scratch& scratch, const std::string& name,
                               const std::vector<std::string>& recordings) {
    const auto path = scratch.path(name);
    if (std::filesystem::exists(path)) {
        return path;  // somebody may be speaking it: written anew, it would end for them
    }
    std::vector<float> samples(24'000);
    for (const auto& number : recordings) {
        const auto one = demo::read_recording(number);
        samples.insert(samples.end(), one.begin(), one.end());
    }
    demo::write_sound(path, samples);
    return path;
}

/// 3 s of speech.
inline std::string short_speech(const harness::Scratch& scratch) {
    return speech_file(scratch, "short.wav", {"0880"});
}
/// 25 s of speech: longer than any test.
inline std::string long_speech(const harness::Scratch& scratch) {
    return speech_file(scratch, "long.wav", {"0870", "0890", "0920", "0930", "0880"});
}

}  // namespace partyline::integration

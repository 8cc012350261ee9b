#include "demo/recordings.hpp"

#include <filesystem>
#include <format>
#include <utility>

#include "audio/sounds/sound_file.hpp"
#include "harness/failure.hpp"

namespace partyline::demo {

using harness::Failure;

std::vector<float> read_sound(const std::string& path) {
    auto samples = sounds::read_sound(path);
    if (!samples) {
        throw Failure(samples.error().message);
    }
    return *std::move(samples);
}

std::vector<float> read_recording(const std::string& number) {
    const auto path = std::format(
        "/usr/share/pocketsphinx/test/data/librivox/sense_and_sensibility_01_austen_64kb-{}.wav",
        number);
    if (!std::filesystem::exists(path)) {
        throw Failure(path + " is missing; Debian's package pocketsphinx-testdata has it");
    }
    return read_sound(path);
}

void write_sound(const std::string& path, const std::vector<float>& samples) {
    if (const auto written = sounds::write_sound(path, samples); !written) {
        throw Failure(written.error().message);
    }
}

}  // namespace partyline::demo

// Which of the devices there are is meant by a name.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace partyline::audio {

enum class Direction : unsigned char { capture, playback };

struct DeviceName {
    std::string name;  // for people: "Built-in Audio Analog Stereo"
    std::string id;    // for scripts, where the backend has one: "alsa_input.pci-0000_00_1f.3"
};

/// The position of the device that `wanted` names: by id, by name, or by a part of the name that
/// only one has; case does not matter. Nothing if none, or more than one, is meant.
std::optional<std::size_t> pick_device(std::span<const DeviceName> devices,
                                       std::string_view wanted);

/// "microphone" or "speaker".
std::string_view word_for(Direction direction);

/// What to tell somebody whose choice is not there, with those that are.
Error no_such_device(Direction direction, std::string_view wanted,
                     std::span<const DeviceName> devices);
/// What to tell somebody whose choice, or the system's if `wanted` is empty, is there and does not run.
Error cannot_open(Direction direction, std::string_view wanted, std::string_view why);

}  // namespace partyline::audio

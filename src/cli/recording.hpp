// Lines of input about recording the room.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/error.hpp"
#include "client/talkie.hpp"

namespace partyline::cli {

/// What is said in the room, to files in this folder.
struct StartRecording {
    std::string folder;
    std::optional<client::RecordingFormat> format = {};  // or as the command line had it
    bool operator==(const StartRecording&) const = default;
};
struct StopRecording {
    bool operator==(const StopRecording&) const = default;
};
using Recording = std::variant<StartRecording, StopRecording>;

/// What stands after `record`: "off", or a folder, which may have "--format flac" or "--format opus" before it. Fails
/// with malformed, saying what it could have been.
Result<Recording> parse_recording(std::string_view argument);

/// "flac" or "opus". Fails with malformed.
Result<client::RecordingFormat> recording_format_named(std::string_view name);

}  // namespace partyline::cli

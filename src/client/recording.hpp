// Recording the room one is in, as a person asks for it and is told of it. docs/recording.md has the rules.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace partyline::client {

enum class RecordingKind : std::uint8_t {
    conversation,  // a track of each speaker, ourselves among them
    everything,    // for whoever looks for a fault: what was captured, sent, received and played
};

enum class RecordingFormat : std::uint8_t {
    flac,  // 24 bit, as it was heard
    opus,  // in Ogg: about a sixth of that
};

/// Where to; the folder is made if it is not there, and nothing in it is overwritten.
struct RecordRoom {
    std::string folder;
    RecordingKind kind = RecordingKind::conversation;
    RecordingFormat format = RecordingFormat::flac;
    bool operator==(const RecordRoom&) const = default;
};

/// We record our room from now on, as everybody sees, or do no more. Once it has ended the files are whole.
struct RecordingChanged {
    bool on = false;
    std::string folder;
    std::vector<std::string> files = {};  // at the end, in the order in which they began
    std::uint64_t lost_ms = 0;            // of sound, as the disk was too slow
    /// Why it has ended, if nobody asked for that here.
    std::optional<Error> error = {};
};

}  // namespace partyline::client

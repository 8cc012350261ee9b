// A sound file as a loudspeaker: what would have been heard, when it would have been heard.
#pragma once

#include <memory>
#include <string>

#include "audio/source.hpp"
#include "base/clock.hpp"

namespace partyline::audio {

/// As open_file_sink(), with the clock as a parameter; `clock` is the sink's own from then on.
Result<std::unique_ptr<Sink>> open_file_sink(const std::string& path, Channels channels,
                                             std::unique_ptr<Clock> clock);

}  // namespace partyline::audio

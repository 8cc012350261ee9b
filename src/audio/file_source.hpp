// A sound file as a microphone: 10 ms frames at the pace of real time.
#pragma once

#include <memory>
#include <string>

#include "audio/pace.hpp"
#include "audio/source.hpp"

namespace partyline::audio {

/// As open_file_source(), with the pace as a parameter; `pace` is the source's own from then on.
Result<std::unique_ptr<Source>> open_file_source(const std::string& path,
                                                 const FileSourceOptions& options,
                                                 std::unique_ptr<Pace> pace);

}  // namespace partyline::audio

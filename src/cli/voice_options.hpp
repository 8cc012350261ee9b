// The options of the command line that say what becomes of one's voice.
#pragma once

#include <string>

#include "base/error.hpp"
#include "client/talkie.hpp"

namespace CLI {
class App;
}

namespace partyline::cli {

/// As they were written; empty: not at all.
struct VoiceWords {
    std::string voice;
    std::string high_pass;
    std::string noise;
    std::string echo;
    std::string gain;
    std::string activation;
};

/// `words` outlives the parsing.
void add_voice_options(CLI::App& app, VoiceWords& words);
/// What is usual for the microphone, but for what was said. Fails with config, naming the option.
Result<client::CaptureSettings> capture_settings(const std::string& mic, const VoiceWords& words);

}  // namespace partyline::cli

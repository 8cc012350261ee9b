// Options and lines of input about what becomes of one's voice.
#pragma once

#include <string_view>
#include <variant>

#include "base/error.hpp"
#include "client/talkie.hpp"

namespace partyline::cli {

/// "off", "light", "normal" or "high".
std::string_view noise_name(client::NoiseSuppression mode);

/// One of those names; as "normal:60", with 60 % of its strength.
struct SetNoise {
    client::NoiseSuppression mode{};
    float strength = 1;
    bool operator==(const SetNoise&) const = default;
};
struct SetHighPass {
    bool on = false;
    bool operator==(const SetHighPass&) const = default;
};
struct SetEcho {
    bool on = false;
    bool operator==(const SetEcho&) const = default;
};
struct SetGain {
    bool on = false;
    bool operator==(const SetGain&) const = default;
};
/// "voice", "gate", "gate:-45" (dBFS), "push" or "always".
struct SetActivation {
    client::Activation activation{};
    float gate_dbfs = client::CaptureSettings{}.gate_dbfs;
    bool operator==(const SetActivation&) const = default;
};
/// All at once: "raw" (as it comes), "studio" (no noise suppression), "normal" or "high"; or "music".
struct SetVoice {
    client::CaptureSettings settings;
    bool operator==(const SetVoice&) const = default;
};
/// The key of "push".
struct Talk {
    bool pressed = false;
    bool operator==(const Talk&) const = default;
};
using Voice = std::variant<SetVoice, SetHighPass, SetNoise, SetEcho, SetGain, SetActivation, Talk>;

/// Whether a line that begins with this word is for parse_voice().
bool is_voice(std::string_view word);
/// `word` is one of those, or the option's name. Fails with malformed, saying what it could have been.
Result<Voice> parse_voice(std::string_view word, std::string_view argument);
/// What the settings become by it.
void apply(const Voice& change, client::CaptureSettings& settings);

}  // namespace partyline::cli

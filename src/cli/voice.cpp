#include "cli/voice.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <format>
#include <optional>
#include <utility>

namespace partyline::cli {
namespace {

using client::Activation;
using client::CaptureSettings;
using client::NoiseSuppression;

constexpr float gate_dbfs_min = -90;
constexpr float gate_dbfs_max = 0;

constexpr std::array<std::string_view, 4> noise_names{"off", "light", "normal", "high"};

std::optional<NoiseSuppression> noise_mode(std::string_view name) {
    const auto found = std::ranges::find(noise_names, name);
    return found == noise_names.end() ? std::nullopt
                                      : std::optional(static_cast<NoiseSuppression>(
                                            std::distance(noise_names.begin(), found)));
}

/// Of a number from 0 to 100.
std::optional<float> percent(std::string_view text) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value > 100) {
        return std::nullopt;
    }
    return static_cast<float>(value) / 100;
}

Result<Voice> parse_noise(std::string_view argument) {
    const auto colon = argument.find(':');
    const auto mode = noise_mode(argument.substr(0, colon));
    const auto strength =
        colon == argument.npos ? std::optional(1.0F) : percent(argument.substr(colon + 1));
    if (!mode || !strength) {
        return fail(ErrorCode::malformed,
                    "\"noise\" is off, light, normal or high, and as normal:60 with 60 % of its "
                    "strength");
    }
    return SetNoise{.mode = *mode, .strength = *strength};
}

Result<Voice> parse_preset(std::string_view argument) {
    if (argument == "raw") {
        return SetVoice{};
    }
    if (argument == "music") {
        return SetVoice{{.music = true}};
    }
    auto settings = client::usual_capture("device");
    if (argument == "studio") {
        settings.noise = NoiseSuppression::off;
    } else if (argument == "high") {
        settings.noise = NoiseSuppression::high;
    } else if (argument != "normal") {
        return fail(ErrorCode::malformed, "\"voice\" is raw, studio, normal, high or music");
    }
    return SetVoice{settings};
}

Result<Voice> parse_activation(std::string_view argument) {
    constexpr std::string_view gate = "gate:";
    if (argument == "voice") {
        return SetActivation{.activation = Activation::voice};
    }
    if (argument == "push") {
        return SetActivation{.activation = Activation::push};
    }
    if (argument == "always") {
        return SetActivation{.activation = Activation::always};
    }
    SetActivation out{.activation = Activation::gate};
    if (argument == "gate") {
        return out;
    }
    if (argument.starts_with(gate)) {
        const auto number = argument.substr(gate.size());
        const auto [end, error] =
            std::from_chars(number.data(), number.data() + number.size(), out.gate_dbfs);
        if (error == std::errc{} && end == number.data() + number.size() &&
            out.gate_dbfs >= gate_dbfs_min && out.gate_dbfs <= gate_dbfs_max) {
            return out;
        }
    }
    return fail(ErrorCode::malformed,
                std::format("\"activation\" is voice, gate, gate:DBFS ({} to {}), push or always",
                            gate_dbfs_min, gate_dbfs_max));
}

Result<Voice> parse_switch(std::string_view word, std::string_view argument) {
    if (argument != "on" && argument != "off") {
        return fail(ErrorCode::malformed, std::format("\"{}\" is on or off", word));
    }
    const bool on = argument == "on";
    if (word == "highpass") {
        return SetHighPass{on};
    }
    return word == "echo" ? Voice(SetEcho{on}) : Voice(SetGain{on});
}

}  // namespace

std::string_view noise_name(NoiseSuppression mode) {
    return noise_names.at(static_cast<std::size_t>(mode));
}

bool is_voice(std::string_view word) {
    constexpr std::array<std::string_view, 8> words{"voice", "highpass",   "noise", "echo",
                                                    "gain",  "activation", "talk",  "hush"};
    return std::ranges::contains(words, word);
}

Result<Voice> parse_voice(std::string_view word, std::string_view argument) {
    if (word == "voice") {
        return parse_preset(argument);
    }
    if (word == "noise") {
        return parse_noise(argument);
    }
    if (word == "highpass" || word == "gain" || word == "echo") {
        return parse_switch(word, argument);
    }
    if (word == "activation") {
        return parse_activation(argument);
    }
    if (!argument.empty()) {
        return fail(ErrorCode::malformed, std::format("\"{}\" takes nothing after it", word));
    }
    return Talk{.pressed = word == "talk"};
}

void apply(const Voice& change, CaptureSettings& settings) {
    if (const auto* preset = std::get_if<SetVoice>(&change)) {
        // When one is heard is another matter.
        const auto before = std::exchange(settings, preset->settings);
        settings.activation = before.activation;
        settings.gate_dbfs = before.gate_dbfs;
    } else if (const auto* high_pass = std::get_if<SetHighPass>(&change)) {
        settings.high_pass = high_pass->on;
    } else if (const auto* noise = std::get_if<SetNoise>(&change)) {
        settings.noise = noise->mode;
        settings.noise_strength = noise->strength;
    } else if (const auto* echo = std::get_if<SetEcho>(&change)) {
        settings.echo = echo->on;
    } else if (const auto* gain = std::get_if<SetGain>(&change)) {
        settings.gain = gain->on;
    } else if (const auto* when = std::get_if<SetActivation>(&change)) {
        settings.activation = when->activation;
        settings.gate_dbfs = when->gate_dbfs;
    }
}

}  // namespace partyline::cli

#include "cli/voice_options.hpp"

#include <CLI/CLI.hpp>

#include <format>
#include <string_view>
#include <utility>

#include "cli/voice.hpp"

namespace partyline::cli {

void add_voice_options(CLI::App& app, VoiceWords& words) {
    app.add_option("--voice", words.voice,
                   "What becomes of your voice: raw, studio, normal, high or music; normal for a "
                   "device, raw "
                   "for a file")
        ->type_name("HOW");
    app.add_option("--highpass", words.high_pass,
                   "Take away what is lower than any voice: on or off")
        ->type_name("ON|OFF");
    app.add_option("--noise", words.noise,
                   "Noise suppression: off, light, normal or high; normal:60 for 60 % of it")
        ->type_name("MODE");
    app.add_option("--echo", words.echo, "Take out what your loudspeaker plays: on or off")
        ->type_name("ON|OFF");
    app.add_option("--gain", words.gain, "Bring your voice to the usual level: on or off")
        ->type_name("ON|OFF");
    app.add_option("--activation", words.activation,
                   "When you are heard: voice, gate, gate:DBFS, push or always")
        ->type_name("WHEN");
}

Result<client::CaptureSettings> capture_settings(const std::string& mic, const VoiceWords& words) {
    auto settings = client::usual_capture(mic);
    const std::pair<std::string_view, std::string_view> asked[] = {
        {"voice", words.voice}, {"highpass", words.high_pass}, {"noise", words.noise},
        {"echo", words.echo},   {"gain", words.gain},          {"activation", words.activation}};
    for (const auto& [word, argument] : asked) {
        if (argument.empty()) {
            continue;
        }
        const auto change = parse_voice(word, argument);
        if (!change) {
            return fail(ErrorCode::config, std::format("--{}: {}", word, change.error().message));
        }
        apply(*change, settings);
    }
    return settings;
}

}  // namespace partyline::cli

#include "cli/dsp_command.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <cmath>
#include <format>
#include <fstream>
#include <iostream>
#include <string_view>
#include <utility>

#include "cli/voice_options.hpp"

namespace partyline::cli {
namespace {

using Json = nlohmann::json;
using client::TrialFile;
using client::TrialReport;

constexpr const char* about =
    "Runs a recording through what a talkie makes of a microphone's voice, and tells what came of "
    "it.\n"
    "OUT holds what others would be sent, where it was said, and silence between.\n"
    "IN is taken for a device's voice: all is done to it unless you say otherwise; of music "
    "nothing.";

constexpr int frame_ms = 10;

double rounded(double value) { return std::round(value * 1000) / 1000; }

Json to_json(const TrialFile& file) {
    return {
        {"rate_hz", file.rate_hz}, {"channels", file.channels}, {"seconds", rounded(file.seconds)}};
}

Json to_json(const client::TrialLevel& level) {
    return {{"mean_dbfs", rounded(level.mean_dbfs)}, {"peak_dbfs", rounded(level.peak_dbfs)}};
}

Json to_json(const client::TrialEcho& echo) {
    const auto number = [](const std::optional<double>& value) {
        return value ? Json(rounded(*value)) : Json();
    };
    return {{"erle_db", number(echo.erle_db)},
            {"delay_ms", number(echo.delay_ms)},
            {"drift_ppm", rounded(echo.drift_ppm)},
            {"realignments", echo.realignments}};
}

double talking_s(const TrialReport& report) {
    double sum = 0;
    for (const auto& segment : report.segments) {
        sum += segment.to_s - segment.from_s;
    }
    return sum;
}

Json to_json(const TrialReport& report) {
    Json segments = Json::array();
    for (const auto& segment : report.segments) {
        segments.push_back({{"from_s", rounded(segment.from_s)}, {"to_s", rounded(segment.to_s)}});
    }
    return {{"event", "dsp"},
            {"in", to_json(report.in)},
            {"far", report.far ? to_json(*report.far) : Json()},
            {"stereo", report.stereo},
            {"level_in", to_json(report.level_in)},
            {"level_out", to_json(report.level_out)},
            {"gain_db", rounded(report.gain_db)},
            {"delay_ms", rounded(report.delay_ms)},
            {"talking_s", rounded(talking_s(report))},
            {"segments", std::move(segments)},
            {"echo", report.echo ? to_json(*report.echo) : Json()},
            {"packets", report.packets},
            {"packet_bytes", report.packet_bytes},
            {"cost_mean_us", rounded(report.cost_mean_us)},
            {"cost_p99_us", rounded(report.cost_p99_us)},
            {"frames_slow", report.frames_slow}};
}

std::string describe(std::string_view what, const TrialFile& file, bool stereo = false) {
    std::string line = std::format("{:<10}{:.2f} s", what, file.seconds);
    if (stereo && file.channels == 2) {
        line += ", in stereo";
    } else if (file.channels != 1) {
        line += std::format(", {} channels mixed down to one", file.channels);
    }
    if (file.rate_hz != 48'000) {
        line += std::format(", resampled from {} Hz", file.rate_hz);
    }
    return line + '\n';
}

std::string describe(const client::TrialEcho& echo) {
    std::string line =
        echo.erle_db
            ? std::format("echo      {:.1f} dB less while the far end was loud", *echo.erle_db)
            : "echo      the far end never was loud";
    if (echo.delay_ms) {
        line += std::format(", found {:.0f} ms late", *echo.delay_ms);
    }
    return line +
           std::format(", drift {:.1f} ppm, {} realignments\n", echo.drift_ppm, echo.realignments);
}

void tell(const TrialReport& report, std::ostream& out) {
    out << describe("in", report.in, report.stereo);
    if (report.far) {
        out << describe("far", *report.far);
    }
    out << std::format(
        "level     {:.1f} dBFS in, {:.1f} out; peak {:.1f} in, {:.1f} out; gain {:+.1f} dB at the "
        "end\n",
        report.level_in.mean_dbfs, report.level_out.mean_dbfs, report.level_in.peak_dbfs,
        report.level_out.peak_dbfs, report.gain_db);
    out << std::format("talk      {:.2f} s in {} segments", talking_s(report),
                       report.segments.size());
    for (const auto& segment : report.segments) {
        out << std::format("\n          {:8.2f} to {:8.2f}", segment.from_s, segment.to_s);
    }
    out << std::format("\nsent      {} packets, {} bytes\n", report.packets, report.packet_bytes);
    if (report.echo) {
        out << describe(*report.echo);
    }
    out << std::format("delay     {:.1f} ms\n", report.delay_ms);
    out << std::format("cost      {:.0f} us for {} ms, 99 % below {:.0f} us; too slow {} times\n",
                       report.cost_mean_us, frame_ms, report.cost_p99_us, report.frames_slow);
}

ExitCode failure(std::ostream& errors, std::string_view message) {
    errors << "partyline-cli: " << message << '\n';
    return ExitCode::local;
}

}  // namespace

std::expected<DspOptions, ExitCode> parse_dsp(int argc, const char* const* argv) {
    DspOptions options;
    VoiceWords words;
    CLI::App app(about, "partyline-cli dsp");
    app.option_defaults()->always_capture_default(false);
    app.failure_message(CLI::FailureMessage::simple);
    app.add_option("IN", options.request.in, "The recording: any sound file")->required();
    app.add_option("OUT", options.request.out, "What is made of it: a .wav, .flac or .opus file")
        ->required();
    app.add_option("--far", options.request.far, "What your loudspeaker played meanwhile")
        ->type_name("FILE");
    add_voice_options(app, words);
    app.add_option("--report", options.report_path, "Write what came of it to this file, as JSON")
        ->type_name("FILE");
    app.add_flag("--json", options.json, "Tell it as JSON, too");
    try {
        app.parse(argc - 1, argv + 1);
    } catch (const CLI::ParseError& error) {
        return std::unexpected(app.exit(error) == 0 ? ExitCode::fine : ExitCode::local);
    }
    // As for a device: a file is what stands for one here.
    auto capture = capture_settings("device", words);
    if (!capture) {
        return std::unexpected(failure(std::cerr, capture.error().message));
    }
    options.request.capture = *capture;
    return options;
}

ExitCode run_dsp(const DspOptions& options, std::ostream& out, std::ostream& errors,
                 const Clock& clock) {
    const auto report = client::try_chain(options.request, clock);
    if (!report) {
        return failure(errors, report.error().message);
    }
    const auto json = to_json(*report);
    if (options.json) {
        out << json.dump() << '\n';
    } else {
        tell(*report, out);
    }
    if (!options.report_path.empty()) {
        std::ofstream file(options.report_path);
        file << json.dump(2) << '\n';
        if (!file.flush()) {
            return failure(errors, std::format("cannot write {}", options.report_path));
        }
    }
    return out.flush() ? ExitCode::fine : failure(errors, "standard output takes no more");
}

}  // namespace partyline::cli

#include "cli/recording.hpp"

#include <format>
#include <utility>

#include "cli/words.hpp"

namespace partyline::cli {
namespace {

constexpr std::string_view format_option = "--format";

Result<Recording> to_folder(std::string_view words, std::optional<client::RecordingFormat> format) {
    if (words.empty()) {
        return fail(ErrorCode::malformed, "\"record\" needs a folder after it, or off");
    }
    // A folder's name may have spaces in it; it is in quotes if all of it is.
    const bool quoted = words.size() >= 2 && words.front() == '"' && words.back() == '"';
    const auto folder = quoted ? words.substr(1, words.size() - 2) : words;
    return StartRecording{.folder = std::string(folder), .format = format};
}

}  // namespace

Result<client::RecordingFormat> recording_format_named(std::string_view name) {
    if (name == "flac") {
        return client::RecordingFormat::flac;
    }
    if (name == "opus") {
        return client::RecordingFormat::opus;
    }
    return fail(ErrorCode::malformed,
                std::format("a recording is flac or opus, and not \"{}\"", name));
}

Result<Recording> parse_recording(std::string_view argument) {
    if (argument == "off") {
        return StopRecording{};
    }
    if (!argument.starts_with(format_option)) {
        return to_folder(argument, std::nullopt);
    }
    if (const auto option = take_word(argument); !option || *option != format_option) {
        return fail(
            ErrorCode::malformed,
            "\"record\" knows --format flac and --format opus; a folder of such a name is put "
            "in quotes");
    }
    const auto name = take_word(argument);
    if (!name) {
        return std::unexpected(name.error());
    }
    if (argument == "off") {
        return fail(ErrorCode::malformed,
                    "\"record off\" takes no --format; a folder of such a name is put in quotes");
    }
    return recording_format_named(*name).and_then(
        [&](client::RecordingFormat format) { return to_folder(argument, format); });
}

}  // namespace partyline::cli

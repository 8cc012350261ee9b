// What the command line says.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/error.hpp"
#include "cli/command.hpp"
#include "cli/exit_code.hpp"
#include "client/talkie.hpp"

namespace partyline::cli {

/// What ends the program, apart from `quit`, the end of standard input and signals.
struct Until {
    std::optional<std::chrono::milliseconds> time;  // counted from being connected
    bool mic_finished = false;
    std::optional<unsigned> texts;  // so many texts of others
    bool forever = false;           // --stay: the end of standard input is no reason to go

    [[nodiscard]] bool any() const { return time || mic_finished || texts || forever; }
};

struct Options {
    client::Settings talkie;
    std::string join;           // empty: no room
    std::string room_password;  // of that room; from where the others come
    std::string record_folder;  // for all there is to hear of a fault; empty: nothing is kept
    client::RecordingFormat record_format = client::RecordingFormat::flac;  // unless said otherwise
    bool start_muted = false;
    bool start_deafened = false;
    bool json = false;
    bool verbose = false;
    // For what an account asks for. From the environment or a file, never from the command line,
    // where every user of the machine sees it.
    std::string password;  // or recovery code
    std::string new_password;
    std::string label;  // of this device
    Until until;
    /// Do this one thing and end; without it commands come from standard input.
    std::optional<Command> one_shot;
};

/// What holds unless the command line says otherwise.
struct Defaults {
    std::string name;  // the person's login name
    /// Where identity and known servers are kept; or why there is no such folder, which matters only
    /// to those who do not say themselves.
    Result<std::filesystem::path> data_folder;
};

/// Why the program ends before it has begun: --help, --version or a mistake. What there is to say
/// has been said on standard output or standard error.
using Parsed = std::expected<Options, ExitCode>;
Parsed parse_options(int argc, const char* const* argv, const Defaults& defaults);

struct HostAndPort {
    std::string host;
    std::uint16_t port = client::default_port;
    bool operator==(const HostAndPort&) const = default;
};
/// "host", "host:port", "1.2.3.4:port", "::1", "[::1]" or "[::1]:port".
Result<HostAndPort> parse_server(std::string_view text);

}  // namespace partyline::cli

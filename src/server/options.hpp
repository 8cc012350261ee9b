// What stands on the switchboard's command line.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "server/config/config.hpp"
#include "server/manage.hpp"

namespace partyline::server {

/// What was said about the configuration; kept, so that it can be read again the same way.
struct ConfigChoice {
    std::string file;  // empty: ./partyline-server.toml, or nothing
    std::string data;
    std::vector<std::string> listen;
    std::optional<std::string> admin;
};

/// The whole configuration: embedded defaults, then the file, then the command line. Fails with
/// config, in one line for the owner.
Result<config::Config> load(const ConfigChoice& choice);
/// The file that load() reads; empty when there is none.
std::string file_of(const ConfigChoice& choice);

enum class Command : std::uint8_t {
    serve,
    check_config,
    doctor,
    backup,
    restore,
    restore_at_next_start,
    cancel_restore,
    new_identity,
    manage,
};

struct Invocation {
    Command command = Command::serve;
    std::string file;       // of backup and restore
    Management management;  // what to ask, of manage
    ConfigChoice choice;
    config::Config config;
};

/// Otherwise the exit code, with all said that there is to say (help and version included).
std::expected<Invocation, int> parse_options(int argc, char** argv);

}  // namespace partyline::server

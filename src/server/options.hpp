// What stands on the switchboard's command line.
#pragma once

#include <expected>

#include "server/config/config.hpp"

namespace partyline::server {

/// The whole configuration: embedded defaults, then the file, then the command line. Otherwise the
/// exit code, with all said that there is to say (help and version included).
std::expected<config::Config, int> parse_options(int argc, char** argv);

}  // namespace partyline::server

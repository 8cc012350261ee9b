// The main loop: waits for events, lines, signals and deadlines until the session is over.
#pragma once

#include "cli/exit_code.hpp"
#include "cli/options.hpp"

namespace partyline::cli {

/// Connects as the options say and stays until there is a reason to end.
ExitCode run(const Options& options);

}  // namespace partyline::cli

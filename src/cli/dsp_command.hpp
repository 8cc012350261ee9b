// "partyline-cli dsp": what becomes of a voice, heard and measured, without a server.
#pragma once

#include <expected>
#include <iosfwd>
#include <string>

#include "base/clock.hpp"
#include "cli/exit_code.hpp"
#include "client/chain_trial.hpp"

namespace partyline::cli {

struct DspOptions {
    client::TrialRequest request;
    std::string report_path;  // empty: none is written
    bool json = false;
};

/// `argv` begins with the program's name and "dsp". Otherwise as parse_options().
std::expected<DspOptions, ExitCode> parse_dsp(int argc, const char* const* argv);

/// Runs it and tells what came of it.
ExitCode run_dsp(const DspOptions& options, std::ostream& out, std::ostream& errors,
                 const Clock& clock);

}  // namespace partyline::cli

#include <cstdlib>
#include <iostream>
#include <string_view>
#include <utility>

#include "base/clock.hpp"
#include "cli/dsp_command.hpp"
#include "cli/input.hpp"
#include "cli/options.hpp"
#include "cli/run.hpp"
#include "platform/paths.hpp"

namespace {

std::string login_name() {
    for (const auto* variable : {"USER", "LOGNAME", "USERNAME"}) {
        if (const char* name = std::getenv(variable); name != nullptr && *name != '\0') {
            return name;
        }
    }
    return "guest";
}

}  // namespace

int main(int argc, char** argv) {
    namespace cli = partyline::cli;
    cli::prepare_streams();
    if (argc > 1 && std::string_view(argv[1]) == "dsp") {
        const auto dsp = cli::parse_dsp(argc, argv);
        return std::to_underlying(
            dsp ? cli::run_dsp(*dsp, std::cout, std::cerr, partyline::SystemClock()) : dsp.error());
    }
    const auto options = cli::parse_options(
        argc, argv, {.name = login_name(), .data_folder = partyline::platform::data_folder()});
    return std::to_underlying(options ? cli::run(*options) : options.error());
}

#include <cstdlib>
#include <utility>

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
    const auto options = cli::parse_options(
        argc, argv, {.name = login_name(), .data_folder = partyline::platform::data_folder()});
    return std::to_underlying(options ? cli::run(*options) : options.error());
}

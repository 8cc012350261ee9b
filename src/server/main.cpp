#include <cstdlib>
#include <iostream>

#include "base/log.hpp"
#include "server/host.hpp"
#include "server/options.hpp"

int main(int argc, char** argv) {
    using namespace partyline;
    const auto config = server::parse_options(argc, argv);
    if (!config) {
        return config.error();
    }
    log::set_level(config->log_level);
    const auto host = server::Host::create(*config);
    if (!host) {
        std::cerr << "partyline-server: " << host.error().message << '\n';
        return EXIT_FAILURE;
    }
    // For people, and for scripts that wait for it: words of the form name=value.
    std::cout << "partyline-server ready port=" << (*host)->port()
              << " fingerprint=" << (*host)->fingerprint() << "\n"
              << std::flush;
    (*host)->run();
    return EXIT_SUCCESS;
}

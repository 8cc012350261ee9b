#include <cstdint>
#include <cstdlib>
#include <iostream>

#include "base/log.hpp"
#include "platform/open_files.hpp"
#include "server/host.hpp"
#include "server/options.hpp"

namespace {

// For what is open besides the connections of talkies.
constexpr std::uint64_t own_files = 64;

void make_room_for_connections(std::uint64_t connections) {
    const auto files = partyline::platform::raise_open_files_max();
    if (files < connections + own_files) {
        partyline::log::warning(
            "limits.connections is {}, but this process may open only {} files, {} short: raise "
            "that (ulimit -n, or LimitNOFILE= in the systemd unit) or lower limits.connections",
            connections, files, connections + own_files - files);
    }
}

}  // namespace

int main(int argc, char** argv) {
    using namespace partyline;
    const auto config = server::parse_options(argc, argv);
    if (!config) {
        return config.error();
    }
    log::set_level(config->log_level);
    make_room_for_connections(config->control.limits.connections);
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

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <iostream>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "platform/open_files.hpp"
#include "server/doctor.hpp"
#include "server/host.hpp"
#include "server/identity.hpp"
#include "server/keeping.hpp"
#include "server/manage.hpp"
#include "server/options.hpp"
#include "server/verdicts.hpp"

namespace partyline::server {
namespace {

void make_room_for_connections(const config::Config& config) {
    const std::uint64_t connections = config.control.limits.connections;
    const auto wanted = connections + own_files(config);
    const auto files = platform::raise_open_files_max();
    if (files < wanted) {
        log::warning(
            "limits.connections is {}, but this process may open only {} files, {} short: raise "
            "that (ulimit -n, or LimitNOFILE= in the systemd unit) or lower limits.connections",
            connections, files, wanted - files);
    }
}

int check_config(const Invocation& invocation) {
    const auto file = file_of(invocation.choice);
    std::cout << (file.empty() ? "There is no configuration file, so the defaults hold.\n"
                               : file + ": all keys are right.\n");
    return EXIT_SUCCESS;
}

int serve(const Invocation& invocation) {
    // A file that may not grow is a write that fails, and is told like any other.
    std::signal(SIGXFSZ, SIG_IGN);
    const auto& config = invocation.config;
    log::set_format(config.log_format);
    log::set_level(config.log_level);
    make_room_for_connections(config);
    const auto host = Host::create(config, [choice = invocation.choice] {
        auto read = load(choice);
        if (read) {
            make_room_for_connections(*read);
        }
        return read;
    });
    if (!host) {
        std::cerr << "partyline-server: " << host.error().message << '\n';
        return EXIT_FAILURE;
    }
    // For people, and for scripts that wait for it: words of the form name=value.
    std::cout << "partyline-server ready port=" << (*host)->port()
              << " fingerprint=" << (*host)->fingerprint();
    if (const auto admin = (*host)->admin()) {
        std::cout << " admin=" << admin->to_string();
    }
    std::cout << "\n" << std::flush;
    if (const auto& token = (*host)->owner_token(); !token.empty()) {
        std::cout
            << "Nobody owns this server yet. Claim an account (partyline-cli ... claim NAME), "
               "then make it the owner's:\n"
               "partyline-cli ... owner "
            << token << "\n";
        if (const auto admin = (*host)->admin()) {
            std::cout << "How the server is, on this machine: http://" << admin->to_string()
                      << "/metrics\n";
        }
        std::cout << std::flush;
    }
    (*host)->run();
    return EXIT_SUCCESS;
}

int doctor(const Invocation& invocation) {
    const auto file = file_of(invocation.choice);
    std::cout << "  ok       "
              << (file.empty() ? "no configuration file; the defaults hold"
                               : file + " has no mistake")
              << '\n';
    return examine(invocation.config, SystemClock(), std::cout) ? EXIT_SUCCESS : EXIT_FAILURE;
}

int tell(const Result<std::string>& done) {
    if (!done) {
        std::cerr << "partyline-server: " << done.error().message << '\n';
        return EXIT_FAILURE;
    }
    std::cout << *done << '\n';
    return EXIT_SUCCESS;
}

}  // namespace
}  // namespace partyline::server

int main(int argc, char** argv) {
    using namespace partyline::server;
    const auto invocation = parse_options(argc, argv);
    if (!invocation) {
        return invocation.error();
    }
    switch (invocation->command) {
        case Command::serve: return serve(*invocation);
        case Command::check_config: return check_config(*invocation);
        case Command::doctor: return doctor(*invocation);
        case Command::backup: return tell(back_up(invocation->config, invocation->file));
        case Command::manage: return tell(manage(invocation->config, invocation->management));
        case Command::new_identity: return tell(make_new_identity(invocation->config));
        case Command::restore_at_next_start:
            return tell(restore_at_next_start(invocation->config, invocation->file));
        case Command::cancel_restore: return tell(cancel_restore(invocation->config));
        case Command::restore: return tell(restore(invocation->config, invocation->file));
    }
    return EXIT_FAILURE;
}

#include "server/options.hpp"

#include <CLI/CLI.hpp>

#include <cstdlib>
#include <filesystem>
#include <format>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>

#include "platform/paths.hpp"
#include "server/manage_options.hpp"
#include "wire/limits.hpp"

namespace partyline::server {
namespace {

std::unexpected<int> refuse(const std::string& message) {
    std::cerr << "partyline-server: " << message << '\n';
    return std::unexpected(EXIT_FAILURE);
}

Result<net::Endpoint> address(std::string_view option, const std::string& text,
                              std::uint16_t default_port) {
    const auto endpoint = net::Endpoint::parse(text, default_port);
    if (!endpoint) {
        return fail(ErrorCode::config,
                    std::format("{} {}: must be an address such as [::]:{}, 127.0.0.1:{} or "
                                "127.0.0.1:0 for any free port",
                                option, text, default_port, default_port));
    }
    return *endpoint;
}

Result<void> set_addresses(config::Config& config, const ConfigChoice& choice) {
    if (!choice.listen.empty()) {
        config.listen.clear();
    }
    for (const auto& text : choice.listen) {
        const auto endpoint = address("--listen", text, wire::default_port);
        if (!endpoint) {
            return std::unexpected(endpoint.error());
        }
        config.listen.push_back(*endpoint);
    }
    if (choice.admin && choice.admin->empty()) {
        config.admin_listen.reset();
    } else if (choice.admin) {
        const auto endpoint = address("--admin", *choice.admin, config::admin_default_port);
        if (!endpoint) {
            return std::unexpected(endpoint.error());
        }
        config.admin_listen = *endpoint;
    }
    return {};
}

Result<void> set_data_folder(config::Config& config, const ConfigChoice& choice) {
    if (!choice.data.empty()) {
        config.data_folder = choice.data;
    }
    if (config.data_folder.empty()) {
        const auto folder = platform::data_folder();
        if (!folder) {
            return std::unexpected(folder.error());
        }
        config.data_folder = folder->parent_path() / "partyline-server";
    }
    return {};
}

void describe(CLI::App& app, ConfigChoice& choice) {
    app.add_option("--config", choice.file,
                   "The configuration file; without it ./partyline-server.toml, if there is one");
    app.add_option("--data", choice.data,
                   "The folder with identity and database, made if it is not there");
    app.add_option(
        "--listen", choice.listen,
        "ADDRESS:PORT for TCP and UDP; may be given several times; port 0 takes a free one");
    app.add_option_function<std::string>(
        "--admin", [&choice](const std::string& text) { choice.admin = text; },
        "ADDRESS:PORT for health and metrics over HTTP; \"\" for nowhere");
    app.set_version_flag("--version", std::string("partyline-server ") + PARTYLINE_VERSION);
}

void describe_restore(CLI::App& restore, Invocation& invocation) {
    auto* const file = restore.add_option("FILE", invocation.file, "What backup made");
    auto* const later = restore.add_flag(
        "--at-next-start", "Have the server do it when it starts the next time; it may run now");
    auto* const cancel =
        restore.add_flag("--cancel", "Take back what was to be restored at the next start");
    later->needs(file);
    cancel->excludes(file)->excludes(later);
    restore.callback([&invocation, file, later, cancel] {
        if (cancel->count() > 0) {
            invocation.command = Command::cancel_restore;
            return;
        }
        if (file->count() == 0) {
            throw CLI::RequiredError("FILE");
        }
        invocation.command = later->count() > 0 ? Command::restore_at_next_start : Command::restore;
    });
}

/// The options before or after the command's name are the same.
void describe_commands(CLI::App& app, Invocation& invocation) {
    const auto add = [&](const char* name, const char* what, Command command) {
        auto* const added = app.add_subcommand(name, what)->fallthrough();
        added->callback([&invocation, command] { invocation.command = command; });
        return added;
    };
    app.require_subcommand(0, 1);
    add("doctor", "Look whether everything is there that a switchboard needs", Command::doctor);
    add("backup", "Write all of the data folder to one file, also while the server runs",
        Command::backup)
        ->add_option("FILE", invocation.file, "The file to make; nothing is replaced")
        ->required();
    describe_management(app, [&invocation](Management what) {
        invocation.command = Command::manage;
        invocation.management = std::move(what);
    });
    add("new-identity",
        "Make an identity where it is lost for good; talkies take the server for another then",
        Command::new_identity);
    describe_restore(*add("restore",
                          "Put a backup into the data folder: now, if no server runs on it, or at "
                          "the server's next start",
                          Command::restore),
                     invocation);
}

}  // namespace

std::string file_of(const ConfigChoice& choice) {
    std::error_code ignored;
    if (!choice.file.empty()) {
        return choice.file;
    }
    return std::filesystem::exists(config::default_file_name, ignored) ? config::default_file_name
                                                                       : std::string();
}

Result<config::Config> load(const ConfigChoice& choice) {
    const auto file = file_of(choice);
    auto config = file.empty() ? config::embedded_defaults() : config::read_file(file);
    if (!config) {
        return config;
    }
    auto set = set_data_folder(*config, choice);
    if (set) {
        set = set_addresses(*config, choice);
    }
    return set ? std::move(config) : std::unexpected(set.error());
}

std::expected<Invocation, int> parse_options(int argc, char** argv) {
    CLI::App app("The switchboard of Partyline: rooms, text, and voice that it cannot hear.",
                 "partyline-server");
    Invocation invocation;
    bool print_config = false;
    bool check_config = false;
    describe(app, invocation.choice);
    app.add_flag("--print-config", print_config, "Print a file with every key explained");
    app.add_flag("--check-config", check_config,
                 "Say whether the configuration is right, and start nothing");
    describe_commands(app, invocation);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return std::unexpected(app.exit(error) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    if (print_config) {
        std::cout << config::explained();
        return std::unexpected(EXIT_SUCCESS);
    }
    auto config = load(invocation.choice);
    if (!config) {
        return refuse(config.error().message);
    }
    // Should it be gone when it is read again, that is a mistake, and not a wish for the defaults.
    invocation.choice.file = file_of(invocation.choice);
    invocation.config = std::move(*config);
    if (check_config) {
        invocation.command = Command::check_config;
    }
    return invocation;
}

}  // namespace partyline::server

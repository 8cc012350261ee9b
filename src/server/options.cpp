#include "server/options.hpp"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <format>
#include <iostream>
#include <string>
#include <vector>

#include "platform/paths.hpp"
#include "wire/limits.hpp"

namespace partyline::server {
namespace {

struct Raw {
    std::string config;
    std::string data;
    std::vector<std::string> listen;
    bool print_config = false;
};

std::unexpected<int> refuse(const std::string& message) {
    std::cerr << "partyline-server: " << message << '\n';
    return std::unexpected(EXIT_FAILURE);
}

Result<config::Config> read_config(const std::string& given) {
    if (!given.empty()) {
        return config::read_file(given);
    }
    std::error_code ignored;
    if (std::filesystem::exists(config::default_file_name, ignored)) {
        return config::read_file(config::default_file_name);
    }
    return config::embedded_defaults();
}

Result<void> apply(config::Config& config, const Raw& raw) {
    if (!raw.data.empty()) {
        config.data_folder = raw.data;
    }
    if (config.data_folder.empty()) {
        const auto folder = platform::data_folder();
        if (!folder) {
            return std::unexpected(folder.error());
        }
        config.data_folder = folder->parent_path() / "partyline-server";
    }
    if (!raw.listen.empty()) {
        config.listen.clear();
    }
    for (const auto& text : raw.listen) {
        const auto endpoint = net::Endpoint::parse(text, wire::default_port);
        if (!endpoint) {
            return fail(ErrorCode::config,
                        std::format("--listen {}: must be an address such as [::]:47180, "
                                    "127.0.0.1:47180 or 127.0.0.1:0 for any free port",
                                    text));
        }
        config.listen.push_back(*endpoint);
    }
    return {};
}

}  // namespace

std::expected<config::Config, int> parse_options(int argc, char** argv) {
    CLI::App app("The switchboard of Partyline: rooms, text, and voice that it cannot hear.",
                 "partyline-server");
    Raw raw;
    app.add_option("--config", raw.config,
                   "The configuration file; without it ./partyline-server.toml, if there is one");
    app.add_option("--data", raw.data,
                   "The folder with identity and certificate, made if it is not there");
    app.add_option(
        "--listen", raw.listen,
        "ADDRESS:PORT for TCP and UDP; may be given several times; port 0 takes a free one");
    app.add_flag("--print-config", raw.print_config, "Print a file with every key explained");
    app.set_version_flag("--version", std::string("partyline-server ") + PARTYLINE_VERSION);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return std::unexpected(app.exit(error) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    if (raw.print_config) {
        std::cout << config::explained();
        return std::unexpected(EXIT_SUCCESS);
    }
    auto config = read_config(raw.config);
    if (!config) {
        return refuse(config.error().message);
    }
    if (const auto applied = apply(*config, raw); !applied) {
        return refuse(applied.error().message);
    }
    return std::move(*config);
}

}  // namespace partyline::server

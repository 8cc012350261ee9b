#include "harness/server.hpp"

#include <signal.h>

#include <charconv>
#include <format>
#include <sstream>

#include "harness/failure.hpp"

namespace partyline::harness {
namespace {

constexpr std::string_view ready_words = "partyline-server ready ";

/// What follows "name=" in a line of words.
std::string field(const std::string& line, const std::string& name) {
    std::istringstream words(line);
    for (std::string word; words >> word;) {
        if (word.starts_with(name + "=")) {
            return word.substr(name.size() + 1);
        }
    }
    throw Failure(std::format("no {}= in the line \"{}\"", name, line));
}

std::uint16_t to_port(const std::string& text) {
    std::uint16_t port = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), port).ec != std::errc{}) {
        throw Failure("no port: " + text);
    }
    return port;
}

}  // namespace

Process::Command server_command(const Scratch& scratch, const ServerOptions& options) {
    Process::Command command{.arguments = {sibling_program("partyline-server"), "--data",
                                           scratch.path(options.data), "--listen", options.listen,
                                           "--admin", options.admin}};
    if (options.config) {
        const auto path = scratch.file("partyline-server.toml", *options.config);
        command.arguments.insert(command.arguments.end(), {"--config", path});
    }
    return command;
}

ServerProcess::ServerProcess(const Scratch& scratch, const ServerOptions& options)
    : process_(server_command(scratch, options)) {
    const auto ready = process_.wait_for_line(
        [](const std::string& line) { return line.starts_with(ready_words); });
    if (!ready) {
        throw Failure(std::format("the server did not get ready; it said:\n{}\n{}",
                                  process_.errors(), process_.describe()));
    }
    port_ = to_port(field(ready->text, "port"));
    fingerprint_ = field(ready->text, "fingerprint");
    if (!options.admin.empty()) {
        const auto admin = field(ready->text, "admin");
        admin_port_ = to_port(admin.substr(admin.rfind(':') + 1));
    }
}

std::string ServerProcess::owner_token() {
    constexpr std::string_view lead = "partyline-cli ... owner ";
    const auto line =
        process_.wait_for_line([&](const std::string& text) { return text.starts_with(lead); });
    if (!line) {
        throw Failure("the server printed no token for an owner");
    }
    return line->text.substr(lead.size());
}

int ServerProcess::stop() {
    process_.signal(SIGTERM);
    return process_.wait();
}

Ended run_server(std::vector<std::string> arguments, std::optional<std::string_view> typed) {
    arguments.insert(arguments.begin(), sibling_program("partyline-server"));
    Process process({.arguments = std::move(arguments), .environment = {}});
    if (typed) {
        if (!typed->empty()) {
            process.write_line(*typed);
        }
        process.close_input();
    }
    Ended ended{.code = process.wait(), .out = {}, .errors = {}};
    for (const auto& line : process.lines()) {
        ended.out += line + "\n";
    }
    ended.errors = process.errors();
    return ended;
}

}  // namespace partyline::harness

// partyline-server as a child process.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/process.hpp"
#include "harness/scratch.hpp"

namespace partyline::harness {

struct ServerOptions {
    std::string data = "server-data";  // a name in the scratch folder
    std::string listen = "127.0.0.1:0";
    std::string admin;                  // nowhere
    std::optional<std::string> config;  // the text of partyline-server.toml
};

/// A switchboard that is ready. Throws Failure when it does not get so far.
class ServerProcess {
public:
    ServerProcess(const Scratch& scratch, const ServerOptions& options);

    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] const std::string& fingerprint() const { return fingerprint_; }
    /// Of the admin port, if ServerOptions wanted one.
    [[nodiscard]] std::uint16_t admin_port() const { return admin_port_; }
    Process& process() { return process_; }
    /// What makes an account the owner: printed as long as nobody is. Throws Failure if it is not.
    std::string owner_token();
    /// SIGTERM; the exit code.
    int stop();

private:
    Process process_;
    std::uint16_t port_ = 0;
    std::uint16_t admin_port_ = 0;
    std::string fingerprint_;
};

/// What a program left behind.
struct Ended {
    int code = 0;
    std::string out;
    std::string errors;
};
/// partyline-server with these arguments, to its end. Where `typed` is there, that line is all its standard
/// input: nothing at all if it is empty.
Ended run_server(std::vector<std::string> arguments,
                 std::optional<std::string_view> typed = std::nullopt);

/// The command line that ServerProcess uses: for starts that are to fail.
Process::Command server_command(const Scratch& scratch, const ServerOptions& options);

}  // namespace partyline::harness

// What a switchboard's owner decides, and the file in which that stands.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/log.hpp"
#include "net/endpoint.hpp"
#include "net/tls.hpp"
#include "server/control/config.hpp"

namespace partyline::config {

inline constexpr const char* default_file_name = "partyline-server.toml";
inline constexpr std::uint16_t admin_default_port = 47181;
inline constexpr std::size_t file_bytes_max = 1024 * 1024;

/// Where keys stood in the file: for what turns out wrong only when it is used.
struct Given {
    std::string file;
    std::map<std::string, std::uint32_t, std::less<>> lines;  // by key, as in "limits.sessions"
};

struct Config {
    /// Name, rooms and limits.
    control::Config control;
    /// TCP and UDP alike; a port of 0 takes a free one, the same for all.
    std::vector<net::Endpoint> listen;
    /// Identity, certificate. Empty: platform::data_folder() of the server.
    std::filesystem::path data_folder;
    /// Given by the owner; nothing: made by the server and kept in the data folder.
    std::optional<net::CertificatePaths> certificate;
    unsigned relay_threads = 1;
    /// Health and figures over HTTP; nothing: nowhere.
    std::optional<net::Endpoint> admin_listen = net::Endpoint::loopback_v4(admin_default_port);
    log::Level log_level = log::Level::info;
    log::Format log_format = log::Format::text;
    Given given;
};

/// What holds without any file: a few rooms, [::] and the default port.
Config embedded_defaults();

/// Reads a file's text; `name` stands in the messages. Whatever the text leaves out is as in
/// embedded_defaults(). Fails with config, naming file, line and key, for whatever is not exactly
/// right, unknown keys included.
Result<Config> parse(std::string_view text, const std::string& name);
/// Fails with config also for a file that cannot be read.
Result<Config> read_file(const std::filesystem::path& path);

/// "file:line: key: why", as parse() complains. Of a key that is not in the file, "key: why".
std::unexpected<Error> complain(const Given& given, std::string_view key, std::string_view why);

/// A file with every key, its meaning and its default: what --print-config prints. parse() makes
/// embedded_defaults() of it.
std::string explained();

/// The keys, as "limits.sessions", in which the two differ and that a running server cannot take.
std::vector<std::string> changes_for_a_restart(const Config& before, const Config& after);

}  // namespace partyline::config

#include "client/pins.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <format>
#include <system_error>

#include "base/bytes.hpp"

namespace partyline::client {
namespace {

constexpr std::size_t fingerprint_bytes = 32;
constexpr std::size_t pins_file_bytes_max = 1024 * 1024;

/// Owns a descriptor.
class File {
public:
    explicit File(int fd) : fd_(fd) {}
    ~File() {
        if (fd_ >= 0) {
            ::close(fd_);
        }
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;

    [[nodiscard]] int fd() const { return fd_; }
    [[nodiscard]] bool is_open() const { return fd_ >= 0; }

private:
    const int fd_;
};

std::unexpected<Error> fail_io(std::string_view what, const std::string& path) {
    return fail(ErrorCode::io,
                std::format("{} {}: {}.", what, path, std::generic_category().message(errno)));
}

Result<std::string> read_text(const std::string& path) {
    const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.is_open()) {
        if (errno == ENOENT) {
            return std::string();
        }
        return fail_io("Cannot read the known servers in", path);
    }
    std::string text;
    char buffer[4096];
    while (text.size() <= pins_file_bytes_max) {
        const auto got = ::read(file.fd(), buffer, sizeof(buffer));
        if (got < 0) {
            return fail_io("Cannot read the known servers in", path);
        }
        if (got == 0) {
            return text;
        }
        text.append(buffer, static_cast<std::size_t>(got));
    }
    return fail(ErrorCode::config, std::format("{} is too large for a file of pins.", path));
}

bool write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const auto written = ::write(fd, text.data(), text.size());
        if (written < 0) {
            return false;
        }
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return ::fsync(fd) == 0;
}

// Whole or not at all: a new file takes the old one's place in one step.
Result<void> replace_text(const std::string& path, std::string_view text) {
    auto temporary = path + ".XXXXXX";
    const File file(::mkostemp(temporary.data(), O_CLOEXEC));  // mode 0600
    if (!file.is_open()) {
        return fail_io("Cannot pin the server in", path);
    }
    if (!write_all(file.fd(), text) || std::rename(temporary.c_str(), path.c_str()) != 0) {
        auto failure = fail_io("Cannot pin the server in", path);
        ::unlink(temporary.c_str());
        return failure;
    }
    return {};
}

std::string parent_of(const std::string& path) {
    const auto parent = std::filesystem::path(path).parent_path().string();
    return parent.empty() ? "." : parent;
}

std::string_view trimmed(std::string_view line) {
    const auto from = line.find_first_not_of(" \t\r");
    if (from == std::string_view::npos) {
        return {};
    }
    return line.substr(from, line.find_last_not_of(" \t\r") - from + 1);
}

Result<Pin> parse_pin(std::string_view line, std::size_t number) {
    const auto space = line.find_first_of(" \t");
    const auto fingerprint =
        space == std::string_view::npos ? std::string_view() : trimmed(line.substr(space));
    const auto bytes = from_base64url(fingerprint);
    if (!bytes || bytes->size() != fingerprint_bytes) {
        return fail(ErrorCode::config,
                    std::format("line {} is not \"host:port fingerprint\"", number));
    }
    return Pin{.server = std::string(line.substr(0, space)),
               .fingerprint = std::string(fingerprint)};
}

std::unexpected<Error> refuse(const std::string& server, std::string_view expected,
                              std::string_view actual, std::string_view source) {
    return fail(ErrorCode::wrong_identity,
                std::format("{} is not the server it should be. Its fingerprint is {}, but {} is "
                            "{}. Somebody may be in between, or the server was set up anew: ask "
                            "its owner before going on.",
                            server, actual, source, expected));
}

// Under a lock on the folder, so that two talkies that pin at once do not undo each other. The
// folder itself is locked because that leaves no lock file behind.
Result<ServerKnown> check_pins(const std::string& path, const std::string& server,
                               const std::string& fingerprint) {
    const auto folder = parent_of(path);
    std::error_code ignored;  // what matters is whether it can be opened
    std::filesystem::create_directories(folder, ignored);
    const File lock(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!lock.is_open() || ::flock(lock.fd(), LOCK_EX) != 0) {
        return fail_io("Cannot open the folder of the known servers,", folder);
    }
    auto text = read_text(path);
    if (!text) {
        return std::unexpected(std::move(text.error()));
    }
    const auto pins = parse_pins(*text);
    if (!pins) {
        return fail(ErrorCode::config, std::format("{}: {}.", path, pins.error().message));
    }
    if (const auto pin = std::ranges::find(*pins, server, &Pin::server); pin != pins->end()) {
        if (pin->fingerprint != fingerprint) {
            return refuse(server, pin->fingerprint, fingerprint,
                          std::format("the one pinned in {}", path));
        }
        return ServerKnown::before;
    }
    if (!text->empty() && text->back() != '\n') {
        *text += '\n';
    }
    *text += std::format("{} {}\n", server, fingerprint);
    if (auto written = replace_text(path, *text); !written) {
        return std::unexpected(std::move(written.error()));
    }
    return ServerKnown::first_use;
}

}  // namespace

std::string server_name_of(std::string_view host, std::uint16_t port) {
    std::string name(host);
    std::ranges::transform(name, name.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    const bool bare_v6 = name.contains(':') && !name.starts_with('[');
    return bare_v6 ? std::format("[{}]:{}", name, port) : std::format("{}:{}", name, port);
}

Result<std::vector<Pin>> parse_pins(std::string_view text) {
    std::vector<Pin> pins;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const auto end = text.find('\n');
        const auto line = trimmed(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (line.empty() || line.starts_with('#')) {
            continue;
        }
        auto pin = parse_pin(line, number);
        if (!pin) {
            return std::unexpected(std::move(pin.error()));
        }
        pins.push_back(std::move(*pin));
    }
    return pins;
}

Result<ServerKnown> check_server(const ServerTrust& trust, const std::string& server,
                                 const std::string& fingerprint) {
    if (trust.fingerprint && *trust.fingerprint != fingerprint) {
        return refuse(server, *trust.fingerprint, fingerprint, "the one that was asked for");
    }
    if (trust.known_servers_path.empty()) {
        if (!trust.fingerprint) {
            return fail(ErrorCode::config,
                        "Neither a fingerprint nor a file of known servers was given.");
        }
        return ServerKnown::before;
    }
    return check_pins(trust.known_servers_path, server, fingerprint);
}

}  // namespace partyline::client

#include "client/pins.hpp"

#include <algorithm>
#include <format>

#include "base/bytes.hpp"
#include "client/kept_file.hpp"

namespace partyline::client {
namespace {

constexpr std::string_view pins_kept = "the known servers";
constexpr std::string_view nothing_sent = "nothing was sent";
constexpr std::size_t fingerprint_bytes = 32;

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
               .fingerprint = std::string(fingerprint),
               .line = number};
}

/// What a person expected, and what they do when what they found instead is right.
struct Expectation {
    std::string_view fingerprint;
    std::string source;  // "the one that ..."
    std::string remedy;
    std::string_view sent = nothing_sent;
};

std::unexpected<Error> refuse(const std::string& server, std::string_view actual,
                              const Expectation& expected) {
    return fail(
        ErrorCode::wrong_identity,
        std::format("{0} is not the server it should be. Its fingerprint is {1}, but {2} is {3}. "
                    "Either somebody is in between and pretends to be the server, or it has a new "
                    "identity; {5}. Ask its owner for its fingerprint in some other "
                    "way. If it is {1}, {4}; if it is not, somebody listens in: do not go on.",
                    server, actual, expected.source, expected.fingerprint, expected.remedy,
                    expected.sent));
}

/// A file of pins, as it is now.
struct PinsFile {
    const std::string& path;
    const std::string& text;
};

/// `sent`: what the server has been told of us by now, as Expectation has it.
Result<ServerKnown> check_pins(const PinsFile& file, const std::string& server,
                               const std::string& fingerprint, std::string_view sent) {
    const auto& path = file.path;
    const auto pins = parse_pins(file.text);
    if (!pins) {
        return fail(ErrorCode::config, std::format("{}: {}.", path, pins.error().message));
    }
    const auto pin = std::ranges::find(*pins, server, &Pin::server);
    if (pin == pins->end()) {
        return ServerKnown::first_use;
    }
    if (pin->fingerprint != fingerprint) {
        return refuse(
            server, fingerprint,
            {.fingerprint = pin->fingerprint,
             .source = std::format("the one pinned in {}, line {},", path, pin->line),
             .remedy = std::format("delete line {} of {} and connect again", pin->line, path),
             .sent = sent});
    }
    return ServerKnown::before;
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
        return refuse(server, fingerprint,
                      {.fingerprint = *trust.fingerprint,
                       .source = "the one that was asked for",
                       .remedy = "ask for that one"});
    }
    if (trust.known_servers_path.empty()) {
        if (!trust.fingerprint) {
            return fail(ErrorCode::config,
                        "Neither a fingerprint nor a file of known servers was given.");
        }
        return ServerKnown::before;
    }
    const auto& path = trust.known_servers_path;
    const auto text = KeptFile::look(path, pins_kept);
    if (!text) {
        return std::unexpected(text.error());
    }
    return check_pins({.path = path, .text = *text}, server, fingerprint, nothing_sent);
}

Result<void> pin_server(const ServerTrust& trust, const std::string& server,
                        const std::string& fingerprint) {
    const auto& path = trust.known_servers_path;
    const auto file = KeptFile::open(path, pins_kept);
    if (!file) {
        return std::unexpected(file.error());
    }
    auto text = file->read();
    if (!text) {
        return std::unexpected(std::move(text.error()));
    }
    const auto known = check_pins({.path = path, .text = *text}, server, fingerprint,
                                  "all that it was told is your name and who you are");
    if (!known) {
        return std::unexpected(known.error());
    }
    if (*known == ServerKnown::before) {
        return {};
    }
    if (!text->empty() && text->back() != '\n') {
        *text += '\n';
    }
    *text += std::format("{} {}\n", server, fingerprint);
    return file->replace(*text);
}

}  // namespace partyline::client

// Which identity each server is known by.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "client/talkie.hpp"

namespace partyline::client {

/// "host:port" as it stands in the file: the host in lower case, an IPv6 address in brackets.
std::string server_name_of(std::string_view host, std::uint16_t port);

struct Pin {
    std::string server;  // server_name_of()
    std::string fingerprint;
    std::size_t line = 0;  // of the file, from 1
    bool operator==(const Pin&) const = default;
};

/// One pin a line; empty lines and those that begin with # are left alone. Fails with config,
/// naming the line: a line that cannot be read might be the pin that matters.
Result<std::vector<Pin>> parse_pins(std::string_view text);

enum class ServerKnown : std::uint8_t { before, first_use };

/// Decides whether the server that proved to be `fingerprint` is the one that is meant, before anything is sent to
/// it; on first use it is then to be pinned. Fails with wrong_identity, giving both fingerprints and what to do, when
/// it is pinned or insisted on otherwise: a pin is never overwritten. Fails with config, naming the file, when pins
/// cannot be read; the server is then not trusted. Writes nothing, and waits for no other talkie. [control]
Result<ServerKnown> check_server(const ServerTrust& trust, const std::string& server,
                                 const std::string& fingerprint);

/// Pins a server that check_server() has found to be met for the first time, and that has been told who we are since:
/// this waits for the disk, and for other talkies that do so. Fails as check_server(), should another talkie have
/// pinned it otherwise meanwhile, and with config when pins cannot be kept. [control]
Result<void> pin_server(const ServerTrust& trust, const std::string& server,
                        const std::string& fingerprint);

}  // namespace partyline::client

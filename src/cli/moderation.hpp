// Lines of input by which moderators keep order. Part of cli/administration.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "client/talkie.hpp"

namespace partyline::cli {

// `who` is somebody here: a name, or #12 for a session.

struct KickOut {
    std::string who;
    std::string reason;
    bool operator==(const KickOut&) const = default;
};
/// Without any of identity, account and address: by identity and, if they have one, account. Somebody
/// who is not here is banned by account, or by their identity, where that is what `who` is.
struct Ban {
    std::string who;  // empty: only the range
    bool identity = false;
    bool account = false;
    bool address = false;
    std::string range;
    std::string reason;
    std::uint32_t seconds = 0;  // 0: for good
    bool operator==(const Ban&) const = default;
};
struct Unban {
    std::uint64_t ban = 0;
    std::string reason;
    bool operator==(const Unban&) const = default;
};
struct Bans {
    std::uint64_t after = 0;
    bool operator==(const Bans&) const = default;
};
struct ServerMute {
    std::string who;
    bool mute = false;
    bool deafen = false;
    std::string reason;
    bool operator==(const ServerMute&) const = default;
};
struct MoveUser {
    std::string who;
    std::string room;  // empty: out of any
    std::string reason;
    bool operator==(const MoveUser&) const = default;
};
struct Audit {
    std::uint32_t entries = 0;  // 0: as many as a page holds
    std::uint64_t before = 0;   // 0: from the newest
    bool operator==(const Audit&) const = default;
};

using Moderate = std::variant<KickOut, Ban, Unban, Bans, ServerMute, MoveUser, Audit>;

/// What stands after the word; nothing for a word that begins none of these. Fails with malformed.
std::optional<Result<Moderate>> parse_moderation(std::string_view word,
                                                 const std::vector<std::string>& words);

/// Fails with unknown_person or unknown_channel.
Result<client::Administration> resolve(const Moderate& command,
                                       const std::vector<client::Room>& rooms,
                                       const std::vector<client::Person>& people);

/// "2026-11-28 22:00:00 UTC".
std::string time_in_words(std::int64_t unix_ms);
/// A line for each, for a person.
std::string lines_of(const client::BansReceived& bans);
std::string lines_of(const client::AuditReceived& audit);

}  // namespace partyline::cli

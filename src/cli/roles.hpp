// Lines of input about roles, what rooms say of them, and why somebody may do something. Part of
// cli/administration.hpp.
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

using Permissions = std::vector<std::uint8_t>;  // by number

struct Roles {
    bool operator==(const Roles&) const = default;
};
struct Grant {
    std::string who;  // here, or by account
    std::string role;
    bool give = true;
    bool operator==(const Grant&) const = default;
};
struct RoleCreate {
    std::string name;
    std::uint16_t rank = 0;
    Permissions grants;
    bool operator==(const RoleCreate&) const = default;
};
/// One of these changes.
struct RoleEdit {
    std::string role;
    std::optional<std::string> name;
    std::optional<std::uint16_t> rank;
    Permissions grant;
    Permissions withdraw;
    bool operator==(const RoleEdit&) const = default;
};
struct RoleDelete {
    std::string role;
    bool operator==(const RoleDelete&) const = default;
};
struct RoomRule {
    std::string room;
    std::string role;
    Permissions permissions;
    client::Ruling ruling = client::Ruling::inherit;
    bool operator==(const RoomRule&) const = default;
};
struct RoomRules {
    std::string room;
    bool operator==(const RoomRules&) const = default;
};
/// May somebody, here or in a room, and why?
struct Explain {
    std::uint8_t permission = 0;
    std::string room;  // empty: in none
    std::string who;   // here, or by account; empty: you
    bool operator==(const Explain&) const = default;
};

using RoleCommand =
    std::variant<Roles, Grant, RoleCreate, RoleEdit, RoleDelete, RoomRule, RoomRules, Explain>;

/// What stands after the word; nothing for words that begin none of these. Fails with malformed.
std::optional<Result<RoleCommand>> parse_roles(std::string_view word,
                                               const std::vector<std::string>& words);

/// Fails with unknown_channel or unknown_person.
Result<client::Administration> resolve(const RoleCommand& command,
                                       const std::vector<client::Room>& rooms,
                                       const std::vector<client::Person>& people);

/// A permission's rule in a sentence, for a person.
std::string sentence_for(const client::Explained::Step& step, std::string_view room);
/// A line for each role of which the room says something.
std::string lines_of(const client::RoomRulesReceived& rules, std::string_view room);

}  // namespace partyline::cli

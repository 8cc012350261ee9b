// Lines of input that ask for roles, for changes of the tree of rooms, and for order.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/error.hpp"
#include "cli/moderation.hpp"
#include "cli/roles.hpp"
#include "client/talkie.hpp"

namespace partyline::cli {

struct RoomCreate {
    std::string path;
    client::RoomPreset preset = client::RoomPreset::open;
    bool temporary = false;
    bool operator==(const RoomCreate&) const = default;
};
struct RoomEdit {
    std::string room;
    std::string what;
    std::string value;
    bool operator==(const RoomEdit&) const = default;
};
struct RoomMove {
    std::string room;
    std::string parent;  // empty: the top
    std::uint32_t order = 0;
    bool operator==(const RoomMove&) const = default;
};
struct RoomDelete {
    std::string room;
    bool operator==(const RoomDelete&) const = default;
};

using Administer = std::variant<RoomCreate, RoomEdit, RoomMove, RoomDelete, RoleCommand, Moderate>;

/// Whether this word begins one of these.
bool is_administration(std::string_view word);
/// What is after the word. Names with spaces stand in quotes. Fails with malformed, saying what it
/// could have been.
Result<Administer> parse_administration(std::string_view word, std::string_view rest);
/// With rooms and people looked up as they are. Fails with unknown_channel or unknown_person.
Result<client::Administration> resolve(const Administer& command,
                                       const std::vector<client::Room>& rooms,
                                       const std::vector<client::Person>& people);

}  // namespace partyline::cli

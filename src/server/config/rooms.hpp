// The [[room]] tables of the configuration file.
#pragma once

#include <toml++/toml.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "server/room/types.hpp"

namespace partyline::config {

/// Reads the array of tables under "room", rooms inside rooms included, into `channels`, parents
/// before their children. `file` stands in the messages. Fails with config.
Result<std::vector<room::Channel>> read_rooms(const toml::node& list, const std::string& file);

/// What there is without a file.
std::vector<room::Channel> default_rooms();
/// All that may stand in a [[room]].
std::vector<std::string_view> names_of_room_keys();
/// `channels` as they would stand in a file, after what each may say.
std::string explain_rooms(const std::vector<room::Channel>& channels);

}  // namespace partyline::config

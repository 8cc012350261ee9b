// The one form of every message about the configuration file: "file:line: key: what is wrong".
#pragma once

#include <toml++/toml.hpp>

#include <span>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace partyline::config {

std::unexpected<Error> complain(const std::string& file, const toml::node& where,
                                const std::string& key, const std::string& why);

/// Of what is no TOML, or says something twice. The key is looked for in the text.
std::unexpected<Error> complain_of_syntax(const std::string& file, std::string_view text,
                                          const toml::parse_error& error);

/// Fails for the first key of `table` that is not one of `known`, naming the one that was probably
/// meant. `path` is the table's own key; empty at the top.
Result<void> refuse_unknown_keys(const std::string& file, const toml::table& table,
                                 const std::string& path, std::span<const std::string_view> known);

}  // namespace partyline::config

// The keys of the configuration file, as one table: what reads the file and what explains it are
// the same.
#pragma once

#include <toml++/toml.hpp>

#include <expected>
#include <span>
#include <string>
#include <string_view>

#include "server/config/config.hpp"

namespace partyline::config {

/// What is wrong with a value, as the end of a sentence that begins with the key.
using Complaint = std::expected<void, std::string>;

/// Whether a running server takes a new value when it reads its file again (SIGHUP).
enum class Reload : bool { needs_restart, live };

struct Key {
    std::string_view name;
    /// A sentence or two for the owner; lines end with \n.
    std::string_view meaning;
    Complaint (*set)(Config& config, const toml::node& value);
    /// The value of `config` as it would stand in a file; empty: none was given.
    std::string (*show)(const Config& config);
    /// What to show, commented out, for a key that has no default.
    std::string_view example = {};
    Reload reload = Reload::needs_restart;
};

struct Section {
    /// "limits" stands for [limits]; empty: the top of the file.
    std::string_view heading;
    std::span<const Key> keys;
};

/// In the order of the file; the top comes first.
std::span<const Section> sections();

}  // namespace partyline::config

// What a change has changed, in words for the audit log.
#pragma once

#include <string>

#include "server/room/records.hpp"

namespace partyline::control {

/// What it grants: "grants see enter"; nothing: "grants nothing".
std::string in_words(const room::Role& role);
/// "now called DJ, rank 40 to 50, grants kick, no longer grants speak"; of what is the same nothing.
std::string changes_in_words(const room::Role& before, const room::Role& after);
/// What a room says of a role: "allows speak, denies write, no longer says enter".
std::string changes_in_words(const room::Override& before, const room::Override& after);

}  // namespace partyline::control

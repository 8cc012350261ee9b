// Who is meant by a word of input.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "client/talkie.hpp"

namespace partyline::cli {

/// Whoever is here by that name, matched exactly, else without regard to ASCII case when only one is called
/// so; or, by "#12", whose session that is.
std::optional<SessionId> somebody(const std::vector<client::Person>& people,
                                  const std::string& who);
/// Fails with unknown_person.
Result<SessionId> somebody_here(const std::vector<client::Person>& people, const std::string& who);

}  // namespace partyline::cli

// `doctor`: is everything there that a switchboard needs?
#pragma once

#include <iosfwd>

#include "base/clock.hpp"
#include "server/config/config.hpp"

namespace partyline::server {

/// Looks, changes nothing that lasts, and writes a line for each thing it has looked at. True when
/// there is nothing that would keep a switchboard from its work.
bool examine(const config::Config& config, const Clock& clock, std::ostream& out);

}  // namespace partyline::server

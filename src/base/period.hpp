// How people write how long something is to last: "90s", "15m", "2h", "7d", "4w".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace partyline {

/// In seconds, above zero. Fails with config, saying how it is written.
Result<std::uint32_t> parse_period(std::string_view text);

}  // namespace partyline

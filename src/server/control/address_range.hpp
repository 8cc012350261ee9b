// Ranges of addresses as people write them.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "server/room/records.hpp"

namespace partyline::control {

/// "203.0.113.7", "203.0.113.0/24", "2001:db8::/48"; what is behind the prefix does not matter. Fails
/// with invalid_name.
Result<room::AddressRange> parse_address_range(std::string_view text);
/// As parse_address_range() reads it. That of a single address has no prefix.
std::string to_text(const room::AddressRange& range);

}  // namespace partyline::control

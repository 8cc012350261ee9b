// What people, rooms and their messages may be called and contain.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace partyline::room {

/// Fails with invalid_name, saying what is wrong with it.
Result<void> check_person_name(std::string_view name);
Result<void> check_channel_name(std::string_view name);
/// Fails with too_large or not_permitted. An empty topic is fine, an empty text is not.
Result<void> check_topic(std::string_view topic);
Result<void> check_text(std::string_view text);

/// Equal for names that are to count as the same: ASCII letters in either case, spaces of any
/// kind, and with or without the zero-width joiner. `name` is well-formed UTF-8.
std::string fold_name(std::string_view name);

}  // namespace partyline::room

// What people, rooms and their messages may be called and contain.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace partyline::room {

/// Who asks at the machine itself, as the audit log has it. Nobody else may be called that.
inline constexpr std::string_view at_the_machine_name = "(at the machine)";

/// Fails with invalid_name, saying what is wrong with it.
Result<void> check_person_name(std::string_view name);
Result<void> check_channel_name(std::string_view name);
/// Fails with too_large or not_permitted. An empty topic is fine, an empty text is not.
Result<void> check_topic(std::string_view topic);
Result<void> check_text(std::string_view text);
/// Fails with too_large or not_permitted; an empty one is fine.
Result<void> check_reason(std::string_view reason);

/// The form in which a name is kept and told: Unicode's NFC (UAX #15), so that what looks like one
/// letter is one. `name` is well-formed UTF-8.
std::string normal_name(std::string_view name);
/// The same of a topic; but as it is where only its normal form is too long, as a few letters have a longer one.
std::string normal_topic(std::string_view topic);

/// Equal for names that are to count as the same: NFKC_Casefold (Unicode 3.13), which makes no
/// difference of upper and lower case, composed and decomposed letters, full-width forms, ligatures,
/// and what does not show; and spaces of any kind. `name` is well-formed UTF-8.
std::string fold_name(std::string_view name);

}  // namespace partyline::room

// Commands of an account: what the talkie is asked, with the passwords from where passwords come from.
#pragma once

#include <string_view>

#include "base/error.hpp"
#include "cli/command.hpp"
#include "cli/options.hpp"
#include "client/talkie.hpp"

namespace partyline::cli {

/// The command of an account, as Refused names it; nothing for others.
std::string_view account_word(const Command& command);
/// What account_word() has a word for. Fails with config where a password is missing, saying where from it
/// is read.
Result<client::AccountCommand> account_command(const Command& command, const Options& options);

}  // namespace partyline::cli

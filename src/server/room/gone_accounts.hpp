// What an account is called once it is deleted. Its name is free for others by then, and what it wrote
// must not be taken for theirs: so it has a word that is nobody's name.
#pragma once

#include <charconv>
#include <format>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "base/ids.hpp"

namespace partyline::room {

/// No person's name begins with it, however it is spelt.
inline constexpr std::string_view gone_account_prefix = "account:";

/// "account:12"
inline std::string gone_account_word(AccountId id) {
    return std::format("{}{}", gone_account_prefix, id.value);
}

/// The account that such a word means.
inline std::optional<AccountId> gone_account(std::string_view word) {
    if (!word.starts_with(gone_account_prefix)) {
        return std::nullopt;
    }
    word.remove_prefix(gone_account_prefix.size());
    AccountId id{};
    const auto* end = word.data() + word.size();
    const auto read = std::from_chars(word.data(), end, id.value);
    return read.ec == std::errc{} && read.ptr == end && id ? std::optional(id) : std::nullopt;
}

}  // namespace partyline::room

// Whom a message is for, and whose read markers and mentions are counted.
#pragma once

#include <array>
#include <compare>
#include <cstddef>

#include "base/ids.hpp"

namespace partyline::room {

/// A device's Ed25519 public key.
using Identity = std::array<std::byte, 32>;

/// An account, or a guest's device. A device that is linked to an account is nobody by itself.
struct Person {
    AccountId account{};
    Identity identity{};  // zeros for an account

    static Person of(AccountId account) { return {.account = account, .identity = {}}; }
    static Person of(const Identity& identity) { return {.account = {}, .identity = identity}; }
    auto operator<=>(const Person&) const = default;
};

}  // namespace partyline::room

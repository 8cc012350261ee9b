// What the tests of this folder share: who somebody is, and what a command came to.
#pragma once

#include <cstddef>

#include "base/error.hpp"
#include "server/room/person.hpp"

namespace partyline::room {

/// Another for each number below 65,536.
inline Identity identity(std::size_t number) {
    Identity bytes{};
    bytes[0] = static_cast<std::byte>(number / 256);
    bytes[1] = static_cast<std::byte>(number % 256);
    return bytes;
}

/// `unspecified` if it succeeded.
template <class Value>
ErrorCode code(const Result<Value>& result) {
    return result ? ErrorCode::unspecified : result.error().code;
}

}  // namespace partyline::room

// People as they stand in the tables: an account is 8 bytes, big-endian, a guest the 32 of its identity.
#pragma once

#include <SQLiteCpp/Database.h>

#include <cstddef>

#include "base/bytes.hpp"
#include "server/room/person.hpp"

namespace partyline::store {

inline constexpr std::size_t account_bytes = 8;

[[nodiscard]] Bytes key_of(AccountId account);
/// Just as they are given.
[[nodiscard]] Bytes key_of(const room::Person& person);
/// A device that is linked to an account by now is that account.
[[nodiscard]] Bytes key_of(SQLite::Database& database, const room::Person& person);
[[nodiscard]] room::Person person_of(const Bytes& key);

}  // namespace partyline::store

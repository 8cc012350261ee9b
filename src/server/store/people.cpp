#include "server/store/people.hpp"

#include <algorithm>
#include <cstdint>

#include "server/store/statement.hpp"

namespace partyline::store {

Bytes key_of(AccountId account) {
    Bytes key;
    for (std::size_t i = account_bytes; i-- > 0;) {
        key.push_back(static_cast<std::byte>(account.value >> (8 * i)));
    }
    return key;
}

Bytes key_of(const room::Person& person) {
    return person.account ? key_of(person.account)
                          : Bytes(person.identity.begin(), person.identity.end());
}

Bytes key_of(SQLite::Database& database, const room::Person& person) {
    auto key = key_of(person);
    if (!person.account) {
        for_rows(
            database, "SELECT account FROM device WHERE identity = ?",
            [&](Row row) { key = key_of(row.id<AccountId>()); }, ByteView(person.identity));
    }
    return key;
}

room::Person person_of(const Bytes& key) {
    room::Person person;
    if (key.size() == account_bytes) {
        for (const auto byte : key) {
            person.account.value =
                (person.account.value << 8U) | std::to_integer<std::uint64_t>(byte);
        }
    } else {
        std::ranges::copy_n(key.begin(), std::min(std::ssize(key), std::ssize(person.identity)),
                            person.identity.begin());
    }
    return person;
}

}  // namespace partyline::store

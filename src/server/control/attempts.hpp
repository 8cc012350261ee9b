// How often passwords, codes and tokens may be tried, and accounts claimed. Codes and tokens nobody guesses: they count
// by address alone. A guess of a password is counted for its account and address, and for its account at
// large unless a device of it is here from that address: guesses from ten addresses (of IPv6: networks
// of 64 bits) keep out a new device only elsewhere, where a recovery code still works.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "net/endpoint.hpp"
#include "server/control/limits.hpp"
#include "server/control/token_bucket.hpp"

namespace partyline::control {

/// Owned by the Switchboard. One thread.
class Attempts {
public:
    explicit Attempts(const Limits& limits)
        : of_account_here_(limits.password_attempts),
          of_account_(limits.password_attempts_per_account),
          of_address_(limits.password_attempts_per_address),
          of_rooms_(limits.room_password_attempts_per_address),
          of_claims_(limits.claims_per_address) {}

    /// Counts one try, of whatever; fails with rate_limited and the time until the next.
    Result<void> take(const net::Endpoint& address, TimePoint now);
    /// Who guesses an account's password: anybody, or one who is linked to it or beside one who is.
    enum class Who : std::uint8_t { anybody, linked };
    /// Counts one guess beside. What anybody guesses counts wherever it comes from. `account` is folded,
    /// and need not exist.
    Result<void> guess(const net::Endpoint& address, const std::string& account, Who who,
                       TimePoint now);
    /// The same for a room's password. These are counted by address alone, and apart: whoever knows
    /// the password must get in, whatever others try.
    Result<void> take_for_room(const net::Endpoint& address, TimePoint now);
    /// Whether one more account may be claimed from the site of the address, as site_address() has it: accounts
    /// last, and networks of 64 bits cost nothing.
    Result<void> check_claim(const net::Endpoint& address, TimePoint now);
    /// Counts one that may.
    void note_claim(const net::Endpoint& address, TimePoint now);

private:
    template <class Key>
    class Book {
    public:
        explicit Book(Rate rate) : rate_(rate) {}
        /// Until the next call. Fails while too many others are counted.
        Result<TokenBucket*> bucket(const Key& key, TimePoint now);
        Result<void> take(const Key& key, TimePoint now);

    private:
        Rate rate_;
        std::unordered_map<Key, TokenBucket> buckets_;
    };

    Book<std::string> of_account_here_;  // by account and address
    Book<std::string> of_account_;
    Book<net::Endpoint> of_address_;
    Book<net::Endpoint> of_rooms_;
    Book<net::Endpoint> of_claims_;
};

}  // namespace partyline::control

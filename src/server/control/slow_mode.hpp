// When each person last wrote in each room that asks for a pause between two texts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <tuple>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/ids.hpp"
#include "server/room/records.hpp"

namespace partyline::control {

/// Owned by the Switchboard. One thread. A person is an account, or the device of somebody who has
/// none: a new connection is still the same person.
class SlowMode {
public:
    struct Writer {
        room::Identity identity{};
        AccountId account{};  // zero: none
        ChannelId channel{};
        /// Of a text that may come again; its repeat, which is no other text, is let through. Zero:
        /// none.
        std::uint64_t nonce = 0;
    };
    /// Counts one text; fails with rate_limited and the time until the next.
    Result<void> take(const Writer& writer, Duration pause, TimePoint now);
    /// The text that was counted last has come to nothing.
    void give_back(const Writer& writer);

    [[nodiscard]] std::size_t remembered() const { return last_.size(); }

private:
    using Key = std::tuple<ChannelId, AccountId, room::Identity>;
    struct Last {
        TimePoint wrote;
        TimePoint until;  // from then on it matters no more
        room::Identity identity{};
        std::uint64_t nonce = 0;
    };

    static Key key_of(const Writer& writer);
    void make_room(TimePoint now);

    std::map<Key, Last> last_;
};

}  // namespace partyline::control

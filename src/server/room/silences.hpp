// Whom a moderator has muted or deafened, for as long as the server runs: whoever comes back, or on
// another device of the same account, still is.
#pragma once

#include <cstddef>
#include <map>

#include "base/ids.hpp"
#include "server/room/records.hpp"

namespace partyline::room {

struct Silence {
    bool mute = false;
    bool deafen = false;
    bool operator==(const Silence&) const = default;
};

/// Owned by the room model. It is kept for the account, and for the device of whoever has none: so
/// it has to be told when a device comes to an account, or leaves one.
class Silences {
public:
    /// `account` is zero for a guest, here as below.
    void set(const Identity& identity, AccountId account, Silence silence) {
        account ? put(accounts_, account, silence) : put(identities_, identity, silence);
    }
    [[nodiscard]] Silence of(const Identity& identity, AccountId account) const {
        return account ? get(accounts_, account) : get(identities_, identity);
    }
    void linked(const Identity& identity, AccountId account) {
        put(accounts_, account, both(get(accounts_, account), get(identities_, identity)));
        identities_.erase(identity);
    }
    void unlinked(const Identity& identity, AccountId account) {
        put(identities_, identity, get(accounts_, account));
    }
    [[nodiscard]] std::size_t size() const { return identities_.size() + accounts_.size(); }

private:
    static Silence both(Silence a, Silence b) {
        return {.mute = a.mute || b.mute, .deafen = a.deafen || b.deafen};
    }
    template <class Map, class Key>
    static void put(Map& map, const Key& key, Silence silence) {
        if (silence == Silence{}) {
            map.erase(key);
        } else {
            map.insert_or_assign(key, silence);
        }
    }
    template <class Map, class Key>
    static Silence get(const Map& map, const Key& key) {
        const auto found = map.find(key);
        return found == map.end() ? Silence{} : found->second;
    }

    std::map<Identity, Silence> identities_;
    std::map<AccountId, Silence> accounts_;
};

}  // namespace partyline::room

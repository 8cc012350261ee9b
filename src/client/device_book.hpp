// Whose key is whose: the devices of peers, checked without trusting the server.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "crypto/identity.hpp"
#include "crypto/key_share.hpp"
#include "wire/control.hpp"

namespace partyline::client {

/// Our own half of every pair.
struct OwnDevice {
    crypto::PublicKey server_id{};
    SessionId session{};
    crypto::PublicKey identity{};
    crypto::AgreementKey agreement;
};

/// Devices seen during this connection, with the keys for shares between each and us, so that a
/// Diffie-Hellman result is computed once. Owned by KeyExchange; the keys for whispers are shared by
/// it, too. One thread.
class DeviceBook {
public:
    /// Both outlive the book.
    DeviceBook(const OwnDevice& own, const Clock& clock) : own_(own), clock_(clock) {}

    /// Takes a member's device if its identity vouches for it and has not expired; a renewed one
    /// replaces the old expiry. A session keeps its keys for life, so other keys for a known
    /// session are refused: somebody is meddling.
    bool admit(const wire::Member& member);
    /// The session has ended. A server never gives its id to another, so from now on no device is
    /// taken for it: otherwise the server could say that somebody went and came, and play their
    /// old shares and frames again.
    void forget(SessionId session) {
        if (devices_.erase(session) > 0) {
            gone_.insert(session);
        }
    }

    /// Sessions that were unknown when this was asked last.
    [[nodiscard]] std::vector<SessionId> take_learnt() { return std::exchange(learnt_, {}); }

    /// Null for a session that is unknown.
    [[nodiscard]] const crypto::PublicKey* identity(SessionId session) const;
    /// Nothing for a session that is unknown, or whose device has expired.
    [[nodiscard]] const crypto::SharePair* pair(SessionId session) const;

private:
    struct Device {
        crypto::PeerKeys keys;
        crypto::SharePair pair;
        std::int64_t expiry_unix_ms = 0;
    };

    const OwnDevice& own_;
    const Clock& clock_;
    std::unordered_map<SessionId, Device> devices_;
    std::unordered_set<SessionId> gone_;
    std::vector<SessionId> learnt_;
};

}  // namespace partyline::client

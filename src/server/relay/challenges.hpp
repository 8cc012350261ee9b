// Proving that a talkie receives where it seems to be, before anything is streamed there.
#pragma once

#include <array>
#include <optional>

#include "base/clock.hpp"
#include "server/relay/limits.hpp"
#include "server/relay/seat.hpp"
#include "wire/datagram.hpp"

namespace partyline::relay {

using Nonce = wire::ProbeBody;

/// Fills with bytes that nobody can guess; a parameter, so that the simulator is repeatable.
using FillRandom = void (*)(MutableByteView);

/// The challenges that are out for one route. Owned by the route. One thread.
class Challenges {
public:
    explicit Challenges(FillRandom fill_random) : fill_random_(fill_random) {}

    /// What to send to `to` now; nothing when the last challenge went out a moment ago. One address
    /// gets the same nonce again until that expires, so that an echo under way stays good.
    std::optional<Nonce> issue(const PeerAddress& to, TimePoint now);
    /// Whether `body` is the nonce that was sent to `from` and has not expired. A good echo ends
    /// all that is outstanding.
    bool redeem(const PeerAddress& from, ByteView body, TimePoint now);

private:
    struct Outstanding {
        PeerAddress to;
        Nonce nonce{};
        TimePoint expires_at = TimePoint::min();
    };

    FillRandom fill_random_;
    std::array<Outstanding, challenges_max> outstanding_{};
    TimePoint next_at_ = TimePoint::min();
};

}  // namespace partyline::relay

#include "server/relay/challenges.hpp"

#include <algorithm>

namespace partyline::relay {

std::optional<Nonce> Challenges::issue(const PeerAddress& to, TimePoint now) {
    if (now < next_at_) {
        return std::nullopt;
    }
    next_at_ = now + challenge_gap_min;
    const auto same = std::ranges::find_if(
        outstanding_, [&](const Outstanding& one) { return one.to == to && now < one.expires_at; });
    if (same != outstanding_.end()) {
        return same->nonce;
    }
    auto& oldest = *std::ranges::min_element(outstanding_, {}, &Outstanding::expires_at);
    oldest.to = to;
    oldest.expires_at = now + challenge_lifetime;
    fill_random_(oldest.nonce);
    return oldest.nonce;
}

bool Challenges::redeem(const PeerAddress& from, ByteView body, TimePoint now) {
    const bool good = std::ranges::any_of(outstanding_, [&](const Outstanding& one) {
        return one.to == from && now < one.expires_at && std::ranges::equal(one.nonce, body);
    });
    if (good) {
        outstanding_ = {};
    }
    return good;
}

}  // namespace partyline::relay

#include "client/device_book.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "crypto/handshake.hpp"

namespace partyline::client {
namespace {

template <std::size_t Size>
std::optional<std::array<std::byte, Size>> exactly(const Bytes& bytes) {
    if (bytes.size() != Size) {
        return std::nullopt;
    }
    std::array<std::byte, Size> out;
    std::ranges::copy(bytes, out.begin());
    return out;
}

// As crypto::verify_device grants it.
constexpr std::int64_t expiry_grace_ms = 60LL * 60 * 1000;

}  // namespace

bool DeviceBook::admit(const wire::Member& member) {
    const auto identity = exactly<crypto::public_key_bytes>(member.identity);
    const auto x25519 = exactly<crypto::public_key_bytes>(member.x25519);
    const auto signature = exactly<crypto::signature_bytes>(member.device.signature);
    if (!identity || !x25519 || !signature || gone_.contains(member.session)) {
        return false;
    }
    const crypto::DeviceClaim claim{.server_id = own_.server_id,
                                    .x25519 = *x25519,
                                    .expiry_unix_ms = member.device.expiry_unix_ms};
    if (!crypto::verify_device(*identity, claim, *signature, clock_.unix_ms())) {
        return false;
    }
    if (const auto known = devices_.find(member.session); known != devices_.end()) {
        auto& device = known->second;
        if (device.keys.identity != *identity || device.keys.x25519 != *x25519) {
            return false;
        }
        device.expiry_unix_ms = std::max(device.expiry_unix_ms, member.device.expiry_unix_ms);
        return true;
    }
    const crypto::PeerKeys theirs{.identity = *identity, .x25519 = *x25519};
    auto pair = crypto::SharePair::create(
        own_.agreement, {.identity = own_.identity, .x25519 = own_.agreement.public_key()}, theirs,
        own_.server_id);
    if (!pair) {
        return false;
    }
    devices_.emplace(member.session, Device{.keys = theirs,
                                            .pair = std::move(*pair),
                                            .expiry_unix_ms = member.device.expiry_unix_ms});
    learnt_.push_back(member.session);
    return true;
}

const crypto::PublicKey* DeviceBook::identity(SessionId session) const {
    const auto at = devices_.find(session);
    return at == devices_.end() ? nullptr : &at->second.keys.identity;
}

const crypto::SharePair* DeviceBook::pair(SessionId session) const {
    const auto at = devices_.find(session);
    if (at == devices_.end() || at->second.expiry_unix_ms + expiry_grace_ms <= clock_.unix_ms()) {
        return nullptr;
    }
    return &at->second.pair;
}

}  // namespace partyline::client

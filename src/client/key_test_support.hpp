// Peers with keys, for the tests of key exchange.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "client/device_book.hpp"
#include "client/handshake.hpp"
#include "client/key_exchange.hpp"
#include "client/test_support.hpp"
#include "crypto/identity.hpp"
#include "crypto/key_share.hpp"

namespace partyline::client::test {

/// A session with an identity and a device, as the server would tell of it.
struct Peer {
    explicit Peer(std::uint32_t number) : session{number} {
        crypto::fill_random(secret.mutable_view());
        agreement = crypto::AgreementKey::from_secret(secret);
    }

    [[nodiscard]] wire::Member member(std::int64_t now_unix_ms) const {
        return {
            .session = session,
            .identity = to_bytes(identity.public_key()),
            .x25519 = to_bytes(agreement.public_key()),
            .device = make_device_key(identity, server_id(), agreement.public_key(), now_unix_ms)};
    }
    [[nodiscard]] OwnDevice device() const {
        return {.server_id = server_id(),
                .session = session,
                .identity = identity.public_key(),
                .agreement = crypto::AgreementKey::from_secret(secret)};
    }
    [[nodiscard]] crypto::SharePair pair_with(const Peer& other) const {
        return crypto::SharePair::create(
                   agreement, {.identity = identity.public_key(), .x25519 = agreement.public_key()},
                   {.identity = other.identity.public_key(),
                    .x25519 = other.agreement.public_key()},
                   server_id())
            .value();
    }

    SessionId session;
    crypto::Identity identity = crypto::Identity::generate();
    crypto::Secret<32> secret;
    crypto::AgreementKey agreement = crypto::AgreementKey::generate();
};

inline crypto::SenderKeyMaterial copy(const crypto::SenderKeyMaterial& material) {
    return {.generation = material.generation, .step = material.step, .key = material.key.clone()};
}

/// Lets time pass for what hands keys out, with a tick whenever one is due.
template <class Keys>
void run(Keys& keys, ManualClock& clock, Duration duration) {
    const auto end = clock.now() + duration;
    while (keys.next_tick() && *keys.next_tick() <= end) {
        clock.set(std::max(*keys.next_tick(), clock.now() + std::chrono::microseconds(1)));
        keys.tick();
    }
    clock.set(end);
    keys.tick();
}

/// The server answers all that waits for it.
template <class Keys>
void answer_all(Keys& keys, std::vector<std::uint64_t>& tickets,
                const std::optional<Error>& error) {
    for (const auto ticket : std::exchange(tickets, {})) {
        keys.answered(ticket, error);
    }
}

/// What came out in the words that `tell` has for each; what it has none for is left out.
template <class Keys, class Tell>
std::string take_words(Keys& keys, Tell tell) {
    std::string told;
    for (auto& output : keys.take_outputs()) {
        const auto line = std::visit(tell, output);
        if (!line.empty()) {
            told += (told.empty() ? "" : "; ") + line;
        }
    }
    return told;
}

}  // namespace partyline::client::test

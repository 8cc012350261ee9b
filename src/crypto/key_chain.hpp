// The ratchet chain of one generation of a sender key, as a receiver holds it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "crypto/keys.hpp"

namespace partyline::crypto {

inline constexpr std::uint16_t steps_ahead_max = 1024;
inline constexpr std::chrono::seconds old_step_lifetime{2};

/// Knows the keys from the oldest step it still holds onwards. The head is the newest step that the
/// speaker is proven to have reached; only advance() moves it.
///
/// Asking for another step's key costs one HKDF a step, and a forged frame can ask. So every 16th
/// key on the way is kept, as far as steps_ahead_max from the head to either side: however many
/// frames claim to be of another step, each step of that way is walked once, and a frame costs at
/// most 15 HKDFs after that. The keys kept follow from others that are held, so keeping them tells
/// an intruder nothing more.
///
/// One thread; time is passed in.
class KeyChain {
public:
    static constexpr std::uint16_t checkpoint_spacing = 16;
    /// Keys held of steps before the head, at most; beyond that the oldest go before their time.
    static constexpr std::size_t passed_links_max = 160;

    KeyChain(std::uint16_t first_step, Secret<32> first_key);

    /// The step the chain began with: nothing before it was ever for us.
    [[nodiscard]] std::uint16_t first_step() const { return first_step_; }
    /// The earliest step whose key can still be had.
    [[nodiscard]] std::uint16_t oldest_step() const { return links_.front().step; }
    [[nodiscard]] std::uint16_t head_step() const { return head_step_; }

    /// The key of `step`, which is not before oldest_step() and at most steps_ahead_max above
    /// head_step(). Moves nothing.
    Secret<32> key_at(std::uint16_t step);

    /// The speaker has reached `step`, whose key this is and which is above head_step(). The steps
    /// before it, as far as steps_ahead_max back, can be had for another old_step_lifetime.
    void advance(std::uint16_t step, Secret<32> key, TimePoint now);

    /// Forgets the steps whose time is over.
    void expire(TimePoint now);

    /// How many HKDF steps were computed so far: the bound above is tested by it.
    [[nodiscard]] std::uint64_t ratchets() const { return ratchets_; }
    [[nodiscard]] std::size_t links() const { return links_.size(); }

private:
    /// A step whose key is at hand.
    struct Link {
        std::uint16_t step = 0;
        Secret<32> key;
        std::optional<TimePoint> superseded_at;  // none: the head, or ahead of it
    };

    /// Where `step` stands or would stand.
    std::vector<Link>::iterator position(std::uint16_t step);
    void drop_distant();

    std::vector<Link> links_;  // ascending by step; never empty, as the head is one of them
    std::uint16_t first_step_;
    std::uint16_t head_step_;
    std::uint64_t ratchets_ = 0;
};

}  // namespace partyline::crypto

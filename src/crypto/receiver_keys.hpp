// What one listener holds of one speaker's stream: generations, steps, and which frames it has
// opened.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "crypto/key_chain.hpp"
#include "crypto/replay_window.hpp"
#include "crypto/sender_key.hpp"
#include "crypto/sframe.hpp"

namespace partyline::crypto {

inline constexpr std::size_t generations_kept_max = 3;
inline constexpr std::chrono::seconds old_generation_lifetime{10};

enum class OpenFailure : std::uint8_t {
    malformed,    // not an SFrame ciphertext of ours
    unknown_key,  // a generation that is not here yet, or more than steps_ahead_max ahead: ask
                  // for the key
    replayed,     // opened before, or too old: behind the window, or of a step or generation whose
                  // time is over or began before we were given the key
    not_authentic,  // wrong key, changed bytes, or another speaker's or stream's frame
};

/// Keys of one speaker and stream. A later step is derived tentatively and kept only after a frame
/// opened under it: a frame that does not open changes nothing that can be seen, and what it can
/// cost is bounded (key_chain.hpp).
///
/// Keep it for as long as the speaker's session is known: dropping it and making another would let
/// the server play old shares and frames again. For a room that one leaves there is forget_keys().
///
/// One thread; time is passed in.
class ReceiverKeys {
public:
    /// Takes a share's key. What it does depends on the share's generation:
    /// - above every one taken before: it is the current generation from now on, and the one before
    ///   ends after old_generation_lifetime. At most generations_kept_max are kept.
    /// - the current one, at most steps_ahead_max ahead of what was heard: the key must be the one
    ///   that the chain held gives for that step. If it is, a later step becomes the newest one
    ///   known, and any other changes nothing. If it is not, the share is refused, and so are all
    ///   that follow for this generation.
    /// - the current one, further ahead: the chain goes on from there, and nothing before that step
    ///   opens any more. This is how the answer to a KeyRequest reaches a listener left behind.
    /// - the current one, after forget_keys(): it is taken again.
    /// - an older one: refused.
    /// Fails with bad_key_share when it refuses, and for a step before the one that the generation
    /// was first given at.
    Result<void> add(SenderKeyMaterial material, TimePoint now);

    /// Opens the SFrame ciphertext of a record into `out` (room for its size); says how many bytes.
    std::expected<std::size_t, OpenFailure> open(ByteView sealed, const FrameContext& context,
                                                 MutableByteView out, TimePoint now);

    /// Forgets steps and generations whose time is over. Called by open(), and by the owner now
    /// and then for speakers who are silent.
    void expire(TimePoint now);

    /// Wipes all keys, and keeps what stops replays: the newest generation and the counters seen.
    void forget_keys() { generations_.clear(); }

    [[nodiscard]] bool has_generation(std::uint32_t generation) const;
    [[nodiscard]] std::size_t generations() const { return generations_.size(); }

private:
    /// Ready-made keys of steps that frames opened under, at most: the current one and those that
    /// late frames still come under. Others are derived again from the chain.
    static constexpr std::size_t ready_keys_max = 4;

    struct Generation {
        std::uint32_t number = 0;
        KeyChain chain;
        std::vector<SFrameKey> ready{};  // the last opened under is the last
        std::optional<TimePoint> superseded_at{};
        bool disputed = false;  // its speaker has given two keys for one step
    };

    Generation* find(std::uint32_t number);
    static Result<void> confirm(Generation& held, SenderKeyMaterial material, TimePoint now);
    static std::optional<std::size_t> open_under(Generation& generation, std::uint64_t kid,
                                                 ByteView sealed, const FrameContext& context,
                                                 MutableByteView out, TimePoint now);

    std::vector<Generation> generations_;  // newest last; all but that one are superseded
    std::uint32_t newest_ever_ = 0;
    ReplayWindow window_;
};

}  // namespace partyline::crypto

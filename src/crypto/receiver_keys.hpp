// What one listener holds of one speaker's stream: generations, steps, and which frames it has
// opened.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "crypto/replay_window.hpp"
#include "crypto/sender_key.hpp"
#include "crypto/sframe.hpp"

namespace partyline::crypto {

inline constexpr std::size_t generations_kept_max = 3;
inline constexpr std::uint16_t steps_ahead_max = 1024;
inline constexpr std::chrono::seconds old_step_lifetime{2};
inline constexpr std::chrono::seconds old_generation_lifetime{10};

enum class OpenFailure : std::uint8_t {
    malformed,     // not an SFrame ciphertext of ours
    unknown_key,   // no such generation here, or more than steps_ahead_max ahead: ask for the key
    replayed,      // this counter was opened before, or is older than the window
    not_authentic, // wrong key, changed bytes, or another speaker's or stream's frame
};

/// Keys of one speaker and stream. A later step is derived tentatively and kept only after a frame
/// opened under it. One thread; time is passed in.
class ReceiverKeys {
public:
    /// Takes a share's key. Fails with bad_key_share unless its generation is above every one taken
    /// before, or equal to the current one with a step above the one it was first given at (the
    /// answer to a KeyRequest may repeat what is held already: that is fine and changes nothing).
    /// Keeps at most generations_kept_max.
    Result<void> add(SenderKeyMaterial material, TimePoint now);

    /// Opens the SFrame ciphertext of a record into `out` (room for its size); says how many bytes.
    std::expected<std::size_t, OpenFailure> open(ByteView sealed, const FrameContext& context,
                                                 MutableByteView out, TimePoint now);

    /// Forgets steps and generations whose time is over. Called by open(), and by the owner now
    /// and then for speakers who are silent.
    void expire(TimePoint now);

    [[nodiscard]] bool has_generation(std::uint32_t generation) const;
    [[nodiscard]] std::size_t generations() const { return generations_.size(); }

private:
    struct Step {
        std::uint16_t step = 0;
        SFrameKey key;
        std::optional<TimePoint> superseded_at;
    };
    struct Generation {
        std::uint32_t number = 0;
        std::uint16_t head_step = 0;  // the newest step committed; `head_key` is its key
        Secret<32> head_key;
        std::vector<Step> steps;  // opened under lately, newest last
        std::optional<TimePoint> superseded_at;
    };

    std::vector<Generation> generations_;  // newest last
    std::uint32_t newest_ever_ = 0;
    ReplayWindow window_;
};

}  // namespace partyline::crypto

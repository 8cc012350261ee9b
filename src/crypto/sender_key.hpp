// A speaker's own key for one stream: generations, ratchet steps, sealing.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/ids.hpp"
#include "crypto/keys.hpp"
#include "crypto/sframe.hpp"

namespace partyline::crypto {

/// KID = generation << 16 | step (docs/protocol.md, "Sender keys").
constexpr std::uint64_t make_kid(std::uint32_t generation, std::uint16_t step) {
    return (std::uint64_t{generation} << 16U) | step;
}
constexpr std::uint32_t generation_of(std::uint64_t kid) {
    return static_cast<std::uint32_t>(kid >> 16U);
}
constexpr std::uint16_t step_of(std::uint64_t kid) { return static_cast<std::uint16_t>(kid); }
/// KIDs name 32-bit generations; anything above is refused before use.
inline constexpr std::uint64_t kid_max = (std::uint64_t{0xFFFFFFFF} << 16U) | 0xFFFF;

/// The next ratchet step: HKDF-SHA-256 with info `partyline/1 ratchet`. One way.
Secret<32> ratchet(const Secret<32>& key);

/// What SFrame binds besides the frame: server id ‖ speaker (u32) ‖ stream-and-flags byte.
struct FrameContext {
    PublicKey server_id{};
    SessionId speaker{};
    std::uint8_t stream_and_flags = 0;
};
inline constexpr std::size_t frame_metadata_bytes = 32 + 4 + 1;
std::array<std::byte, frame_metadata_bytes> frame_metadata(const FrameContext& context);

/// The material that a share hands over.
struct SenderKeyMaterial {
    std::uint32_t generation = 0;
    std::uint16_t step = 0;
    Secret<32> key;
};

/// Holds the current key of one stream. Who decides when to step or to take a fresh key is
/// client's key exchange; this class makes the result right. One thread.
class SenderKey {
public:
    /// Starts with a fresh random key of generation 1, step 0.
    SenderKey();

    /// A fresh random key of the next generation; step 0.
    void rotate();
    /// The next step of this generation. At the last step (65,535) rotates instead; true if so.
    bool step();

    [[nodiscard]] std::uint32_t generation() const { return generation_; }
    [[nodiscard]] std::uint16_t current_step() const { return step_; }
    [[nodiscard]] std::uint64_t kid() const { return make_kid(generation_, step_); }
    /// For a share: the key of the current step, from which earlier ones cannot be had.
    [[nodiscard]] SenderKeyMaterial material() const;

    /// Seals one frame; `counter` is the stream's, above that of every frame before, and never
    /// restarts, not even with a new key. As SFrameKey::seal otherwise.
    std::size_t seal(std::uint64_t counter, const FrameContext& context, ByteView plaintext,
                     MutableByteView out);

private:
    void derive();

    std::uint32_t generation_ = 1;
    std::uint16_t step_ = 0;
    Secret<32> key_;
    std::optional<SFrameKey> sframe_;
    std::optional<std::uint64_t> last_counter_;
};

}  // namespace partyline::crypto

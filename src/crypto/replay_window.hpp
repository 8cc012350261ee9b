// Which counters of a stream of packets have been seen (RFC 6479).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace partyline::crypto {

/// A ring of bit blocks: moving on clears whole blocks and never shifts bits. Accepts each counter
/// once, in any order within the window, and none that is older than the window. One thread, no
/// allocation, about 300 bytes.
class ReplayWindow {
public:
    /// Counters at most this far behind the highest accepted one are still judged one by one.
    static constexpr std::uint64_t window = 2048;

    /// True if `counter` would be accepted: not seen and not too old.
    [[nodiscard]] bool would_accept(std::uint64_t counter) const;
    /// Marks `counter` as seen. False, and nothing changed, if it was seen or is too old.
    /// Call only after the packet's authenticity is proven.
    bool accept(std::uint64_t counter);

    /// The highest counter accepted; 0 before the first.
    [[nodiscard]] std::uint64_t highest() const { return highest_; }
    [[nodiscard]] bool empty() const { return !any_; }

private:
    static constexpr std::uint64_t block_bits = 64;
    // One block more than the window, because the block of the highest counter is part-filled.
    static constexpr std::uint64_t blocks = window / block_bits + 1;
    static_assert(window % block_bits == 0);

    std::array<std::uint64_t, blocks> bits_{};
    std::uint64_t highest_ = 0;
    bool any_ = false;
};

}  // namespace partyline::crypto

#include "crypto/replay_window.hpp"

#include <algorithm>

namespace partyline::crypto {
namespace {

constexpr std::uint64_t bit_of(std::uint64_t counter) { return std::uint64_t{1} << (counter % 64); }

}  // namespace

bool ReplayWindow::would_accept(std::uint64_t counter) const {
    if (counter > highest_) {
        return true;
    }
    if (highest_ - counter > window) {
        return false;
    }
    return (bits_[counter / block_bits % blocks] & bit_of(counter)) == 0;
}

bool ReplayWindow::accept(std::uint64_t counter) {
    if (!would_accept(counter)) {
        return false;
    }
    if (counter > highest_) {
        // The blocks between the old highest counter and the new one hold what was there a lap ago.
        const auto old_block = highest_ / block_bits;
        const auto moved = std::min(counter / block_bits - old_block, blocks);
        for (std::uint64_t i = 1; i <= moved; ++i) {
            bits_[(old_block + i) % blocks] = 0;
        }
        highest_ = counter;
    }
    bits_[counter / block_bits % blocks] |= bit_of(counter);
    any_ = true;
    return true;
}

}  // namespace partyline::crypto

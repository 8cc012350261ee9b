// Exact loss, counted by the counters that a sender gives its packets.
#pragma once

#include <algorithm>
#include <cstdint>

namespace partyline::client {

/// Counts begin at the first packet that opened: what went before it was not for us, or its key
/// was not ours yet. One thread.
class CounterTally {
public:
    CounterTally() = default;

    /// A packet whose counter is proven and was not seen before.
    void opened(std::uint64_t counter) {
        if (stretch_opened_ == 0) {
            first_ = counter;
            highest_ = counter;
        }
        first_ = std::min(first_, counter);
        highest_ = std::max(highest_, counter);
        ++stretch_opened_;
    }
    /// Packets were not sent to us for a while, though their counters go on: we were deafened, or
    /// in another room. What went by between the last packet and the next is no loss.
    void interrupt() { *this = CounterTally(expected(), came(), opened()); }
    /// A packet that came but never opened. Nobody vouches for its counter, so it is believed only
    /// near those that are proven.
    void unopened(std::uint64_t counter) {
        if (stretch_opened_ > 0 && counter > first_ && counter <= highest_ + believed_ahead) {
            ++unopened_;
        }
    }

    /// How many packets were sent to us, as far as is known.
    [[nodiscard]] std::uint64_t expected() const { return past_expected_ + stretch_expected(); }
    [[nodiscard]] std::uint64_t came() const {
        return past_came_ + std::min(stretch_opened_ + unopened_, stretch_expected());
    }
    [[nodiscard]] std::uint64_t lost() const { return expected() - came(); }
    [[nodiscard]] std::uint64_t opened() const { return past_opened_ + stretch_opened_; }

private:
    static constexpr std::uint64_t believed_ahead = 2048;

    CounterTally(std::uint64_t expected, std::uint64_t came, std::uint64_t opened)
        : past_expected_(expected), past_came_(came), past_opened_(opened) {}

    [[nodiscard]] std::uint64_t stretch_expected() const {
        return stretch_opened_ == 0 ? 0 : highest_ - first_ + 1;
    }

    // Of the stretches before the last interrupt().
    std::uint64_t past_expected_ = 0;
    std::uint64_t past_came_ = 0;
    std::uint64_t past_opened_ = 0;

    // Of the stretch since.
    std::uint64_t first_ = 0;
    std::uint64_t highest_ = 0;
    std::uint64_t stretch_opened_ = 0;
    std::uint64_t unopened_ = 0;
};

}  // namespace partyline::client

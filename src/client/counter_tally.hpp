// Exact loss, counted by the counters that a sender gives its packets.
#pragma once

#include <algorithm>
#include <cstdint>

namespace partyline::client {

/// Counts begin at the first packet that opened: what went before it was not for us, or its key
/// was not ours yet. One thread.
class CounterTally {
public:
    /// A packet whose counter is proven and was not seen before.
    void opened(std::uint64_t counter) {
        if (opened_ == 0) {
            first_ = counter;
            highest_ = counter;
        }
        first_ = std::min(first_, counter);
        highest_ = std::max(highest_, counter);
        ++opened_;
    }
    /// A packet that came but never opened. Nobody vouches for its counter, so it is believed only
    /// near those that are proven.
    void unopened(std::uint64_t counter) {
        if (opened_ > 0 && counter > first_ && counter <= highest_ + believed_ahead) {
            ++unopened_;
        }
    }

    /// How many packets were sent to us, as far as is known.
    [[nodiscard]] std::uint64_t expected() const {
        return opened_ == 0 ? 0 : highest_ - first_ + 1;
    }
    [[nodiscard]] std::uint64_t came() const { return std::min(opened_ + unopened_, expected()); }
    [[nodiscard]] std::uint64_t lost() const { return expected() - came(); }
    [[nodiscard]] std::uint64_t opened() const { return opened_; }

private:
    static constexpr std::uint64_t believed_ahead = 2048;

    std::uint64_t first_ = 0;
    std::uint64_t highest_ = 0;
    std::uint64_t opened_ = 0;
    std::uint64_t unopened_ = 0;
};

}  // namespace partyline::client

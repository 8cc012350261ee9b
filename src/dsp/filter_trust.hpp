// Whether an adaptive filter does more good than harm.
#pragma once

#include <cstdint>

#include "dsp/format.hpp"

namespace partyline::dsp {

/// Compares what goes into a linear echo canceller with what comes out. A filter that knows the way
/// makes it quieter; one whose way has changed adds a second echo. One thread.
class FilterTrust {
public:
    enum class Verdict : std::uint8_t { trusted, doubted, wrong };

    /// `wrong` only once: the filter is to forget what it knows.
    Verdict judge(ConstFrame captured, ConstFrame played, ConstFrame filtered);
    [[nodiscard]] bool trusted() const { return trusted_; }
    void reset() { *this = FilterTrust(); }

private:
    float captured_ = 0;  // mean squares, forgetting
    float filtered_ = 0;
    unsigned good_frames_ = 0;
    unsigned bad_frames_ = 0;
    bool trusted_ = false;
};

}  // namespace partyline::dsp

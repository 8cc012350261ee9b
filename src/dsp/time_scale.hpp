// Decoded sound on its way out, made a little longer or shorter where nobody hears it.
#pragma once

#include <span>
#include <vector>

#include "dsp/limits.hpp"

namespace partyline::dsp {

/// A queue of samples that can lose or repeat one pitch period at its head: WSOLA (Verhelst and
/// Roelands, 1993) reduced to single splices. The best lag by normalised cross-correlation is
/// taken, and 5 ms are cross-faded. Without a splice the samples pass bit for bit. One thread; no
/// allocation after construction.
class TimeScale {
public:
    TimeScale();

    /// From now on there is a second line beside the first, as stereo.hpp has it, which is cut and
    /// repeated at the same places. The one thing here that allocates.
    void widen();
    [[nodiscard]] bool is_wide() const { return !side_.empty(); }

    /// Room for `count` samples at the end, at most packet_samples_max, to be filled by the caller.
    std::span<float> append(std::size_t count);
    /// Once wide: beside the `count` samples that were appended last, silent until they are filled.
    std::span<float> appended_side(std::size_t count);
    [[nodiscard]] std::size_t waiting() const { return tail_ - head_; }
    /// The next samples; zeros after the last.
    void take(Frame out);
    /// Once wide.
    void take(Frame out, Frame side);

    struct Splice {
        std::size_t samples_most = splice_samples_max;
        /// How alike both sides must be, at most 1: near 1 is inaudible, below 0 anything goes.
        float likeness_least = 0.8F;
    };
    /// Removes one period at the head. Says how many samples: 0 if no splice is good enough or
    /// fewer than a frame would be left.
    std::size_t shorten(const Splice& splice);
    /// Repeats the last period before the head. Says how many samples; 0 if none is good enough
    /// or less than a frame waits.
    std::size_t lengthen(const Splice& splice);

    /// So much must wait for shorten() to try all lags.
    static constexpr std::size_t shorten_samples_min = frame_samples + splice_samples_max;

private:
    enum class Direction : std::int8_t { back = -1, ahead = 1 };

    void recentre();
    void copy_next(const std::vector<float>& line, Frame out) const;
    [[nodiscard]] std::size_t find_lag(Direction direction, const Splice& splice) const;
    static std::size_t find_lag(const float* head, Direction direction, const Splice& splice);
    static std::size_t coarse_lag(const float* head, Direction direction, std::size_t most);
    static void cut(float* head, std::size_t lag);
    static void repeat(float* head, std::size_t lag);

    static constexpr std::size_t history_samples = splice_samples_max;
    // lengthen() moves the head back by up to one splice, history and all.
    static constexpr std::size_t head_min = history_samples + splice_samples_max;
    static constexpr std::size_t waiting_max =
        frame_samples + 2 * splice_samples_max + 2 * packet_samples_max;

    std::vector<float> line_;  // history, then what waits from head_ to tail_
    std::vector<float> side_;  // the same of the other line; empty while there is none
    std::size_t head_ = head_min;
    std::size_t tail_ = head_min;
};

}  // namespace partyline::dsp

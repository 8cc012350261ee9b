// How much faster the loudspeaker's clock runs than the microphone's.
#pragma once

#include <array>
#include <cstddef>

#include "dsp/format.hpp"

namespace partyline::dsp {

/// Watches where in the reference the echo begins, as the reference is read with the correction that
/// this tells. That place stands still when the correction is right; what it moves, together with
/// what was corrected, is the drift. Nothing allocates. One thread.
class DriftTracker {
public:
    static constexpr double ppm_max = 300;

    DriftTracker();

    /// Each frame: what was captured, and what was played as EchoReference gave it with ppm().
    void update(ConstFrame captured, ConstFrame played);

    /// The place was moved on purpose: it is looked for anew; the drift stays what it was.
    void restart();
    /// Other devices: forgets the drift too.
    void reset();

    [[nodiscard]] double ppm() const { return ppm_; }
    /// Whether ppm() was measured at all.
    [[nodiscard]] bool sure() const { return sure_; }

private:
    // Everything below is at 16 kHz, where speech has its power.
    static constexpr std::size_t decimation = 3;
    static constexpr std::size_t frame_size = frame_samples / decimation;
    static constexpr std::size_t lags = 2560;     // 160 ms: where an echo may begin
    static constexpr std::size_t near_lags = 48;  // around the place once it is known
    static constexpr std::size_t history_size = lags + near_lags + frame_size;
    static constexpr std::size_t low_pass_taps = 21;
    static constexpr std::size_t points_max = 80;  // one in 100 ms

    using Short = std::array<float, frame_size>;

    class Decimator {
    public:
        Decimator();
        Short operator()(ConstFrame in);
        void reset();

    private:
        std::array<float, low_pass_taps> filter_{};
        std::array<float, low_pass_taps - 1 + frame_samples> recent_{};
        float last_ = 0;
    };

    /// The place at a time, with what was corrected until then taken off: its slope is the drift.
    struct Point {
        double time = 0;
        double place = 0;
    };

    /// A line through the points; `error` is their root mean square distance from it.
    struct Line {
        double time = 0;
        double place = 0;
        double slope = 0;
        double error = 0;
        std::size_t points = 0;
        [[nodiscard]] double at(double when) const { return place + slope * (when - time); }
    };

    void remember(const Short& played);
    void search(const Short& captured);
    void judge_search();
    void follow(const Short& captured);
    void recentre();
    void measure();
    void take(Point point);
    void estimate();
    [[nodiscard]] Line fit(const Line* without_outliers_of) const;
    [[nodiscard]] const float* played_at(std::size_t sample, std::size_t lag) const;
    void follow_at(std::size_t lag, float sign);

    Decimator captured_low_;
    Decimator played_low_;
    std::array<float, history_size> history_{};  // of what was played, backwards: newest first
    double time_ = 0;                            // in samples
    double corrected_ = 0;  // how many samples the correction has moved the reference, so far

    // The search over all lags, never ending, in rounds.
    std::array<float, lags> all_{};
    unsigned searched_ = 0;  // frames of this round
    std::size_t found_ = 0;  // by the round before
    bool found_clear_ = false;

    // The place that is followed.
    std::array<float, near_lags> near_{};
    bool following_ = false;
    std::size_t first_lag_ = 0;
    float sign_ = 1;  // a loudspeaker may turn the sound over
    double loud_ = 0;
    double weight_ = 0;
    double near_time_ = 0;
    double near_corrected_ = 0;
    unsigned followed_ = 0;  // frames since the last point

    std::array<Point, points_max> points_{};
    std::size_t point_count_ = 0;  // ever, since the search
    unsigned outliers_ = 0;        // in a row

    double ppm_ = 0;
    bool sure_ = false;
};

}  // namespace partyline::dsp

// How loud what a voice chain is tried on is, and by how much its echo becomes quieter.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "client/chain_trial.hpp"
#include "dsp/format.hpp"

namespace partyline::client {

inline constexpr double silence_dbfs = -120;

inline double to_db(double power) { return std::max(silence_dbfs, 10 * std::log10(power)); }

inline double mean_square(std::span<const float> samples) {
    double sum = 0;
    for (const float sample : samples) {
        sum += double{sample} * double{sample};
    }
    return sum / static_cast<double>(samples.size());
}

/// Of all that it is given, in pieces of one length.
class LevelMeter {
public:
    void add(std::span<const float> samples) {
        power_ += mean_square(samples);
        ++pieces_;
        for (const float sample : samples) {
            peak_ = std::max(peak_, std::abs(double{sample}));
        }
    }
    [[nodiscard]] TrialLevel level() const {
        return pieces_ == 0 ? TrialLevel{}
                            : TrialLevel{.mean_dbfs = to_db(power_ / static_cast<double>(pieces_)),
                                         .peak_dbfs = to_db(peak_ * peak_)};
    }

private:
    double power_ = 0;
    double peak_ = 0;
    std::uint64_t pieces_ = 0;
};

/// The far end is one from this level on, and for as long after it as a room may ring.
inline constexpr double far_loud_dbfs = -50;
inline constexpr std::size_t echo_tail_frames = 30;

/// How much of what was captured is left while the far end can be heard.
class EchoMeter {
public:
    void add_far(dsp::ConstFrame far) {
        since_loud_ = to_db(mean_square(far)) >= far_loud_dbfs ? 0 : since_loud_ + 1;
    }
    void add(double captured_power, double left_power) {
        if (since_loud_ <= echo_tail_frames) {
            captured_ += captured_power;
            left_ += left_power;
        }
    }
    [[nodiscard]] std::optional<double> erle_db() const {
        if (captured_ <= 0) {
            return std::nullopt;
        }
        return 10 * std::log10(captured_ / std::max(left_, captured_ * 1e-12));
    }

private:
    std::size_t since_loud_ = echo_tail_frames + 1;
    double captured_ = 0;
    double left_ = 0;
};

}  // namespace partyline::client

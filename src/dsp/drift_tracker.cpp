#include "dsp/drift_tracker.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace partyline::dsp {
namespace {

constexpr double low_rate_hz = sample_rate_hz / 3.0;
constexpr double cutoff_hz = 6500;
constexpr float emphasis = 0.9F;

/// Mean power below which nothing is played, and below which nothing is heard.
constexpr float played_power_min = 1e-7F;
constexpr float captured_power_min = 1e-10F;
/// Of the usual power, what is loud enough to tell the place.
constexpr double loud_share = 0.05;

constexpr unsigned round_frames = 100;     // loud ones, for one search over all lags
constexpr std::size_t search_stride = 10;  // one captured sample in so many is enough for it
constexpr double clear_peak = 6;           // above the root mean square of all lags

constexpr double forget = 0.98;  // in each loud frame: a memory of 0.5 s
constexpr unsigned point_frames = 10;
constexpr double likeness_min = 0.05;
constexpr double warm_weight = 25;  // loud frames before the first point

constexpr double outlier_samples = 2;  // beyond what the line explains
constexpr unsigned outliers_max = 15;
constexpr std::size_t line_points_min = 25;
constexpr double line_error_max = 1;
constexpr double smoothing = 0.1;
/// A drift so far from what is corrected moves the peak while it is measured, and blurs it: with
/// the better correction it is measured again.
constexpr double blurred_ppm = 60;

/// Four sums at once: one alone waits for itself.
float dot(const float* left, const float* right, std::size_t count) {
    std::array<float, 4> sums{};
    std::size_t i = 0;
    for (; i + 4 <= count; i += 4) {
        for (std::size_t k = 0; k < 4; ++k) {
            sums[k] += left[i + k] * right[i + k];
        }
    }
    for (; i < count; ++i) {
        sums[0] += left[i] * right[i];
    }
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

float power(const float* samples, std::size_t count) {
    return dot(samples, samples, count) / static_cast<float>(count);
}

}  // namespace

DriftTracker::Decimator::Decimator() {
    const double middle = (low_pass_taps - 1) / 2.0;
    double sum = 0;
    for (std::size_t tap = 0; tap < low_pass_taps; ++tap) {
        const double x = static_cast<double>(tap) - middle;
        const double turn = 2 * std::numbers::pi * cutoff_hz / sample_rate_hz * x;
        const double sinc = std::abs(x) < 0.5 ? 1 : std::sin(turn) / turn;
        const double window = 0.5 + 0.5 * std::cos(std::numbers::pi * x / (middle + 1));
        filter_[tap] = static_cast<float>(sinc * window);
        sum += sinc * window;
    }
    for (float& weight : filter_) {
        weight /= static_cast<float>(sum);
    }
}

DriftTracker::Short DriftTracker::Decimator::operator()(ConstFrame in) {
    const auto place = recent_.begin() + (low_pass_taps - 1);
    std::ranges::transform(in, place,
                           [](float sample) { return std::isfinite(sample) ? sample : 0.0F; });
    Short out{};
    for (std::size_t i = 0; i < frame_size; ++i) {
        const float* from = recent_.data() + i * decimation;
        const float low = dot(filter_.data(), from, low_pass_taps);
        out[i] = low - emphasis * last_;
        last_ = low;
    }
    std::copy(recent_.end() - (low_pass_taps - 1), recent_.end(), recent_.begin());
    return out;
}

void DriftTracker::Decimator::reset() {
    recent_.fill(0);
    last_ = 0;
}

DriftTracker::DriftTracker() = default;

void DriftTracker::update(ConstFrame captured, ConstFrame played) {
    remember(played_low_(played));
    const Short heard = captured_low_(captured);
    time_ += frame_size;
    corrected_ += ppm_ * 1e-6 * frame_size;
    if (power(heard.data(), frame_size) < captured_power_min) {
        return;
    }
    search(heard);
    if (following_) {
        follow(heard);
    }
}

void DriftTracker::remember(const Short& played) {
    std::copy_backward(history_.begin(), history_.end() - frame_size, history_.end());
    std::ranges::reverse_copy(played, history_.begin());
}

const float* DriftTracker::played_at(std::size_t sample, std::size_t lag) const {
    return history_.data() + (frame_size - 1 - sample) + lag;
}

void DriftTracker::search(const Short& captured) {
    const float played_power = power(history_.data(), lags);
    if (played_power < played_power_min) {
        return;
    }
    const float scale = 1 / std::sqrt(played_power * power(captured.data(), frame_size));
    for (std::size_t i = searched_ % search_stride; i < frame_size; i += search_stride) {
        const float* played = played_at(i, 0);
        const float sample = captured[i] * scale;
        for (std::size_t lag = 0; lag < lags; ++lag) {
            all_[lag] += sample * played[lag];
        }
    }
    if (++searched_ == round_frames) {
        judge_search();
    }
}

void DriftTracker::judge_search() {
    const auto peak =
        std::ranges::max_element(all_, {}, [](float likeness) { return std::abs(likeness); });
    const auto lag = static_cast<std::size_t>(peak - all_.begin());
    const double height = std::abs(*peak);
    const bool clear =
        height > clear_peak * std::sqrt(static_cast<double>(power(all_.data(), lags)));
    const auto far = [lag](std::size_t other) { return lag > other + 8 || other > lag + 8; };
    const bool known = following_ && lag >= first_lag_ && lag < first_lag_ + near_lags;
    // A round may err, or see a jump half: two have to agree, unless nothing is known yet.
    if (clear && !known && (!following_ || (found_clear_ && !far(found_)))) {
        follow_at(lag, *peak < 0 ? -1.0F : 1.0F);
    }
    found_ = lag;
    found_clear_ = clear;
    all_.fill(0);
    searched_ = 0;
}

void DriftTracker::follow_at(std::size_t lag, float sign) {
    following_ = true;
    first_lag_ = std::min(lag - std::min(lag, near_lags / 2), lags - near_lags);
    sign_ = sign;
    near_.fill(0);
    weight_ = near_time_ = near_corrected_ = 0;
    followed_ = 0;
    point_count_ = 0;
    outliers_ = 0;
}

void DriftTracker::follow(const Short& captured) {
    const float* heard_of = played_at(frame_size - 1, first_lag_ + near_lags / 2);
    const double played_power = static_cast<double>(power(heard_of, frame_size));
    if (played_power < static_cast<double>(played_power_min)) {
        return;
    }
    loud_ += 0.01 * (played_power - loud_);
    if (played_power < loud_share * loud_) {
        return;
    }
    const auto scale = static_cast<float>(
        1 / (frame_size *
             std::sqrt(played_power * static_cast<double>(power(captured.data(), frame_size)))));
    for (float& likeness : near_) {
        likeness *= static_cast<float>(forget);
    }
    for (std::size_t i = 0; i < frame_size; ++i) {
        const float* played = played_at(i, first_lag_);
        const float sample = captured[i] * scale;
        for (std::size_t lag = 0; lag < near_lags; ++lag) {
            near_[lag] += sample * played[lag];
        }
    }
    // What the peak tells is the mean over its memory: of the time too, and of the correction.
    weight_ = forget * weight_ + 1;
    near_time_ += (time_ - near_time_) / weight_;
    near_corrected_ += (corrected_ - near_corrected_) / weight_;
    if (++followed_ >= point_frames && weight_ > warm_weight) {
        followed_ = 0;
        measure();
    }
}

void DriftTracker::measure() {
    const auto peak =
        std::ranges::max_element(near_, {}, [this](float likeness) { return sign_ * likeness; });
    const auto index = static_cast<std::size_t>(peak - near_.begin());
    const double height = static_cast<double>(sign_ * *peak);
    if (index == 0 || index + 1 == near_lags || height < likeness_min * weight_) {
        return;
    }
    const double before = static_cast<double>(sign_ * near_[index - 1]);
    const double after = static_cast<double>(sign_ * near_[index + 1]);
    const double bend = before - 2 * height + after;
    const double part = bend < 0 ? 0.5 * (before - after) / bend : 0;
    const double place = static_cast<double>(first_lag_ + index) + part;
    take({.time = near_time_, .place = place - near_corrected_});
    if (index < near_lags / 4 || index > near_lags * 3 / 4) {
        recentre();
    }
}

void DriftTracker::recentre() {
    // The peak wanders slowly: the lags move after it, and what is known of them with them.
    const bool down = near_[near_lags / 4] * sign_ > near_[near_lags * 3 / 4] * sign_;
    constexpr auto step = static_cast<std::ptrdiff_t>(near_lags / 4);
    if (down && first_lag_ >= near_lags / 4) {
        first_lag_ -= near_lags / 4;
        std::shift_right(near_.begin(), near_.end(), step);
        std::fill_n(near_.begin(), step, 0.0F);
    } else if (!down && first_lag_ + near_lags * 5 / 4 <= lags) {
        first_lag_ += near_lags / 4;
        std::shift_left(near_.begin(), near_.end(), step);
        std::fill_n(near_.end() - step, step, 0.0F);
    }
}

void DriftTracker::take(Point point) {
    if (point_count_ >= line_points_min) {
        const Line line = fit(nullptr);
        if (std::abs(point.place - line.at(point.time)) > outlier_samples + 2 * line.error) {
            if (++outliers_ > outliers_max) {
                restart();
            }
            return;
        }
    }
    outliers_ = 0;
    points_[point_count_++ % points_max] = point;
    if (point_count_ >= line_points_min) {
        estimate();
    }
}

void DriftTracker::estimate() {
    const Line all = fit(nullptr);
    const Line line = fit(&all);
    if (line.points < line_points_min * 3 / 4 || line.error > line_error_max) {
        return;
    }
    const double measured = std::clamp(-1e6 * line.slope, -ppm_max, ppm_max);
    const double off = measured - ppm_;
    ppm_ += sure_ ? smoothing * off : measured;
    sure_ = true;
    if (std::abs(off) > blurred_ppm) {
        follow_at(first_lag_ + near_lags / 2, sign_);
    }
}

DriftTracker::Line DriftTracker::fit(const Line* without_outliers_of) const {
    const double far = without_outliers_of != nullptr ? 0.1 + 1.5 * without_outliers_of->error
                                                      : std::numeric_limits<double>::infinity();
    const auto known = std::min(point_count_, points_max);
    Line line;
    double time_spread = 0;
    double both = 0;
    double place_spread = 0;
    for (std::size_t i = 0; i < known; ++i) {
        const Point& point = points_[i];
        if (without_outliers_of != nullptr &&
            std::abs(point.place - without_outliers_of->at(point.time)) > far) {
            continue;
        }
        const auto count = static_cast<double>(++line.points);
        const double time = point.time - line.time;
        const double place = point.place - line.place;
        line.time += time / count;
        line.place += place / count;
        time_spread += time * (point.time - line.time);
        both += time * (point.place - line.place);
        place_spread += place * (point.place - line.place);
    }
    line.slope = time_spread > 0 ? both / time_spread : 0;
    const double rest = std::max(0.0, place_spread - line.slope * both);
    line.error = std::sqrt(rest / static_cast<double>(std::max<std::size_t>(line.points, 1)));
    return line;
}

void DriftTracker::restart() {
    following_ = false;
    found_clear_ = false;
    all_.fill(0);
    searched_ = 0;
}

void DriftTracker::reset() {
    restart();
    captured_low_.reset();
    played_low_.reset();
    history_.fill(0);
    time_ = corrected_ = loud_ = 0;
    ppm_ = 0;
    sure_ = false;
}

}  // namespace partyline::dsp

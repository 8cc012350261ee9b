#include "audio/metrics/level.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "dsp/format.hpp"

namespace partyline::metrics {
namespace {

constexpr double silence_db = -120;
constexpr double active_range_db = 35;
constexpr double speech_range_db = 45;
constexpr std::size_t pause_distance_frames = 20;

double ratio(double decibels) { return std::pow(10, decibels / 10); }

std::vector<double> frame_powers(std::span<const float> sound) {
    std::vector<double> out(sound.size() / dsp::frame_samples);
    for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] = power(sound.subspan(i * dsp::frame_samples, dsp::frame_samples));
    }
    return out;
}

/// Of the second order; its coefficients as in Bristow-Johnson's collection.
class Biquad {
public:
    enum class Kind { low_pass, high_pass };

    Biquad(Kind kind, double hz) {
        const double turn = 2 * std::numbers::pi * hz / dsp::sample_rate_hz;
        const double cosine = std::cos(turn);
        const double alpha = std::sin(turn) / std::numbers::sqrt2;
        const double a0 = 1 + alpha;
        const double sign = kind == Kind::low_pass ? 1 : -1;
        b1_ = sign * (1 - sign * cosine) / a0;
        b0_ = sign * b1_ / 2;
        a1_ = -2 * cosine / a0;
        a2_ = (1 - alpha) / a0;
    }

    double operator()(double in) {
        const double out = b0_ * in + s1_;
        s1_ = b1_ * in - a1_ * out + s2_;
        s2_ = b0_ * in - a2_ * out;
        return out;
    }

private:
    double b0_ = 0, b1_ = 0, a1_ = 0, a2_ = 0;
    double s1_ = 0, s2_ = 0;
};

}  // namespace

std::span<const float> cut(std::span<const float> sound, Window window) {
    const auto begin = std::min(window.begin, sound.size());
    return sound.subspan(begin, std::clamp(window.end, begin, sound.size()) - begin);
}

double decibel(double power_ratio) { return 10 * std::log10(power_ratio); }

double power(std::span<const float> sound) {
    double sum = 0;
    for (const float sample : sound) {
        sum += static_cast<double>(sample) * static_cast<double>(sample);
    }
    return sound.empty() ? 0 : sum / static_cast<double>(sound.size());
}

double level_dbfs(std::span<const float> sound) {
    return decibel(std::max(power(sound), ratio(silence_db)));
}

double active_level_dbfs(std::span<const float> sound) {
    const auto powers = frame_powers(sound);
    if (powers.empty()) {
        return silence_db;
    }
    const double least = *std::ranges::max_element(powers) * ratio(-active_range_db);
    double sum = 0;
    double count = 0;
    for (const double frame : powers) {
        if (frame >= least) {
            sum += frame;
            ++count;
        }
    }
    return decibel(std::max(sum / count, ratio(silence_db)));
}

double peak_dbfs(std::span<const float> sound) {
    double peak = 0;
    for (const float sample : sound) {
        peak = std::max(peak, std::abs(static_cast<double>(sample)));
    }
    return decibel(std::max(peak * peak, ratio(silence_db)));
}

std::vector<Activity> activity(std::span<const float> clean) {
    const auto powers = frame_powers(clean);
    std::vector<Activity> out(powers.size(), Activity::pause);
    if (powers.empty()) {
        return out;
    }
    const double least =
        std::max(*std::ranges::max_element(powers) * ratio(-speech_range_db), ratio(silence_db));
    for (std::size_t i = 0; i < powers.size(); ++i) {
        if (powers[i] < least) {
            continue;
        }
        const auto from = i - std::min(i, pause_distance_frames - 1);
        const auto to = std::min(i + pause_distance_frames, powers.size());
        for (std::size_t near = from; near < to; ++near) {
            out[near] = out[near] == Activity::pause ? Activity::edge : out[near];
        }
        out[i] = Activity::speech;
    }
    return out;
}

double power_where(std::span<const float> sound, std::span<const Activity> frames, Activity wanted,
                   std::size_t lag_samples) {
    double sum = 0;
    double count = 0;
    for (std::size_t i = 0; i < frames.size(); ++i) {
        const auto begin = i * dsp::frame_samples + lag_samples;
        if (frames[i] == wanted && begin + dsp::frame_samples <= sound.size()) {
            sum += power(sound.subspan(begin, dsp::frame_samples));
            ++count;
        }
    }
    return count > 0 ? sum / count : 0;
}

std::vector<float> band_limited(std::span<const float> sound, double low_hz, double high_hz) {
    Biquad high_pass(Biquad::Kind::high_pass, low_hz);
    Biquad low_pass(Biquad::Kind::low_pass, high_hz);
    std::vector<float> out(sound.size());
    std::ranges::transform(sound, out.begin(), [&](float sample) {
        return static_cast<float>(low_pass(high_pass(static_cast<double>(sample))));
    });
    return out;
}

}  // namespace partyline::metrics

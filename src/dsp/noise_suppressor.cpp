#include "dsp/noise_suppressor.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <numeric>

namespace partyline::dsp {
namespace {

// A network that starts is not heard before it has found its feet.
constexpr unsigned frames_unheard = 20;

// Above, GTCRN gives nothing.
constexpr double networks_join_hz = 7'500;
constexpr double removed_high_hz = 1'500;

// A change of weight takes 2.5 ms: short against a click, long enough not to be one.
constexpr std::size_t ramp_samples = 120;

constexpr bool has_steady(Suppression mode) { return mode != Suppression::off; }
constexpr bool has_rnnoise(Suppression mode) { return mode >= Suppression::normal; }
constexpr bool has_gtcrn(Suppression mode) { return mode == Suppression::high; }

float mean_square(ConstFrame samples) {
    return std::inner_product(samples.begin(), samples.end(), samples.begin(), 0.0F) /
           static_cast<float>(frame_samples);
}

/// A windowed sinc.
template <std::size_t count>
std::array<float, count> low_pass(double cutoff_hz) {
    std::array<float, count> taps;
    const double turns = 2 * std::numbers::pi * cutoff_hz / sample_rate_hz;
    constexpr std::size_t half = count / 2;
    constexpr auto middle = static_cast<double>(half);
    for (std::size_t i = 0; i < count; ++i) {
        const double at = static_cast<double>(i) - middle;
        const double sinc = i == half ? turns : std::sin(turns * at) / at;
        const double window = 0.5 + 0.5 * std::cos(std::numbers::pi * at / (middle + 1));
        taps[i] = static_cast<float>(sinc * window);
    }
    const float sum = std::reduce(taps.begin(), taps.end());
    for (float& tap : taps) {
        tap /= sum;
    }
    return taps;
}

/// Of both, `with` by a weight that goes from `before` to `now` in the first `ramp` samples; into `with`.
void blend(float before, float now, ConstFrame without, Frame with, std::size_t ramp) {
    for (std::size_t i = 0; i < frame_samples; ++i) {
        const float along = i < ramp ? static_cast<float>(i + 1) / static_cast<float>(ramp) : 1.0F;
        const float weight = before + (now - before) * along;
        with[i] = without[i] + weight * (with[i] - without[i]);
    }
}

}  // namespace

NoiseSuppressor::NoiseSuppressor(Suppression mode)
    : removed_high_(removed_high_hz),
      low_pass_(low_pass<taps>(networks_join_hz)),
      wanted_(mode),
      mode_(mode),
      next_(mode) {}

void NoiseSuppressor::set_strength(float strength) {
    strength_wanted_ = std::isfinite(strength) ? std::clamp(strength, 0.0F, 1.0F) : 1.0F;
}

float NoiseSuppressor::voice() const {
    if (!tells_voice()) {
        return 0;
    }
    // In the high mode what it speaks of is a frame late.
    return mode_ == Suppression::high ? voice_before_ : voice_now_;
}

void NoiseSuppressor::process(Frame samples, const EchoLeft& echo) {
    echo_ = echo;
    if (wanted_ != next_) {
        start(wanted_);
    }
    std::ranges::replace_if(samples, [](float sample) { return !std::isfinite(sample); }, 0.0F);
    captured_.push(samples);
    run(std::max(mode_, next_), samples);
    Samples heard;
    render(mode_, heard);
    if (next_ != mode_ && --frames_to_fade_ == 0) {
        Samples next;
        render(next_, next);
        blend(0, 1, heard, next, frame_samples);
        heard = next;
        mode_ = next_;
    }
    std::ranges::copy(heard, samples.begin());
    weight_ = tells_voice() ? weight_ : 0;
}

void NoiseSuppressor::start(Suppression mode) {
    // Back to what was never left needs no run-in; the fade is a frame from now.
    if (has_rnnoise(mode) && !has_rnnoise(std::max(mode_, next_))) {
        rnnoise_.reset();
        rnnoise_out_.reset();
        normal_weight_.reset();
    }
    if (has_gtcrn(mode) && !has_gtcrn(std::max(mode_, next_))) {
        gtcrn_.reset();
        high_weight_.reset();
    }
    frames_to_fade_ = mode > mode_ ? frames_unheard : 1;
    next_ = mode;
}

void NoiseSuppressor::run(Suppression mode, ConstFrame samples) {
    Samples work;
    if (has_steady(mode)) {
        std::ranges::copy(samples, work.begin());
        steady_.process(work);
        steady_out_.push(work);
    }
    if (has_rnnoise(mode)) {
        std::ranges::copy(samples, work.begin());
        voice_before_ = voice_now_;
        voice_now_ = rnnoise_.process(work);
        rnnoise_out_.push(work);
    }
    if (has_gtcrn(mode)) {
        std::ranges::copy(samples, gtcrn_out_.begin());
        gtcrn_.process(gtcrn_out_);
    }
}

void NoiseSuppressor::render(Suppression mode, Samples& out) {
    const auto captured = captured_.late(dsp::latency_samples(mode));
    switch (mode) {
        case Suppression::off: std::ranges::copy(captured, out.begin()); return;
        case Suppression::light: std::ranges::copy(steady_out_.late(0), out.begin()); break;
        case Suppression::normal:
            std::ranges::copy(rnnoise_out_.late(0), out.begin());
            mix(mode, out);
            break;
        case Suppression::high:
            join_networks(out);
            mix(mode, out);
            break;
    }
    blend(strength_, strength_wanted_, captured, out, ramp_samples);
    strength_ = strength_wanted_;
}

/// Half of each, and RNNoise alone where GTCRN is deaf.
void NoiseSuppressor::join_networks(Samples& out) {
    constexpr auto late = Gtcrn::latency_samples - Rnnoise::latency_samples;
    const auto rnnoise = rnnoise_out_.late(late);
    // The low-pass looks as far ahead as behind: both are still in the line.
    static_assert(late > taps / 2);
    const auto* oldest = rnnoise_out_.late(late + taps / 2).data();
    Samples low{};
    // Tap by tap: the sums of a sample wait for each other, those of neighbours do not.
    for (std::size_t tap = 0; tap < taps; ++tap) {
        for (std::size_t i = 0; i < frame_samples; ++i) {
            low[i] += low_pass_[tap] * oldest[tap + i];
        }
    }
    for (std::size_t i = 0; i < frame_samples; ++i) {
        out[i] = 0.5F * (gtcrn_out_[i] + rnnoise[i]) + 0.5F * (rnnoise[i] - low[i]);
    }
}

/// With what the classical suppressor made of the same moment.
void NoiseSuppressor::mix(Suppression mode, Samples& neural) {
    const auto steady =
        steady_out_.late(dsp::latency_samples(mode) - SteadyDenoiser::latency_samples);
    Samples removed;
    std::ranges::transform(steady, neural, removed.begin(), std::minus<>());
    removed_high_.process(removed);
    auto& weights = mode == Suppression::high ? high_weight_ : normal_weight_;
    const float before = weight_;
    weight_ = weights.next({
        .voice = mode == Suppression::high ? voice_before_ : voice_now_,
        .captured = mean_square(captured_.late(dsp::latency_samples(mode))),
        .neural = mean_square(neural),
        .removed_high = mean_square(removed),
        .echo = echo_,
    });
    blend(before, weight_, steady, neural, ramp_samples);
}

}  // namespace partyline::dsp

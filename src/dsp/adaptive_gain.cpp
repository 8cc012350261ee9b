#include "dsp/adaptive_gain.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace partyline::dsp {
namespace {

// The level is a mean over so much speech: 3 s. It is trusted from 150 ms on.
constexpr unsigned frames_remembered = 300;
constexpr unsigned frames_before_moving = 15;

constexpr float frames_per_s = 1000.0F / frame_ms;
constexpr float tiny = 1e-12F;

float decibel(float power) { return 10 * std::log10(power + tiny); }

float amplitude(float db) { return std::pow(10.0F, db / 20); }

float mean_square(ConstFrame samples) {
    return std::inner_product(samples.begin(), samples.end(), samples.begin(), 0.0F) /
           static_cast<float>(frame_samples);
}

}  // namespace

void AdaptiveGain::process(Frame samples, const Heard& heard) {
    std::ranges::replace_if(samples, [](float sample) { return !std::isfinite(sample); }, 0.0F);
    if (heard.speech) {
        learn(samples);
        move(heard.noise);
    }
    const float before = gain_;
    gain_ = on_ ? amplitude(wanted_db_) : 1.0F;
    if (!on_ && before >= 1.0F && before <= 1.0F && limiter_.gain() >= 1.0F) {
        return;
    }
    for (std::size_t i = 0; i < frame_samples; ++i) {
        const float along = static_cast<float>(i + 1) / static_cast<float>(frame_samples);
        samples[i] *= before + (gain_ - before) * along;
    }
    limiter_.process(samples);
}

float AdaptiveGain::gain_db() const { return 20 * std::log10(gain_); }

/// At first the mean of all there was, later of what was last.
void AdaptiveGain::learn(ConstFrame samples) {
    const float power = mean_square(samples);
    if (power > 1) {
        return;  // beyond full scale: no microphone gives that
    }
    frames_learnt_ = std::min(frames_learnt_ + 1, frames_remembered);
    level_ += (power - level_) / static_cast<float>(frames_learnt_);
}

void AdaptiveGain::move(float noise) {
    if (frames_learnt_ < frames_before_moving) {
        return;
    }
    const float most_db = std::clamp(noise_dbfs_max - decibel(noise), 0.0F, gain_db_max);
    const float ideal_db = std::clamp(target_dbfs - decibel(level_), gain_db_min, most_db);
    wanted_db_ = std::clamp(ideal_db, wanted_db_ - fall_db_per_s / frames_per_s,
                            wanted_db_ + rise_db_per_s / frames_per_s);
}

}  // namespace partyline::dsp

#include "dsp/capture_chain.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace partyline::dsp {
namespace {

float mean_square(ConstFrame samples) {
    return std::inner_product(samples.begin(), samples.end(), samples.begin(), 0.0F) /
           static_cast<float>(frame_samples);
}

}  // namespace

CaptureChain::CaptureChain(const Clock& clock, const ChainSettings& settings)
    : clock_(clock),
      high_pass_(high_pass_hz),
      suppressor_(settings.noise),
      high_pass_heard_(settings.high_pass) {
    set(settings);
}

void CaptureChain::set(const ChainSettings& settings) {
    settings_ = settings;
    suppressor_.set_strength(settings.noise_strength);
    gain_.set_on(settings.gain);
    gate_.set_activation(settings.activation);
    gate_.set_threshold(settings.gate_dbfs);
}

bool CaptureChain::process(Frame samples) {
    std::ranges::replace_if(samples, [](float sample) { return !std::isfinite(sample); }, 0.0F);
    pass_high(samples);
    // The echo canceller's place: what it leaves is what the suppressor hears.
    suppress(samples);
    // Beyond full scale is no sound that anything could be learnt from.
    const float power = std::min(mean_square(samples), 1.0F);
    const bool voice = activity_.next(
        {.network = suppressor_.tells_voice(), .voice = suppressor_.voice(), .power = power});
    gain_.process(samples, {.speech = activity_.speech(), .noise = activity_.floor()});
    const auto late_frames = (suppressor_.latency_samples() + frame_samples - 1) / frame_samples;
    return gate_.next({.voice = voice, .power = power, .late_frames = late_frames});
}

/// It runs all the time, so that it has settled whenever it is wanted.
void CaptureChain::pass_high(Frame samples) {
    std::array<float, frame_samples> high;
    std::ranges::copy(samples, high.begin());
    high_pass_.process(high);
    const float before = high_pass_heard_ ? 1.0F : 0.0F;
    const float now = settings_.high_pass ? 1.0F : 0.0F;
    high_pass_heard_ = settings_.high_pass;
    if (std::max(before, now) <= 0) {
        return;
    }
    for (std::size_t i = 0; i < frame_samples; ++i) {
        const float along = static_cast<float>(i + 1) / static_cast<float>(frame_samples);
        samples[i] += (before + (now - before) * along) * (high[i] - samples[i]);
    }
}

void CaptureChain::suppress(Frame samples) {
    const auto from = clock_.now();
    noise_passed_by_ = settings_.noise != Suppression::off && !noise_watch_.may_run(from);
    suppressor_.set_mode(noise_passed_by_ ? Suppression::off : settings_.noise);
    suppressor_.process(samples);
    if (!noise_passed_by_) {
        noise_watch_.ran(from, clock_.now());
    }
}

ChainReport CaptureChain::report() const {
    return {.latency_samples = suppressor_.latency_samples(),
            .gain_db = gain_.gain_db(),
            .noise_passed_by = noise_passed_by_,
            .noise_times_passed_by = noise_watch_.times_passed_by()};
}

}  // namespace partyline::dsp

#include "dsp/capture_chain.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "dsp/no_denormals.hpp"

namespace partyline::dsp {
namespace {

float mean_square(ConstFrame samples) {
    return std::inner_product(samples.begin(), samples.end(), samples.begin(), 0.0F) /
           static_cast<float>(frame_samples);
}

/// `other` instead of `samples`, by a share that goes from `before` to `now` within the frame.
void fade(ConstFrame other, float before, float now, Frame samples) {
    for (std::size_t i = 0; i < frame_samples; ++i) {
        const float along = static_cast<float>(i + 1) / static_cast<float>(frame_samples);
        samples[i] += (before + (now - before) * along) * (other[i] - samples[i]);
    }
}

std::size_t frames_of(std::size_t samples) { return (samples + frame_samples - 1) / frame_samples; }

float share(bool heard) { return heard ? 1.0F : 0.0F; }

constexpr unsigned echo_on = 1;  // its only level

}  // namespace

CaptureChain::CaptureChain(const Clock& clock, const ChainSettings& settings)
    : clock_(clock),
      high_pass_(high_pass_hz),
      suppressor_(settings.noise),
      high_pass_heard_(settings.high_pass),
      echo_runs_(settings.echo) {
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
    const NoDenormals here;
    std::ranges::replace_if(samples, [](float sample) { return !std::isfinite(sample); }, 0.0F);
    const bool off = std::ranges::all_of(
        samples, [](float sample) { return std::fpclassify(sample) == FP_ZERO; });
    zeros_ = (zeros_ << 1U) | (off ? 1U : 0U);
    pass_high(samples);
    cancel_echo(samples);
    suppress(samples);
    const auto late_frames = frames_of(latency_samples());
    // Beyond full scale is no sound that anything could be learnt from.
    const float power = std::min(mean_square(samples), 1.0F);
    const VoiceActivity::Evidence evidence{
        .network = suppressor_.tells_voice(), .voice = suppressor_.voice(), .power = power};
    const bool voice = was_off(late_frames) ? activity_.pause() : activity_.next(evidence);
    gain_.process(samples, {.speech = activity_.speech(), .noise = activity_.floor()});
    return gate_.next({.voice = voice, .power = power, .late_frames = late_frames});
}

/// It runs all the time, so that it has settled whenever it is wanted.
void CaptureChain::pass_high(Frame samples) {
    std::array<float, frame_samples> high;
    std::ranges::copy(samples, high.begin());
    high_pass_.process(high);
    const bool before = std::exchange(high_pass_heard_, settings_.high_pass);
    if (before || high_pass_heard_) {
        fade(high, share(before), share(high_pass_heard_), samples);
    }
}

void CaptureChain::render(ConstFrame played) {
    if (settings_.echo && !echo_passed_by_) {
        const NoDenormals here;
        echo_.render(played);
    }
}

std::size_t CaptureChain::latency_samples() const {
    return suppressor_.latency_samples() + (echo_heard_ ? EchoCanceller::latency_samples : 0);
}

void CaptureChain::cancel_echo(Frame samples) {
    const auto from = clock_.now();
    echo_passed_by_ = settings_.echo && echo_watch_.level(echo_on, from) == 0;
    const bool ran_before = std::exchange(echo_runs_, settings_.echo && !echo_passed_by_);
    // What AEC3 gives first is from before it stood still.
    static_assert(EchoCanceller::latency_samples <= frame_samples);
    const bool heard_before = std::exchange(echo_heard_, echo_runs_ && ran_before);
    if (!heard_before && !echo_runs_) {
        hushed_ = false;
        return;
    }
    if (echo_runs_ && !ran_before) {
        echo_.reset();  // what it learnt is of another time
    }
    std::array<float, frame_samples> rest;
    std::ranges::copy(samples, rest.begin());
    echo_.process(rest, frames_off() > 0);
    fade(rest, share(heard_before), share(echo_heard_), samples);
    hush(samples);
    echo_watch_.ran(echo_on, from, clock_.now());
}

/// Of an echo that a microphone does not hear, as it is off, the guess is no sound.
void CaptureChain::hush(Frame samples) {
    static_assert(EchoCanceller::latency_samples <= frame_samples);
    static constexpr std::array<float, frame_samples> nothing{};
    const bool before = std::exchange(hushed_, frames_off() > 1);
    if (before || hushed_) {
        fade(nothing, share(before), share(hushed_), samples);
    }
}

void CaptureChain::suppress(Frame samples) {
    const auto from = clock_.now();
    // Its modes are levels: each does more than the one before, and takes longer.
    const auto level = noise_watch_.level(static_cast<unsigned>(settings_.noise), from);
    noise_at_work_ = static_cast<Suppression>(level);
    suppressor_.set_mode(noise_at_work_);
    // Of a microphone that is off all that was heard before has come out by then, and been faded.
    if (frames_off() > frames_of(suppressor_.latency_samples()) + 2) {
        std::ranges::fill(samples, 0.0F);
        return;
    }
    suppressor_.process(samples, echo_heard_ ? echo_.echo_left() : EchoLeft{});
    if (level > 0) {
        noise_watch_.ran(level, from, clock_.now());
    }
}

ChainReport CaptureChain::report() const {
    return {.latency_samples = latency_samples(),
            .gain_db = gain_.gain_db(),
            .echo_passed_by = echo_passed_by_,
            .noise_lowered_to =
                noise_at_work_ < settings_.noise ? std::optional(noise_at_work_) : std::nullopt,
            .times_lowered = echo_watch_.times_lowered() + noise_watch_.times_lowered()};
}

}  // namespace partyline::dsp

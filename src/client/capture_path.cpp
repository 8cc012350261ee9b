#include "client/capture_path.hpp"

#include <string_view>

namespace partyline::client {
namespace {

static_assert(static_cast<int>(NoiseSuppression::high) == static_cast<int>(dsp::Suppression::high));
static_assert(static_cast<int>(Activation::always) == static_cast<int>(dsp::Activation::always));

float along(std::size_t sample) {
    return static_cast<float>(sample + 1) / static_cast<float>(dsp::frame_samples);
}

}  // namespace

CaptureSettings usual_capture(std::string_view mic) {
    if (mic != "device" && !mic.starts_with("device:")) {
        return {};
    }
    return {.high_pass = true,
            .echo = true,
            .noise = NoiseSuppression::normal,
            .gain = true,
            .activation = Activation::voice};
}

bool needs_chain(const CaptureSettings& settings) {
    return settings.high_pass || settings.echo || settings.gain ||
           settings.noise != NoiseSuppression::off || settings.activation != Activation::always;
}

dsp::ChainSettings chain_settings(const CaptureSettings& settings) {
    return {.high_pass = settings.high_pass,
            .echo = settings.echo,
            .noise = static_cast<dsp::Suppression>(settings.noise),
            .noise_strength = settings.noise_strength,
            .gain = settings.gain,
            .activation = static_cast<dsp::Activation>(settings.activation),
            .gate_dbfs = settings.gate_dbfs};
}

void CapturePath::forget() {
    while (waiting_.take()) {
        sender_.skip();
    }
}

CaptureStats CapturePath::stats() const {
    if (!chain_ || music_) {
        return {};
    }
    const auto report = chain_->report();
    return {.delay_ms = 1e3 * static_cast<double>(report.latency_samples) / dsp::sample_rate_hz,
            .gain_db = static_cast<double>(report.gain_db),
            .echo_passed_by = report.echo_passed_by,
            .noise_passed_by = report.noise_passed_by,
            .times_passed_by = report.times_passed_by};
}

void CapturePath::fade_in(dsp::Frame frame) {
    for (std::size_t i = 0; i < frame.size(); ++i) {
        frame[i] *= along(i);
    }
}

void CapturePath::fade_out(dsp::Frame frame) {
    for (std::size_t i = 0; i < frame.size(); ++i) {
        frame[i] *= 1 - along(i);
    }
}

}  // namespace partyline::client

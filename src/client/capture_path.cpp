#include "client/capture_path.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "client/limits.hpp"

namespace partyline::client {
namespace {

static_assert(static_cast<int>(NoiseSuppression::high) == static_cast<int>(dsp::Suppression::high));
static_assert(static_cast<int>(Activation::always) == static_cast<int>(dsp::Activation::always));

float along(std::size_t sample) {
    return static_cast<float>(sample + 1) / static_cast<float>(dsp::frame_samples);
}

NoiseSuppression to_client(dsp::Suppression mode) { return static_cast<NoiseSuppression>(mode); }

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

CaptureSettings voice_instead_of(const CaptureSettings& music,
                                 const CaptureSettings& voice_before) {
    auto settings = voice_before;
    settings.activation = music.activation;
    settings.gate_dbfs = music.gate_dbfs;
    return settings;
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

void CapturePath::set(const CaptureSettings& settings) {
    wants_music_ = settings.music;
    needs_key_ = settings.activation == Activation::push;
    sender_.set_dtx(settings.activation == Activation::always);
    if (chain_) {
        chain_->set(chain_settings(settings));
    }
}

// The codec takes another encoder for it, so that only a new packet may begin with the other kind.
void CapturePath::change_kind() {
    if (!is_leaving()) {
        was_open_ = was_open_ && !faded_out_;  // they have thought better of it
        return;
    }
    const bool is_heard = sender_.in_spurt();
    if (is_heard && !(faded_out_ && sender_.at_packet_border())) {
        return;
    }
    if (!is_heard) {
        // What waits was meant to go out as what it was.
        drop_waiting();
        sender_.drop_half_packet();
    }
    music_ = wants_music_;
    sender_.use_music(music_ ? encoder_ : nullptr);
    was_open_ = false;  // fades in
    chain_is_stale_ = !music_;
}

void CapturePath::leave(dsp::Frame frame) const {
    if (is_leaving() && faded_out_) {
        std::ranges::fill(frame, 0.0F);
    } else if (is_leaving()) {
        fade_out(frame);
    }
}

// While music goes out the chain stands still, and so it does without a seat: what is in it then has been sent, or is
// of long ago.
bool CapturePath::process(dsp::Frame frame) {
    if (!chain_) {
        return true;
    }
    const bool open = chain_->process(frame);
    if (std::exchange(chain_is_stale_, false)) {
        const auto latency = chain_->report().latency_samples;
        stale_frames_ = (latency + dsp::frame_samples - 1) / dsp::frame_samples;
        fades_in_ = true;
    }
    if (stale_frames_ > 0) {
        --stale_frames_;
        std::ranges::fill(frame, 0.0F);
    } else if (std::exchange(fades_in_, false)) {
        fade_in(frame);
    }
    return open;
}

std::shared_ptr<dsp::CaptureChain> create_chain(const CaptureSettings& settings,
                                                const Clock& clock) {
    // Set from its first frame on: a noise suppression that is switched on later has to run in first.
    return needs_chain(settings)
               ? std::make_shared<dsp::CaptureChain>(clock, chain_settings(settings))
               : nullptr;
}

Result<std::shared_ptr<dsp::OpusEncoder>> create_music_encoder() {
    return dsp::OpusEncoder::create({.content = dsp::Content::music,
                                     .bitrate_bps = music_bps,
                                     .complexity = 10,
                                     .dtx = false})
        .transform([](dsp::OpusEncoder encoder) {
            return std::make_shared<dsp::OpusEncoder>(std::move(encoder));
        });
}

void CapturePath::drop_waiting() {
    while (waiting_.take()) {
        sender_.skip();
    }
}

CaptureStats CapturePath::stats() const {
    if (!chain_) {
        return {};
    }
    const auto report = chain_->report();
    const double delay_ms = 1e3 * static_cast<double>(report.latency_samples) / dsp::sample_rate_hz;
    // Music does not go through it; how it fared before is still to be told.
    return {.delay_ms = music_ ? 0 : delay_ms,
            .gain_db = music_ ? 0 : static_cast<double>(report.gain_db),
            .load = {.echo_passed_by = report.echo_passed_by,
                     .noise_lowered_to = report.noise_lowered_to.transform(to_client)},
            .times_lowered = report.times_lowered};
}

void CapturePath::fade_in(dsp::Frame frame) {
    for (std::size_t i = 0; i < frame.size(); ++i) {
        frame[i] *= along(i);
    }
}

// So early that the silence after it is decoded, too, before nothing more comes, or another decoder takes over.
void CapturePath::fade_out(dsp::Frame frame) const {
    const auto fade_samples = frame.size() - sender_.lookahead_samples();
    for (std::size_t i = 0; i < fade_samples; ++i) {
        frame[i] *= 1 - static_cast<float>(i + 1) / static_cast<float>(fade_samples);
    }
    std::ranges::fill(frame.subspan(fade_samples), 0.0F);
}

}  // namespace partyline::client

// WebRTC's own chain as its users have it: high-pass, AEC3, noise suppression, adaptive gain.
#include <modules/audio_processing/include/audio_processing.h>

#include <array>
#include <cassert>

#include "audio/chains/chain.hpp"

namespace partyline::chains {
namespace {

class Apm final : public Chain {
public:
    explicit Apm(const Wishes& wishes) : apm_(webrtc::AudioProcessingBuilder().Create()) {
        webrtc::AudioProcessing::Config config;
        config.pipeline.maximum_internal_processing_rate = dsp::sample_rate_hz;
        config.high_pass_filter.enabled = true;
        config.echo_canceller.enabled = true;
        config.noise_suppression.enabled = true;
        config.residual_echo_detector.enabled = false;  // it changes nothing that is heard
        config.voice_detection.enabled = true;
        config.gain_controller2.enabled = wishes.gain_control;
        config.gain_controller2.adaptive_digital.enabled = wishes.gain_control;
        apm_->ApplyConfig(config);
    }

    void process(dsp::ConstFrame near, dsp::ConstFrame far, dsp::Frame out) override {
        const webrtc::StreamConfig stream(dsp::sample_rate_hz, 1);
        const float* const played = far.data();
        float* const unused = played_.data();
        [[maybe_unused]] int error = apm_->ProcessReverseStream(&played, stream, stream, &unused);
        assert(error == webrtc::AudioProcessing::kNoError);
        const float* const in = near.data();
        float* const sent = out.data();
        error = apm_->ProcessStream(&in, stream, stream, &sent);
        assert(error == webrtc::AudioProcessing::kNoError);
        voice_ = apm_->GetStatistics().voice_detected.value_or(false);
    }

    // Splitting into bands and joining them, and the overlap of the suppressors' frames.
    [[nodiscard]] std::size_t delay_samples() const override {
        return dsp::sample_rate_hz * 15 / 1000;
    }
    [[nodiscard]] std::optional<bool> voice() const override { return voice_; }

private:
    rtc::scoped_refptr<webrtc::AudioProcessing> apm_;
    std::array<float, dsp::frame_samples> played_{};
    bool voice_ = false;
};

}  // namespace

std::unique_ptr<Chain> create_apm(const Wishes& wishes) { return std::make_unique<Apm>(wishes); }

}  // namespace partyline::chains

#include "dsp/residual_echo.hpp"

#include <modules/audio_processing/include/audio_processing.h>

#include <array>

namespace partyline::dsp {
namespace {

const webrtc::StreamConfig& stream() {
    static const webrtc::StreamConfig config(sample_rate_hz, 1);
    return config;
}

}  // namespace

struct ResidualEcho::State {
    State() : apm(webrtc::AudioProcessingBuilder().Create()) {
        webrtc::AudioProcessing::Config config;
        config.pipeline.maximum_internal_processing_rate = sample_rate_hz;
        config.echo_canceller.enabled = true;
        config.echo_canceller.enforce_high_pass_filtering = false;
        config.residual_echo_detector.enabled = false;
        config.high_pass_filter.enabled = false;
        apm->ApplyConfig(config);
        apm->Initialize({{stream(), stream(), stream(), stream()}});
    }

    rtc::scoped_refptr<webrtc::AudioProcessing> apm;
    std::array<float, frame_samples> played{};
};

ResidualEcho::ResidualEcho() : state_(std::make_unique<State>()) {}
ResidualEcho::~ResidualEcho() = default;

void ResidualEcho::render(ConstFrame played) {
    const float* const in = played.data();
    float* const out = state_->played.data();
    state_->apm->ProcessReverseStream(&in, stream(), stream(), &out);
}

void ResidualEcho::process(Frame captured) {
    state_->apm->set_stream_delay_ms(0);
    const float* const in = captured.data();
    float* const out = captured.data();
    state_->apm->ProcessStream(&in, stream(), stream(), &out);
}

std::optional<unsigned> ResidualEcho::delay_ms() const {
    const auto told = state_->apm->GetStatistics().delay_ms;
    return told && *told >= 0 ? std::optional(static_cast<unsigned>(*told)) : std::nullopt;
}

}  // namespace partyline::dsp

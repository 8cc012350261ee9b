#include "dsp/steady_denoiser.hpp"

#include <speex/speex_preprocess.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>

namespace partyline::dsp {
namespace {

constexpr float full_scale = 32'767.0F;

spx_int16_t to_int16(float sample) {
    const float finite = std::isfinite(sample) ? std::clamp(sample, -1.0F, 1.0F) : 0.0F;
    return static_cast<spx_int16_t>(std::lrint(full_scale * finite));
}

}  // namespace

struct SteadyDenoiser::State {
    State() {
        assert(speex != nullptr);
        spx_int32_t on = 1;
        speex_preprocess_ctl(speex, SPEEX_PREPROCESS_SET_DENOISE, &on);
        spx_int32_t attenuation_db = -attenuation_db_max;
        speex_preprocess_ctl(speex, SPEEX_PREPROCESS_SET_NOISE_SUPPRESS, &attenuation_db);
    }
    ~State() { speex_preprocess_state_destroy(speex); }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    SpeexPreprocessState* speex = speex_preprocess_state_init(frame_samples, sample_rate_hz);
};

SteadyDenoiser::SteadyDenoiser() : state_(std::make_unique<State>()) {}
SteadyDenoiser::~SteadyDenoiser() = default;
SteadyDenoiser::SteadyDenoiser(SteadyDenoiser&&) noexcept = default;
SteadyDenoiser& SteadyDenoiser::operator=(SteadyDenoiser&&) noexcept = default;

void SteadyDenoiser::process(Frame samples) {
    std::array<spx_int16_t, frame_samples> whole;
    std::ranges::transform(samples, whole.begin(), to_int16);
    speex_preprocess_run(state_->speex, whole.data());
    std::ranges::transform(whole, samples.begin(), [](spx_int16_t sample) {
        return static_cast<float>(sample) / full_scale;
    });
}

}  // namespace partyline::dsp

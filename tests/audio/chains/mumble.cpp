// What Mumble 1.5 does to a voice, built from the libraries that it uses, with its constants: echo
// canceller of speexdsp, RNNoise 0.1, preprocessor of speexdsp, in that order. Its settings: echo
// cancelling, and both noise suppressors, of which it lets people choose one or both.
#include <speex/speex_echo.h>
#include <speex/speex_preprocess.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "audio/chains/chain.hpp"
#include "audio/chains/rnnoise_01.hpp"

namespace partyline::chains {
namespace {

// Mumble's constants, and the defaults of its settings.
constexpr int frame = static_cast<int>(dsp::frame_samples);
constexpr int echo_tail_samples = 12 * frame;
constexpr int noise_suppression_db = -30;
constexpr int gain_target = 30'000;
constexpr int gain_max_db = 29;  // 30,000 over the least loudness of 1,000
constexpr int gain_decrement_db_per_s = -60;
constexpr float voice_begins_at = 0.98F;
constexpr float voice_ends_below = 0.80F;
constexpr int voice_hold_frames = 20;

struct Destroy {
    void operator()(SpeexEchoState* echo) const { speex_echo_state_destroy(echo); }
    void operator()(SpeexPreprocessState* state) const { speex_preprocess_state_destroy(state); }
};

using Pcm = std::array<spx_int16_t, dsp::frame_samples>;

Pcm to_pcm(dsp::ConstFrame samples) {
    Pcm out{};
    std::ranges::transform(samples, out.begin(), [](float sample) {
        return static_cast<spx_int16_t>(std::clamp(std::lrint(sample * 32768), -32768L, 32767L));
    });
    return out;
}

class Mumble final : public Chain {
public:
    explicit Mumble(const Wishes& wishes)
        : echo_(speex_echo_state_init_mc(frame, echo_tail_samples, 1, 1)),
          preprocess_(speex_preprocess_state_init(frame, dsp::sample_rate_hz)),
          gain_control_(wishes.gain_control) {
        int rate = dsp::sample_rate_hz;
        speex_echo_ctl(echo_.get(), SPEEX_ECHO_SET_SAMPLING_RATE, &rate);
        set(SPEEX_PREPROCESS_SET_DENOISE, 1);
        set(SPEEX_PREPROCESS_SET_DEREVERB, 1);
        set(SPEEX_PREPROCESS_SET_NOISE_SUPPRESS, noise_suppression_db);
        set(SPEEX_PREPROCESS_SET_AGC, gain_control_ ? 1 : 0);
        if (gain_control_) {
            set(SPEEX_PREPROCESS_SET_AGC_TARGET, gain_target);
            set(SPEEX_PREPROCESS_SET_AGC_MAX_GAIN, gain_max_db);
            set(SPEEX_PREPROCESS_SET_AGC_DECREMENT, gain_decrement_db_per_s);
        }
        speex_preprocess_ctl(preprocess_.get(), SPEEX_PREPROCESS_SET_ECHO_STATE, echo_.get());
    }

    void process(dsp::ConstFrame near, dsp::ConstFrame far, dsp::Frame out) override {
        const auto microphone = to_pcm(near);
        const auto played = to_pcm(far);
        Pcm samples{};
        speex_echo_cancellation(echo_.get(), microphone.data(), played.data(), samples.data());
        rnnoise_.process(samples);
        if (gain_control_) {
            // What the gain adds to the noise, its suppression takes away.
            set(SPEEX_PREPROCESS_SET_NOISE_SUPPRESS,
                noise_suppression_db - get(SPEEX_PREPROCESS_GET_AGC_GAIN));
        }
        speex_preprocess_run(preprocess_.get(), samples.data());
        decide(static_cast<float>(get(SPEEX_PREPROCESS_GET_PROB)) / 100);
        std::ranges::transform(samples, out.begin(), [](spx_int16_t sample) {
            return static_cast<float>(sample) / 32768;
        });
    }

    // RNNoise and the preprocessor overlap their frames by one each.
    [[nodiscard]] std::size_t delay_samples() const override {
        return Rnnoise01::delay_samples + dsp::frame_samples;
    }

    [[nodiscard]] std::optional<bool> voice() const override { return voice_; }

private:
    void set(int what, int value) { speex_preprocess_ctl(preprocess_.get(), what, &value); }
    int get(int what) {
        int value = 0;
        speex_preprocess_ctl(preprocess_.get(), what, &value);
        return value;
    }

    /// Mumble's own rule, with its hysteresis and hold. (It also switches the preprocessor's own
    /// decision on, which it does not look at.)
    void decide(float probability) {
        const bool speech = probability > (voice_ ? voice_ends_below : voice_begins_at);
        held_frames_ = speech ? 0 : std::min(held_frames_ + 1, voice_hold_frames);
        voice_ = held_frames_ < voice_hold_frames;
    }

    std::unique_ptr<SpeexEchoState, Destroy> echo_;
    std::unique_ptr<SpeexPreprocessState, Destroy> preprocess_;
    Rnnoise01 rnnoise_;
    bool gain_control_;
    bool voice_ = false;
    int held_frames_ = voice_hold_frames;  // since the last speech
};

}  // namespace

std::unique_ptr<Chain> create_mumble(const Wishes& wishes) {
    return std::make_unique<Mumble>(wishes);
}

}  // namespace partyline::chains

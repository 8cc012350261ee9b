#include "dsp/linear_echo.hpp"

#include <speex/speex_echo.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <new>

namespace partyline::dsp {
namespace {

using Pcm = std::array<spx_int16_t, frame_samples>;
constexpr float full_scale = 32768;

void to_pcm(ConstFrame samples, Pcm& out) {
    std::ranges::transform(samples, out.begin(), [](float sample) {
        return static_cast<spx_int16_t>(
            std::lrint(std::clamp(sample * full_scale, -full_scale, full_scale - 1)));
    });
}

/// speexdsp's own, at 24 kHz and above, in double precision.
class Notch {
public:
    float operator()(float in) {
        const auto sample = static_cast<double>(in);
        const double out = first_ + sample;
        first_ = second_ + 2 * (radius * out - sample);
        second_ = sample - (radius * radius + 0.7 * (1 - radius) * (1 - radius)) * out;
        return static_cast<float>(radius * out);
    }

private:
    static constexpr double radius = 0.992;

    double first_ = 0;
    double second_ = 0;
};

}  // namespace

struct LinearEcho::State {
    State()
        : echo(speex_echo_state_init(static_cast<int>(frame_samples),
                                     static_cast<int>(tail_samples))) {
        if (echo == nullptr) {
            throw std::bad_alloc();
        }
        int rate = sample_rate_hz;
        speex_echo_ctl(echo, SPEEX_ECHO_SET_SAMPLING_RATE, &rate);
    }
    ~State() { speex_echo_state_destroy(echo); }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    SpeexEchoState* echo;  // owned
    Pcm captured{};
    Pcm played{};
    Pcm out{};
    Notch notch;
    std::array<float, frame_samples> heard{};
};

LinearEcho::LinearEcho() : state_(std::make_unique<State>()) {}
LinearEcho::~LinearEcho() = default;

void LinearEcho::process(ConstFrame captured, ConstFrame played, Frame out) {
    auto& state = *state_;
    to_pcm(captured, state.captured);
    to_pcm(played, state.played);
    std::ranges::transform(state.captured, state.heard.begin(), [&](spx_int16_t sample) {
        return state.notch(static_cast<float>(sample) / full_scale);
    });
    speex_echo_cancellation(state.echo, state.captured.data(), state.played.data(),
                            state.out.data());
    std::ranges::transform(state.out, out.begin(), [](spx_int16_t sample) {
        return static_cast<float>(sample) / full_scale;
    });
}

ConstFrame LinearEcho::heard() const { return state_->heard; }

void LinearEcho::reset() {
    speex_echo_state_reset(state_->echo);
    state_->notch = Notch();
}

}  // namespace partyline::dsp

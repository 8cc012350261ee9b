#include "dsp/resampler.hpp"

#include <speex/speex_resampler.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdint>
#include <format>

#include "dsp/limits.hpp"

namespace partyline::dsp {
namespace {

// 0 to 10. 8 keeps what lies below 0.92 of the lower Nyquist frequency and puts the rest under
// -100 dB, for about 1 % of a core in real time.
constexpr int quality = 8;

struct Destroy {
    void operator()(SpeexResamplerState* resampler) const { speex_resampler_destroy(resampler); }
};

}  // namespace

struct Resampler::State {
    std::unique_ptr<SpeexResamplerState, Destroy> resampler;
    unsigned from_hz = 0;
    unsigned to_hz = 0;
    std::uint64_t taken = 0;
    std::uint64_t given = 0;

    Progress run(std::span<const float> in, std::span<float> out) {
        auto in_count = static_cast<spx_uint32_t>(in.size());
        auto out_count = static_cast<spx_uint32_t>(out.size());
        [[maybe_unused]] const int result = speex_resampler_process_float(
            resampler.get(), 0, in.data(), &in_count, out.data(), &out_count);
        assert(result == RESAMPLER_ERR_SUCCESS);
        given += out_count;
        return {.taken = in_count, .given = out_count};
    }

    /// What is owed for all that was taken.
    [[nodiscard]] std::uint64_t due() const { return (taken * to_hz + from_hz - 1) / from_hz; }
};

Resampler::Resampler(std::unique_ptr<State> state) : state_(std::move(state)) {}
Resampler::~Resampler() = default;
Resampler::Resampler(Resampler&&) noexcept = default;
Resampler& Resampler::operator=(Resampler&&) noexcept = default;

Result<Resampler> Resampler::create(unsigned from_hz, unsigned to_hz) {
    const auto possible = [](unsigned hz) {
        return hz >= resampler_rate_hz_min && hz <= resampler_rate_hz_max;
    };
    if (!possible(from_hz) || !possible(to_hz)) {
        return fail(ErrorCode::unsupported,
                    std::format("Sound of {} Hz cannot be made {} Hz.", from_hz, to_hz));
    }
    int error = RESAMPLER_ERR_SUCCESS;
    auto state = std::make_unique<State>();
    state->resampler.reset(speex_resampler_init(1, from_hz, to_hz, quality, &error));
    if (!state->resampler) {
        return fail(ErrorCode::unsupported,
                    std::format("Sound of {} Hz cannot be made {} Hz: {}.", from_hz, to_hz,
                                speex_resampler_strerror(error)));
    }
    state->from_hz = from_hz;
    state->to_hz = to_hz;
    Resampler resampler(std::move(state));
    resampler.reset();
    return resampler;
}

Resampler::Progress Resampler::process(std::span<const float> in, std::span<float> out) {
    Progress total;
    // One call stops at its inner buffer's end; each call here takes or gives something.
    while (total.taken < in.size() && total.given < out.size()) {
        const auto step = state_->run(in.subspan(total.taken), out.subspan(total.given));
        if (step.taken == 0 && step.given == 0) {
            break;
        }
        total.taken += step.taken;
        total.given += step.given;
        state_->taken += step.taken;
    }
    return total;
}

std::size_t Resampler::finish(std::span<float> out) {
    constexpr std::array<float, 256> silence{};
    std::size_t given = 0;
    while (given < out.size() && state_->given < state_->due()) {
        const auto owed = state_->due() - state_->given;
        const auto room = std::min<std::uint64_t>(out.size() - given, owed);
        given += state_->run(silence, out.subspan(given, static_cast<std::size_t>(room))).given;
    }
    return given;
}

void Resampler::reset() {
    speex_resampler_reset_mem(state_->resampler.get());
    speex_resampler_skip_zeros(state_->resampler.get());
    state_->taken = 0;
    state_->given = 0;
}

}  // namespace partyline::dsp

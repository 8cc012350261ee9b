// Our whole capture chain, as people with a microphone have it.
#include <algorithm>

#include "audio/chains/chain.hpp"
#include "base/clock.hpp"
#include "dsp/capture_chain.hpp"
#include "dsp/pre_roll.hpp"

namespace partyline::chains {
namespace {

class Ours final : public Chain {
public:
    Ours(dsp::Suppression noise, const Wishes& wishes)
        : chain_(clock_, {.high_pass = true,
                          .echo = true,
                          .noise = noise,
                          .gain = wishes.gain_control,
                          .activation = dsp::Activation::voice}),
          delay_samples_(dsp::EchoCanceller::latency_samples + dsp::latency_samples(noise)) {}

    void process(dsp::ConstFrame near, dsp::ConstFrame far, dsp::Frame out) override {
        std::ranges::copy(near, out.begin());
        chain_.render(far);
        voice_ = chain_.process(out);
    }
    [[nodiscard]] std::size_t delay_samples() const override { return delay_samples_; }
    [[nodiscard]] std::optional<bool> voice() const override { return voice_; }
    [[nodiscard]] std::size_t pre_roll_frames() const override { return dsp::PreRoll::frames_max; }

private:
    ManualClock clock_;  // a busy machine changes no figure
    dsp::CaptureChain chain_;
    std::size_t delay_samples_;
    bool voice_ = false;
};

}  // namespace

std::unique_ptr<Chain> create_ours(const Wishes& wishes) {
    return std::make_unique<Ours>(dsp::Suppression::normal, wishes);
}

std::unique_ptr<Chain> create_ours_high(const Wishes& wishes) {
    return std::make_unique<Ours>(dsp::Suppression::high, wishes);
}

}  // namespace partyline::chains

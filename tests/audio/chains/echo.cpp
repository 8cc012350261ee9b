// Our echo canceller, alone and with the noise suppressor behind it.
#include <algorithm>

#include "audio/chains/chain.hpp"
#include "dsp/echo_canceller.hpp"
#include "dsp/noise_suppressor.hpp"

namespace partyline::chains {
namespace {

class Echo final : public Chain {
public:
    explicit Echo(dsp::Suppression mode) : suppressor_(mode) {}

    void process(dsp::ConstFrame near, dsp::ConstFrame far, dsp::Frame out) override {
        std::ranges::copy(near, out.begin());
        canceller_.render(far);
        canceller_.process(out);
        suppressor_.process(out, canceller_.echo_left());
    }
    [[nodiscard]] std::size_t delay_samples() const override {
        return dsp::EchoCanceller::latency_samples + suppressor_.latency_samples();
    }

private:
    dsp::EchoCanceller canceller_;
    dsp::NoiseSuppressor suppressor_;
};

}  // namespace

std::unique_ptr<Chain> create_echo(const Wishes&) {
    return std::make_unique<Echo>(dsp::Suppression::off);
}

std::unique_ptr<Chain> create_echo_suppressor(const Wishes&) {
    return std::make_unique<Echo>(dsp::Suppression::normal);
}

}  // namespace partyline::chains

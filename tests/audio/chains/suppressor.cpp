// Our own noise suppression, and nothing else of a chain.
#include <algorithm>

#include "audio/chains/chain.hpp"
#include "dsp/noise_suppressor.hpp"

namespace partyline::chains {
namespace {

class Suppressor final : public Chain {
public:
    explicit Suppressor(dsp::Suppression mode) : suppressor_(mode) {}

    void process(dsp::ConstFrame near, dsp::ConstFrame, dsp::Frame out) override {
        std::ranges::copy(near, out.begin());
        suppressor_.process(out);
    }
    [[nodiscard]] std::size_t delay_samples() const override {
        return suppressor_.latency_samples();
    }

private:
    dsp::NoiseSuppressor suppressor_;
};

}  // namespace

std::unique_ptr<Chain> create_suppressor(const Wishes&) {
    return std::make_unique<Suppressor>(dsp::Suppression::normal);
}

std::unique_ptr<Chain> create_suppressor_high(const Wishes&) {
    return std::make_unique<Suppressor>(dsp::Suppression::high);
}

}  // namespace partyline::chains

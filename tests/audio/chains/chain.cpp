#include "audio/chains/chain.hpp"

#include <algorithm>

namespace partyline::chains {
namespace {

class Unprocessed final : public Chain {
public:
    void process(dsp::ConstFrame near, dsp::ConstFrame, dsp::Frame out) override {
        std::ranges::copy(near, out.begin());
    }
    [[nodiscard]] std::size_t delay_samples() const override { return 0; }
};

std::unique_ptr<Chain> create_unprocessed(const Wishes&) { return std::make_unique<Unprocessed>(); }

constexpr Kind all[] = {
    {.name = "unprocessed", .create = create_unprocessed},
    {.name = "mumble", .create = create_mumble},
    {.name = "apm", .create = create_apm},
    {.name = "echo", .create = create_echo},
    {.name = "echo-suppressor", .create = create_echo_suppressor},
    {.name = "suppressor", .create = create_suppressor},
    {.name = "suppressor-high", .create = create_suppressor_high},
    {.name = "ours", .create = create_ours},
    {.name = "ours-high", .create = create_ours_high},
};

}  // namespace

std::span<const Kind> kinds() { return all; }

const Kind* find_kind(std::string_view name) {
    const auto* found = std::ranges::find(all, name, &Kind::name);
    return found == std::end(all) ? nullptr : found;
}

}  // namespace partyline::chains

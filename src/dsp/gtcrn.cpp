#include "dsp/gtcrn.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <cstdlib>

// clang-format off: the first says how to read the second.
#include "dsp/wasm_runtime.hpp"
#include <models/gtcrn.h>
// clang-format on

namespace partyline::dsp {
namespace {

constexpr float sample_max = 8.0F;

// The module exports its functions under single letters.
void call_constructors(w2c_partyline__gtcrn* module) { w2c_partyline__gtcrn_d(module); }
std::uint32_t create(w2c_partyline__gtcrn* module) { return w2c_partyline__gtcrn_e(module); }
void destroy(w2c_partyline__gtcrn* module, std::uint32_t state) {
    w2c_partyline__gtcrn_g(module, state);
}
void process_48k(w2c_partyline__gtcrn* module, std::uint32_t state, std::uint32_t in,
                 std::uint32_t out) {
    w2c_partyline__gtcrn_j(module, state, in, out);
}
std::uint32_t allocate(w2c_partyline__gtcrn* module, std::size_t bytes) {
    return w2c_partyline__gtcrn_k(module, static_cast<std::uint32_t>(bytes));
}

}  // namespace

struct Gtcrn::Module {
    Module() {
        wasm2c_partyline__gtcrn_instantiate(&instance, nullptr);
        call_constructors(&instance);
        state = create(&instance);
        in = allocate(&instance, block_samples * sizeof(float));
        out = allocate(&instance, block_samples * sizeof(float));
        assert(state != 0 && in != 0 && out != 0);
    }
    ~Module() { wasm2c_partyline__gtcrn_free(&instance); }
    Module(const Module&) = delete;
    Module& operator=(const Module&) = delete;

    [[nodiscard]] float* at(std::uint32_t place) {
        return reinterpret_cast<float*>(instance.w2c_c.data + place);
    }

    w2c_partyline__gtcrn instance{};
    std::uint32_t state = 0;  // places in the module's memory
    std::uint32_t in = 0;
    std::uint32_t out = 0;
};

Gtcrn::Gtcrn() {
    std::ranges::generate(modules_, [] { return std::make_unique<Module>(); });
}
Gtcrn::~Gtcrn() = default;
Gtcrn::Gtcrn(Gtcrn&&) noexcept = default;
Gtcrn& Gtcrn::operator=(Gtcrn&&) noexcept = default;

void Gtcrn::process(Frame samples) {
    auto rest = std::span<const float>(samples);
    while (!rest.empty()) {
        const auto taken = std::min(rest.size(), turn_samples - in_filled_);
        std::ranges::copy(rest.first(taken),
                          in_.end() - static_cast<std::ptrdiff_t>(turn_samples - in_filled_));
        in_filled_ += taken;
        rest = rest.subspan(taken);
        if (in_filled_ == turn_samples) {
            take_turn();
        }
    }
    assert(out_filled_ >= frame_samples);
    std::copy_n(out_.begin(), frame_samples, samples.begin());
    std::copy(out_.begin() + frame_samples, out_.begin() + static_cast<std::ptrdiff_t>(out_filled_),
              out_.begin());
    out_filled_ -= frame_samples;
}

void Gtcrn::take_turn() {
    auto& module = *modules_[turn_];
    std::ranges::transform(in_, module.at(module.in), [](float sample) {
        return std::isfinite(sample) ? std::clamp(sample, -sample_max, sample_max) : 0.0F;
    });
    process_48k(&module.instance, module.state, module.in, module.out);
    hand_out({module.at(module.out), block_samples});
    std::shift_left(in_.begin(), in_.end(), turn_samples);
    in_filled_ = 0;
    turn_ = (turn_ + 1) % models;
}

/// The other model has given the first half already, but for its end.
void Gtcrn::hand_out(std::span<const float> block) {
    assert(out_filled_ + turn_samples <= out_.size());
    const auto news = block.subspan(block_samples - turn_samples - fade_samples);
    const auto out = std::span(out_).subspan(out_filled_, turn_samples);
    for (std::size_t i = 0; i < fade_samples; ++i) {
        const float along = static_cast<float>(i + 1) / static_cast<float>(fade_samples + 1);
        out[i] = fading_[i] + along * (news[i] - fading_[i]);
    }
    std::ranges::copy(news.subspan(fade_samples, turn_samples - fade_samples),
                      out.begin() + fade_samples);
    std::ranges::copy(news.last(fade_samples), fading_.begin());
    out_filled_ += turn_samples;
}

void Gtcrn::reset() {
    for (auto& module : modules_) {
        destroy(&module->instance, module->state);
        module->state = create(&module->instance);
        assert(module->state != 0);
    }
    turn_ = 0;
    in_.fill(0.0F);
    in_filled_ = 0;
    fading_.fill(0.0F);
    out_.fill(0.0F);
    out_filled_ = waiting_samples_max;
}

}  // namespace partyline::dsp

extern "C" {

void w2c_a_a(w2c_a* /*environment*/, u32 /*condition*/, u32 /*file*/, u32 /*line*/,
             u32 /*function*/) {
    std::abort();
}
// The module has all the memory it needs.
u32 w2c_a_b(w2c_a* /*environment*/, u32 /*bytes*/) { return 0; }

}  // extern "C"

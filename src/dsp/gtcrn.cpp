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

Gtcrn::Gtcrn() : module_(std::make_unique<Module>()) {}
Gtcrn::~Gtcrn() = default;
Gtcrn::Gtcrn(Gtcrn&&) noexcept = default;
Gtcrn& Gtcrn::operator=(Gtcrn&&) noexcept = default;

void Gtcrn::process(Frame samples) {
    auto rest = std::span<const float>(samples);
    while (!rest.empty()) {
        const auto taken = std::min(rest.size(), block_samples - in_filled_);
        std::ranges::copy(rest.first(taken), in_.begin() + static_cast<std::ptrdiff_t>(in_filled_));
        in_filled_ += taken;
        rest = rest.subspan(taken);
        if (in_filled_ == block_samples) {
            process_block();
        }
    }
    assert(out_filled_ >= frame_samples);
    std::copy_n(out_.begin(), frame_samples, samples.begin());
    std::copy(out_.begin() + frame_samples, out_.begin() + static_cast<std::ptrdiff_t>(out_filled_),
              out_.begin());
    out_filled_ -= frame_samples;
}

void Gtcrn::process_block() {
    std::ranges::transform(in_, module_->at(module_->in), [](float sample) {
        return std::isfinite(sample) ? std::clamp(sample, -sample_max, sample_max) : 0.0F;
    });
    process_48k(&module_->instance, module_->state, module_->in, module_->out);
    assert(out_filled_ + block_samples <= out_.size());
    std::copy_n(module_->at(module_->out), block_samples,
                out_.begin() + static_cast<std::ptrdiff_t>(out_filled_));
    in_filled_ = 0;
    out_filled_ += block_samples;
}

void Gtcrn::reset() {
    destroy(&module_->instance, module_->state);
    module_->state = create(&module_->instance);
    assert(module_->state != 0);
    in_filled_ = 0;
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

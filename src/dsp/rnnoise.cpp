#include "dsp/rnnoise.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>

// clang-format off: the first says how to read the second.
#include "dsp/wasm_runtime.hpp"
#include <models/rnnoise.h>
// clang-format on

/// What the module's imports are given.
struct w2c_env {
    partyline::dsp::LinearKernel kernel;
};

namespace partyline::dsp {
namespace {

// RNNoise counts samples as 16-bit integers would. Far beyond full scale its own sums overflow.
constexpr float full_scale = 32'768.0F;
constexpr float sample_max = 8.0F;

/// A layer's header as the module holds it.
struct LayerHeader {
    std::uint32_t bias;
    std::uint32_t subias;
    std::uint32_t weights;
    std::uint32_t float_weights;
    std::uint32_t blocks;
    std::uint32_t diagonal;
    std::uint32_t scale;
    std::int32_t inputs;
    std::int32_t outputs;
};
static_assert(sizeof(LayerHeader) == 36);

/// The module's memory as the kernels see it. The headers and matrices are the module's own, and
/// known by their hash; the places of vectors are checked like each access of the translated code.
class Memory {
public:
    explicit Memory(const wasm_rt_memory_t& memory) : memory_(memory) {}

    template <class T>
    [[nodiscard]] T* at(std::uint32_t place, std::size_t count) const {
        if (place + count * sizeof(T) > memory_.size) {
            std::abort();
        }
        return reinterpret_cast<T*>(memory_.data + place);
    }
    template <class T>
    [[nodiscard]] const T* optional(std::uint32_t place, std::size_t count) const {
        return place == 0 ? nullptr : at<const T>(place, count);
    }

private:
    const wasm_rt_memory_t& memory_;
};

LinearLayer layer_at(const Memory& memory, std::uint32_t place) {
    const auto& header = *memory.at<const LayerHeader>(place, 1);
    const auto inputs = static_cast<std::size_t>(header.inputs);
    const auto outputs = static_cast<std::size_t>(header.outputs);
    if (inputs > linear_inputs_max) {
        std::abort();
    }
    return {.bias = memory.optional<float>(header.bias, outputs),
            .weights = memory.optional<std::int8_t>(header.weights, 1),
            .float_weights = memory.optional<float>(header.float_weights, 1),
            .blocks = memory.optional<std::int32_t>(header.blocks, 1),
            .diagonal = memory.optional<float>(header.diagonal, 3 * inputs),
            .scale = memory.optional<float>(header.scale, outputs),
            .inputs = inputs,
            .outputs = outputs};
}

}  // namespace

struct Rnnoise::Module {
    explicit Module(LinearKernel kernel) : environment{kernel} {
        wasm2c_partyline__rnnoise_instantiate(&instance, &environment, nullptr);
        w2c_partyline__rnnoise_0x5F_wasm_call_ctors(&instance);
        samples = w2c_partyline__rnnoise_malloc(&instance, frame_samples * sizeof(float));
        state = w2c_partyline__rnnoise_rnnoise_create(&instance, 0);
        assert(samples != 0 && state != 0);
    }
    ~Module() { wasm2c_partyline__rnnoise_free(&instance); }
    Module(const Module&) = delete;
    Module& operator=(const Module&) = delete;

    [[nodiscard]] float* frame() {
        return Memory(instance.w2c_memory).at<float>(samples, frame_samples);
    }

    w2c_env environment;
    w2c_partyline__rnnoise instance{};
    std::uint32_t samples = 0;  // places in the module's memory
    std::uint32_t state = 0;
};

Rnnoise::Rnnoise(LinearKernel kernel) : module_(std::make_unique<Module>(kernel)) {}
Rnnoise::~Rnnoise() = default;
Rnnoise::Rnnoise(Rnnoise&&) noexcept = default;
Rnnoise& Rnnoise::operator=(Rnnoise&&) noexcept = default;

float Rnnoise::process(Frame samples) {
    float* frame = module_->frame();
    std::ranges::transform(samples, frame, [](float sample) {
        return std::isfinite(sample) ? full_scale * std::clamp(sample, -sample_max, sample_max)
                                     : 0.0F;
    });
    const float voice = w2c_partyline__rnnoise_rnnoise_process_frame(
        &module_->instance, module_->state, module_->samples, module_->samples);
    std::transform(frame, frame + frame_samples, samples.begin(),
                   [](float sample) { return sample / full_scale; });
    return voice;
}

void Rnnoise::reset() {
    w2c_partyline__rnnoise_rnnoise_destroy(&module_->instance, module_->state);
    module_->state = w2c_partyline__rnnoise_rnnoise_create(&module_->instance, 0);
    assert(module_->state != 0);
}

}  // namespace partyline::dsp

extern "C" {

bool partyline_rnnoise_linear(const w2c_env* environment, const wasm_rt_memory_t* memory,
                              std::uint32_t layer_place, std::uint32_t out, std::uint32_t in) {
    using namespace partyline::dsp;
    if (environment->kernel == nullptr) {
        return false;
    }
    const Memory view(*memory);
    const auto layer = layer_at(view, layer_place);
    environment->kernel(layer, view.at<float>(out, layer.outputs),
                        view.at<const float>(in, layer.inputs));
    return true;
}

void w2c_env_0x5F_assert_fail(w2c_env* /*environment*/, u32 /*condition*/, u32 /*file*/,
                              u32 /*line*/, u32 /*function*/) {
    std::abort();
}
// The module has all the memory it needs.
u32 w2c_env_emscripten_resize_heap(w2c_env* /*environment*/, u32 /*bytes*/) { return 0; }
// Nothing to say, and nobody to say it to.
u32 w2c_wasi__snapshot__preview1_fd_write(w2c_wasi__snapshot__preview1* /*wasi*/, u32 /*file*/,
                                          u32 /*vectors*/, u32 /*count*/, u32 /*written*/) {
    return 0;
}

}  // extern "C"

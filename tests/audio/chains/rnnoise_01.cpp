#include "audio/chains/rnnoise_01.hpp"

// Before the module's own header, which it renames things in.
#include "audio/chains/rnnoise_names.hpp"
//
#include <rnnoise_01.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <cstring>

// The module imports two functions from its JavaScript. "a" is the name that its linker gave them all;
// what they get is the instance's memory.
struct w2c_a {
    wasm_rt_memory_t* memory = nullptr;
};

extern "C" {
u32 w2c_a_a(w2c_a*, u32) { return 0; }  // what it begins with is enough
void w2c_a_b(w2c_a* host, u32 to, u32 from, u32 count) {
    assert(to + std::uint64_t{count} <= host->memory->size);
    assert(from + std::uint64_t{count} <= host->memory->size);
    std::memmove(host->memory->data + to, host->memory->data + from, count);
}
}

namespace partyline::chains {
namespace {

constexpr u32 frame_bytes = dsp::frame_samples * sizeof(float);

using Samples = std::array<float, dsp::frame_samples>;

}  // namespace

// Exports by the letters that the module has for them: d constructors, f create, g malloc, j process.
struct Rnnoise01::Module {
    Module() {
        wasm2c_rnnoise01_instantiate(&code, &host);
        host.memory = w2c_rnnoise01_c(&code);
        w2c_rnnoise01_d(&code);
        state = w2c_rnnoise01_f(&code, 0);
        in = w2c_rnnoise01_g(&code, frame_bytes);
        out = w2c_rnnoise01_g(&code, frame_bytes);
        assert(state != 0 && in != 0 && out != 0);
    }
    ~Module() { wasm2c_rnnoise01_free(&code); }
    Module(const Module&) = delete;
    Module& operator=(const Module&) = delete;

    w2c_a host;
    w2c_rnnoise01 code{};
    u32 state = 0;
    u32 in = 0;
    u32 out = 0;
};

Rnnoise01::Rnnoise01() : module_(std::make_unique<Module>()) {}
Rnnoise01::~Rnnoise01() = default;

void Rnnoise01::process(std::span<std::int16_t, dsp::frame_samples> samples) {
    Samples frame{};
    std::ranges::copy(samples, frame.begin());
    std::memcpy(module_->host.memory->data + module_->in, frame.data(), frame_bytes);
    w2c_rnnoise01_j(&module_->code, module_->state, module_->out, module_->in);
    std::memcpy(frame.data(), module_->host.memory->data + module_->out, frame_bytes);
    std::ranges::transform(frame, samples.begin(), [](float sample) {
        return static_cast<std::int16_t>(std::clamp(std::lrint(sample), -32768L, 32767L));
    });
}

}  // namespace partyline::chains

// Matrix times vector as RNNoise 0.2 lays its matrices out: where nearly all its time goes.
#pragma once

#include <cstddef>
#include <cstdint>

namespace partyline::dsp {

/// One layer, in memory that outlives it. Matrices come as blocks of 8 rows by 4 columns (8 by 1 in
/// dense float ones); sparse ones have a list of blocks for each 8 rows: how many, then the column at
/// which each begins. Null is "none of that".
struct LinearLayer {
    const float* bias = nullptr;           // one for each output
    const std::int8_t* weights = nullptr;  // with `scale`; inputs are then taken as 8 bits, too
    const float* float_weights = nullptr;  // come before `weights`
    const std::int32_t* blocks = nullptr;  // sparse
    const float* diagonal = nullptr;       // of three square matrices, one above the other
    const float* scale = nullptr;          // one for each output
    std::size_t inputs = 0;
    std::size_t outputs = 0;
};

/// The most inputs that a layer of 8-bit weights has.
inline constexpr std::size_t linear_inputs_max = 2048;

/// out = weights * in + bias, in the order of RNNoise's own C code, so that all kernels agree to the
/// last bit. `outputs` is a multiple of 8 but in dense float layers.
using LinearKernel = void (*)(const LinearLayer& layer, float* out, const float* in);

void linear_portable(const LinearLayer& layer, float* out, const float* in);

/// The fastest that this processor can run.
LinearKernel best_linear_kernel();

namespace detail {
/// Null unless this processor has AVX2.
LinearKernel linear_avx2();
/// The inputs as 8 bits.
void quantize(const LinearLayer& layer, const float* in, std::int8_t* out);
/// Adds bias and diagonal.
void finish_linear(const LinearLayer& layer, float* out, const float* in);
}  // namespace detail

}  // namespace partyline::dsp

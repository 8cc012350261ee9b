// The same with 256-bit vectors. Never fused multiply and add: it rounds once where C rounds twice.
#include "dsp/rnnoise_linear.hpp"

#if defined(__x86_64__)
#include <immintrin.h>

#include <algorithm>
#include <array>
#include <cstring>

#define PARTYLINE_AVX2 __attribute__((target("avx2")))

namespace partyline::dsp {
namespace {

constexpr std::size_t rows = 8;
constexpr std::size_t columns = 4;

PARTYLINE_AVX2 __m256 times(__m256 sums, const float* weights, float in) {
    return _mm256_add_ps(sums, _mm256_mul_ps(_mm256_loadu_ps(weights), _mm256_set1_ps(in)));
}

/// N times 8 rows at once: a chain of additions is slow, several side by side are not.
template <std::size_t N>
PARTYLINE_AVX2 void dense_rows(const LinearLayer& layer, std::size_t row, float* out,
                               const float* in) {
    __m256 sums[N];
    for (__m256& sum : sums) {
        sum = _mm256_setzero_ps();
    }
    for (std::size_t column = 0; column < layer.inputs; ++column) {
        const float* weights = layer.float_weights + column * layer.outputs + row;
        for (std::size_t i = 0; i < N; ++i) {
            sums[i] = times(sums[i], weights + i * rows, in[column]);
        }
    }
    for (std::size_t i = 0; i < N; ++i) {
        _mm256_storeu_ps(out + row + i * rows, sums[i]);
    }
}

PARTYLINE_AVX2 void dense_floats(const LinearLayer& layer, float* out, const float* in) {
    std::size_t row = 0;
    for (; row + 4 * rows <= layer.outputs; row += 4 * rows) {
        dense_rows<4>(layer, row, out, in);
    }
    for (; row + rows <= layer.outputs; row += rows) {
        dense_rows<1>(layer, row, out, in);
    }
    for (; row < layer.outputs; ++row) {
        float sum = 0;
        for (std::size_t column = 0; column < layer.inputs; ++column) {
            sum += layer.float_weights[column * layer.outputs + row] * in[column];
        }
        out[row] = sum;
    }
}

PARTYLINE_AVX2 void sparse_floats(const LinearLayer& layer, float* out, const float* in) {
    const float* weights = layer.float_weights;
    const std::int32_t* blocks = layer.blocks;
    for (std::size_t row = 0; row < layer.outputs; row += rows) {
        auto sums = _mm256_setzero_ps();
        for (std::int32_t left = *blocks++; left > 0; --left) {
            const float* block_in = in + *blocks++;
            for (std::size_t column = 0; column < columns; ++column) {
                sums = times(sums, weights + column * rows, block_in[column]);
            }
            weights += rows * columns;
        }
        _mm256_storeu_ps(out + row, sums);
    }
}

PARTYLINE_AVX2 __m256i widened(const std::int8_t* weights) {
    __m128i narrow;
    std::memcpy(&narrow, weights, sizeof narrow);
    return _mm256_cvtepi8_epi16(narrow);
}

/// What one block adds to rows 0, 1, 4, 5, 2, 3, 6, 7.
PARTYLINE_AVX2 __m256i block_sums(const std::int8_t* weights, const std::int8_t* in) {
    std::int32_t four = 0;
    std::memcpy(&four, in, sizeof four);
    const auto inputs = _mm256_broadcastq_epi64(_mm_cvtepi8_epi16(_mm_cvtsi32_si128(four)));
    return _mm256_hadd_epi32(_mm256_madd_epi16(widened(weights), inputs),
                             _mm256_madd_epi16(widened(weights + 16), inputs));
}

PARTYLINE_AVX2 void bytes(const LinearLayer& layer, float* out, const float* in) {
    std::array<std::int8_t, linear_inputs_max> quantized;
    detail::quantize(layer, in, quantized.data());
    const std::int8_t* weights = layer.weights;
    const std::int32_t* blocks = layer.blocks;
    for (std::size_t row = 0; row < layer.outputs; row += rows) {
        auto sums = _mm256_setzero_si256();
        const auto count =
            blocks != nullptr ? static_cast<std::size_t>(*blocks++) : layer.inputs / columns;
        for (std::size_t block = 0; block < count; ++block) {
            const auto from =
                blocks != nullptr ? static_cast<std::size_t>(*blocks++) : block * columns;
            sums = _mm256_add_epi32(sums, block_sums(weights, quantized.data() + from));
            weights += rows * columns;
        }
        sums = _mm256_permute4x64_epi64(sums, _MM_SHUFFLE(3, 1, 2, 0));
        _mm256_storeu_ps(
            out + row, _mm256_mul_ps(_mm256_cvtepi32_ps(sums), _mm256_loadu_ps(layer.scale + row)));
    }
}

PARTYLINE_AVX2 void linear(const LinearLayer& layer, float* out, const float* in) {
    if (layer.float_weights != nullptr) {
        layer.blocks != nullptr ? sparse_floats(layer, out, in) : dense_floats(layer, out, in);
    } else if (layer.weights != nullptr) {
        bytes(layer, out, in);
    } else {
        std::fill_n(out, layer.outputs, 0.0F);
    }
    detail::finish_linear(layer, out, in);
}

}  // namespace

LinearKernel detail::linear_avx2() {
    return __builtin_cpu_supports("avx2") != 0 ? &linear : nullptr;
}

}  // namespace partyline::dsp

#else

namespace partyline::dsp {
LinearKernel detail::linear_avx2() { return nullptr; }
}  // namespace partyline::dsp

#endif

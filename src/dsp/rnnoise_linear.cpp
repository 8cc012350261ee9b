#include "dsp/rnnoise_linear.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

namespace partyline::dsp {
namespace {

constexpr std::size_t rows = 8;
constexpr std::size_t columns = 4;

void dense_floats(const LinearLayer& layer, float* out, const float* in) {
    std::fill_n(out, layer.outputs, 0.0F);
    for (std::size_t column = 0; column < layer.inputs; ++column) {
        const float* weights = layer.float_weights + column * layer.outputs;
        for (std::size_t row = 0; row < layer.outputs; ++row) {
            out[row] += weights[row] * in[column];
        }
    }
}

void sparse_floats(const LinearLayer& layer, float* out, const float* in) {
    const float* weights = layer.float_weights;
    const std::int32_t* blocks = layer.blocks;
    for (std::size_t row = 0; row < layer.outputs; row += rows) {
        std::array<float, rows> sums{};
        for (std::int32_t left = *blocks++; left > 0; --left) {
            const float* block_in = in + *blocks++;
            for (std::size_t column = 0; column < columns; ++column) {
                for (std::size_t i = 0; i < rows; ++i) {
                    sums[i] += weights[column * rows + i] * block_in[column];
                }
            }
            weights += rows * columns;
        }
        std::ranges::copy(sums, out + row);
    }
}

// What g++ and clang turn into the vectors of any processor.
constexpr std::size_t lanes = 2 * columns;
using Bytes8 = std::int8_t __attribute__((vector_size(lanes)));
using Shorts8 = std::int16_t __attribute__((vector_size(lanes * sizeof(std::int16_t))));
using Ints8 = std::int32_t __attribute__((vector_size(lanes * sizeof(std::int32_t))));

/// Of one block, two rows in each vector, the columns apart until the end.
struct Products {
    Ints8 of[rows * columns / lanes]{};

    void add(const std::int8_t* weights, const std::int8_t* in) {
        Bytes8 twice;
        std::memcpy(&twice, in, columns);
        std::memcpy(reinterpret_cast<std::int8_t*>(&twice) + columns, in, columns);
        const auto inputs = __builtin_convertvector(twice, Shorts8);
        for (Ints8& two_rows : of) {
            Bytes8 narrow;
            std::memcpy(&narrow, weights, sizeof narrow);
            weights += lanes;
            // At most 128 * 128: it fits.
            two_rows +=
                __builtin_convertvector(__builtin_convertvector(narrow, Shorts8) * inputs, Ints8);
        }
    }
    [[nodiscard]] std::int32_t row(std::size_t row) const {
        const Ints8& two_rows = of[row / 2];
        const auto first = row % 2 * columns;
        return two_rows[first] + two_rows[first + 1] + two_rows[first + 2] + two_rows[first + 3];
    }
};

void bytes(const LinearLayer& layer, float* out, const float* in) {
    std::array<std::int8_t, linear_inputs_max> quantized;
    detail::quantize(layer, in, quantized.data());
    const std::int8_t* weights = layer.weights;
    const std::int32_t* blocks = layer.blocks;
    for (std::size_t row = 0; row < layer.outputs; row += rows) {
        Products products;
        const auto count =
            blocks != nullptr ? static_cast<std::size_t>(*blocks++) : layer.inputs / columns;
        for (std::size_t block = 0; block < count; ++block) {
            const auto from =
                blocks != nullptr ? static_cast<std::size_t>(*blocks++) : block * columns;
            products.add(weights, quantized.data() + from);
            weights += rows * columns;
        }
        for (std::size_t i = 0; i < rows; ++i) {
            out[row + i] = static_cast<float>(products.row(i)) * layer.scale[row + i];
        }
    }
}

}  // namespace

void detail::quantize(const LinearLayer& layer, const float* in, std::int8_t* out) {
    for (std::size_t i = 0; i < layer.inputs; ++i) {
        // In double: what is just below a half stays below.
        out[i] = static_cast<std::int8_t>(
            static_cast<int>(std::floor(0.5 + static_cast<double>(127.0F * in[i]))));
    }
}

void detail::finish_linear(const LinearLayer& layer, float* out, const float* in) {
    if (layer.bias != nullptr) {
        for (std::size_t i = 0; i < layer.outputs; ++i) {
            out[i] += layer.bias[i];
        }
    }
    if (layer.diagonal != nullptr) {
        for (std::size_t matrix = 0; matrix < 3; ++matrix) {
            for (std::size_t i = 0; i < layer.inputs; ++i) {
                const auto row = matrix * layer.inputs + i;
                out[row] += layer.diagonal[row] * in[i];
            }
        }
    }
}

void linear_portable(const LinearLayer& layer, float* out, const float* in) {
    if (layer.float_weights != nullptr) {
        layer.blocks != nullptr ? sparse_floats(layer, out, in) : dense_floats(layer, out, in);
    } else if (layer.weights != nullptr) {
        bytes(layer, out, in);
    } else {
        std::fill_n(out, layer.outputs, 0.0F);
    }
    detail::finish_linear(layer, out, in);
}

LinearKernel best_linear_kernel() {
    const auto avx2 = detail::linear_avx2();
    return avx2 != nullptr ? avx2 : &linear_portable;
}

}  // namespace partyline::dsp

#include "dsp/rnnoise_linear.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/random.hpp"

namespace partyline::dsp {
namespace {

enum class Weights { none, floats, bytes };
enum class Blocks { all, some };

/// A layer of random weights, and what it points to.
struct RandomLayer {
    RandomLayer(Weights kind, Blocks which, std::size_t inputs, std::size_t outputs, Random& random)
        : random_(random) {
        layer.inputs = inputs;
        layer.outputs = outputs;
        std::size_t weights = inputs * outputs;
        if (which == Blocks::some) {
            weights = choose_blocks(inputs, outputs);
        }
        if (kind == Weights::floats) {
            floats = numbers(weights);
            layer.float_weights = floats.data();
        } else if (kind == Weights::bytes) {
            for (std::size_t i = 0; i < weights; ++i) {
                bytes.push_back(
                    static_cast<std::int8_t>(static_cast<int>(256 * random.uniform()) - 128));
            }
            layer.weights = bytes.data();
        }
        bias = numbers(outputs);
        scale = numbers(outputs);
        layer.bias = bias.data();
        layer.scale = scale.data();
        in = numbers(inputs);
    }

    std::vector<float> numbers(std::size_t count) {
        std::vector<float> out(count);
        for (float& number : out) {
            number = static_cast<float>(2 * random_.uniform() - 1);
        }
        return out;
    }

    [[nodiscard]] std::vector<float> run(LinearKernel kernel) const {
        std::vector<float> out(layer.outputs, 1e9F);
        kernel(layer, out.data(), in.data());
        return out;
    }

    LinearLayer layer;
    std::vector<float> floats;
    std::vector<std::int8_t> bytes;
    std::vector<std::int32_t> blocks;
    std::vector<float> bias;
    std::vector<float> scale;
    std::vector<float> diagonal;
    std::vector<float> in;

private:
    std::size_t choose_blocks(std::size_t inputs, std::size_t outputs) {
        std::size_t weights = 0;
        for (std::size_t row = 0; row < outputs; row += 8) {
            const auto count = static_cast<std::int32_t>(random_.uniform() * 6);
            blocks.push_back(count);
            for (std::int32_t i = 0; i < count; ++i) {
                const auto block =
                    static_cast<std::int32_t>(random_.uniform() * static_cast<double>(inputs / 4));
                blocks.push_back(4 * block);
            }
            weights += 32 * static_cast<std::size_t>(count);
        }
        layer.blocks = blocks.data();
        return weights;
    }

    Random& random_;
};

TEST(RnnoiseLinear, AllKernelsAgreeToTheLastBit) {
    Random random(3);
    for (int round = 0; round < 50; ++round) {
        for (const auto kind : {Weights::none, Weights::floats, Weights::bytes}) {
            for (const auto which : {Blocks::all, Blocks::some}) {
                const RandomLayer layer(kind, which, 24, 72, random);
                EXPECT_EQ(layer.run(best_linear_kernel()), layer.run(&linear_portable));
            }
        }
    }
}

TEST(RnnoiseLinear, AllKernelsAgreeOnRowsThatFillNoVector) {
    Random random(4);
    for (const std::size_t outputs : {1U, 7U, 9U, 31U, 33U, 47U}) {
        const RandomLayer layer(Weights::floats, Blocks::all, 65, outputs, random);
        EXPECT_EQ(layer.run(best_linear_kernel()), layer.run(&linear_portable));
    }
}

TEST(RnnoiseLinear, AllKernelsAgreeAtTheMostInputs) {
    Random random(5);
    const RandomLayer layer(Weights::bytes, Blocks::all, linear_inputs_max, 8, random);
    EXPECT_EQ(layer.run(best_linear_kernel()), layer.run(&linear_portable));
}

TEST(RnnoiseLinear, AddsADiagonalToEachOfThreeMatrices) {
    Random random(6);
    RandomLayer layer(Weights::bytes, Blocks::all, 16, 48, random);
    const auto without = layer.run(&linear_portable);
    layer.diagonal = layer.numbers(48);
    layer.layer.diagonal = layer.diagonal.data();
    const auto with = layer.run(&linear_portable);
    EXPECT_EQ(layer.run(best_linear_kernel()), with);
    for (std::size_t i = 0; i < with.size(); ++i) {
        EXPECT_EQ(with[i], without[i] + layer.diagonal[i] * layer.in[i % 16]);
    }
}

TEST(RnnoiseLinear, IsAProductOfMatrixAndVector) {
    const std::vector<float> weights{1, 2, 3, 10, 20, 30};  // three rows, column by column
    const std::vector<float> bias{0.5F, 0, -0.5F};
    const std::vector<float> in{2, -1};
    const LinearLayer layer{
        .bias = bias.data(), .float_weights = weights.data(), .inputs = 2, .outputs = 3};
    for (const auto kernel : {&linear_portable, best_linear_kernel()}) {
        std::vector<float> out(3);
        kernel(layer, out.data(), in.data());
        EXPECT_EQ(out, (std::vector<float>{-7.5F, -16, -24.5F}));
    }
}

}  // namespace
}  // namespace partyline::dsp

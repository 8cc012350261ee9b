#include "audio/metrics/fft.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "audio/metrics/test_sounds.hpp"

namespace partyline::metrics {
namespace {

TEST(Fft, IsTheTransformOfTheTextbook) {
    for (const std::size_t size : {2U, 8U, 64U}) {
        const auto samples = noise(size, 1, size);
        std::vector<Complex> data(samples.begin(), samples.end());
        Fft(size).forward(data);
        for (std::size_t bin = 0; bin < size; ++bin) {
            Complex expected = 0;
            for (std::size_t i = 0; i < size; ++i) {
                expected += static_cast<double>(samples[i]) *
                            std::polar(1.0, -2 * std::numbers::pi * static_cast<double>(bin * i) /
                                                static_cast<double>(size));
            }
            EXPECT_NEAR(std::abs(data[bin] - expected), 0, 1e-9) << size << ", bin " << bin;
        }
    }
}

TEST(Fft, ComesBack) {
    const auto samples = noise(1024, 1, 1);
    const std::vector<Complex> before(samples.begin(), samples.end());
    auto data = before;
    const Fft fft(data.size());
    fft.forward(data);
    fft.inverse(data);
    for (std::size_t i = 0; i < data.size(); ++i) {
        EXPECT_NEAR(std::abs(data[i] - before[i]), 0, 1e-12);
    }
}

TEST(Fft, ConvolvesAndCorrelatesLikeTheSums) {
    const auto a = noise(650, 1, 2);  // four blocks and a bit
    const auto b = noise(37, 1, 3);
    const std::vector<double> taps(b.begin(), b.end());
    const auto product = convolve(a, taps);
    ASSERT_EQ(product.size(), a.size() + b.size() - 1);
    for (std::size_t i = 0; i < product.size(); ++i) {
        double expected = 0;
        for (std::size_t j = 0; j < a.size(); ++j) {
            expected += i >= j && i - j < taps.size() ? static_cast<double>(a[j]) * taps[i - j] : 0;
        }
        EXPECT_NEAR(product[i], expected, 1e-9);
    }

    const auto early = noise(9000, 1, 4);  // some blocks again
    const auto late = noise(8000, 1, 5);
    const std::ptrdiff_t first = -40;
    const auto sums = correlate(early, late, first, 90);
    for (std::size_t i = 0; i < sums.size(); ++i) {
        const auto lag = first + static_cast<std::ptrdiff_t>(i);
        double expected = 0;
        for (std::size_t j = 0; j < early.size(); ++j) {
            const auto at = static_cast<std::ptrdiff_t>(j) + lag;
            if (at >= 0 && at < static_cast<std::ptrdiff_t>(late.size())) {
                expected += static_cast<double>(early[j]) *
                            static_cast<double>(late[static_cast<std::size_t>(at)]);
            }
        }
        EXPECT_NEAR(sums[i], expected, 1e-9) << "lag " << lag;
    }
}

TEST(Fft, NothingConvolvedIsNothing) {
    EXPECT_TRUE(convolve({}, std::vector<double>{1}).empty());
    EXPECT_TRUE(convolve(std::vector<float>{1}, {}).empty());
}

}  // namespace
}  // namespace partyline::metrics

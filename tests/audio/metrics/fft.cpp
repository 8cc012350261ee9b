#include "audio/metrics/fft.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <numbers>
#include <utility>

namespace partyline::metrics {
Fft::Fft(std::size_t size) : order_(size), twiddles_(size / 2) {
    assert(size >= 2 && std::has_single_bit(size));
    for (std::size_t i = 0; i < size; ++i) {
        order_[i] = order_[i / 2] / 2 + (i % 2 == 1 ? size / 2 : 0);
    }
    for (std::size_t i = 0; i < twiddles_.size(); ++i) {
        twiddles_[i] = std::polar(
            1.0, -2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(size));
    }
}

void Fft::forward(std::span<Complex> data) const {
    assert(data.size() == size());
    for (std::size_t i = 0; i < size(); ++i) {
        if (i < order_[i]) {
            std::swap(data[i], data[order_[i]]);
        }
    }
    for (std::size_t half = 1; half < size(); half *= 2) {
        const auto stride = size() / (2 * half);
        for (std::size_t start = 0; start < size(); start += 2 * half) {
            for (std::size_t i = 0; i < half; ++i) {
                auto& low = data[start + i];
                auto& high = data[start + half + i];
                const auto& turn = twiddles_[i * stride];
                // Written out: the operator of std::complex looks for infinities.
                const Complex turned(high.real() * turn.real() - high.imag() * turn.imag(),
                                     high.real() * turn.imag() + high.imag() * turn.real());
                high = low - turned;
                low += turned;
            }
        }
    }
}

void Fft::inverse(std::span<Complex> data) const {
    for (auto& value : data) {
        value = std::conj(value);
    }
    forward(data);
    for (auto& value : data) {
        value = std::conj(value) / static_cast<double>(size());
    }
}

std::vector<double> convolve(std::span<const float> signal, std::span<const double> taps) {
    if (signal.empty() || taps.empty()) {
        return {};
    }
    // Overlap and add. Two blocks at a time, as real and imaginary part: the taps are real.
    const Fft fft(std::bit_ceil(4 * taps.size()));
    const auto block = fft.size() - taps.size() + 1;
    std::vector<Complex> response(fft.size());
    std::ranges::copy(taps, response.begin());
    fft.forward(response);
    std::vector<double> out(signal.size() + taps.size() - 1);
    std::vector<Complex> pair(fft.size());
    for (std::size_t start = 0; start < signal.size(); start += 2 * block) {
        const auto sample = [&](std::size_t at) {
            return at < signal.size() ? static_cast<double>(signal[at]) : 0.0;
        };
        std::ranges::fill(pair, 0.0);
        for (std::size_t i = 0; i < block; ++i) {
            pair[i] = {sample(start + i), sample(start + block + i)};
        }
        fft.forward(pair);
        for (std::size_t i = 0; i < fft.size(); ++i) {
            pair[i] *= response[i];
        }
        fft.inverse(pair);
        for (std::size_t i = 0; i < fft.size() && start + i < out.size(); ++i) {
            out[start + i] += pair[i].real();
        }
        for (std::size_t i = 0; i < fft.size() && start + block + i < out.size(); ++i) {
            out[start + block + i] += pair[i].imag();
        }
    }
    return out;
}

std::vector<double> correlate(std::span<const float> a, std::span<const float> b,
                              std::ptrdiff_t first, std::size_t count) {
    if (count == 0) {
        return {};
    }
    // Block by block of `a`, with as much of `b` as the lags reach; the spectra's products add up.
    const Fft fft(std::bit_ceil(std::max<std::size_t>(4 * count, 4096)));
    const auto block = fft.size() - count + 1;
    std::vector<Complex> sum(fft.size());
    std::vector<Complex> of_a(fft.size());
    std::vector<Complex> of_b(fft.size());
    for (std::size_t start = 0; start < a.size(); start += block) {
        const auto taken = std::min(block, a.size() - start);
        for (std::size_t i = 0; i < fft.size(); ++i) {
            of_a[i] = i < taken ? static_cast<double>(a[start + i]) : 0.0;
            const auto at = static_cast<std::ptrdiff_t>(start + i) + first;
            const bool inside = at >= 0 && at < static_cast<std::ptrdiff_t>(b.size());
            of_b[i] = inside ? static_cast<double>(b[static_cast<std::size_t>(at)]) : 0.0;
        }
        fft.forward(of_a);
        fft.forward(of_b);
        for (std::size_t i = 0; i < fft.size(); ++i) {
            sum[i] += std::conj(of_a[i]) * of_b[i];
        }
    }
    fft.inverse(sum);
    std::vector<double> out(count);
    std::ranges::transform(sum.begin(), sum.begin() + static_cast<std::ptrdiff_t>(count),
                           out.begin(), [](const Complex& value) { return value.real(); });
    return out;
}

}  // namespace partyline::metrics

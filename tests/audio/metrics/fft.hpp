// The Fourier transform that the measures and the mixtures are built on.
#pragma once

#include <complex>
#include <cstddef>
#include <span>
#include <vector>

namespace partyline::metrics {

using Complex = std::complex<double>;

/// Transforms of one size, which is a power of two from 2 up. Any thread.
class Fft {
public:
    explicit Fft(std::size_t size);

    [[nodiscard]] std::size_t size() const { return order_.size(); }
    void forward(std::span<Complex> data) const;
    /// The inverse, with its 1/size.
    void inverse(std::span<Complex> data) const;

private:
    std::vector<std::size_t> order_;  // bit-reversed indices
    std::vector<Complex> twiddles_;
};

/// out[i] = sum of signal[j] * taps[i - j]: as long as both together, less one.
std::vector<double> convolve(std::span<const float> signal, std::span<const double> taps);

/// The sums of a[i] * b[i + lag], for lag from `first` on, `count` of them; b is silent outside.
std::vector<double> correlate(std::span<const float> a, std::span<const float> b,
                              std::ptrdiff_t first, std::size_t count);

}  // namespace partyline::metrics

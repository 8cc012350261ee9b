#include "audio/metrics/likeness.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numbers>
#include <vector>

#include "audio/metrics/fft.hpp"
#include "audio/metrics/rates.hpp"
#include "dsp/format.hpp"

namespace partyline::metrics {
namespace {

constexpr unsigned sdr_rate_hz = 16'000;
constexpr std::size_t sdr_taps = 256;

constexpr std::size_t lsd_length = 1024;
constexpr std::size_t lsd_hop = 256;
constexpr std::size_t lsd_bins = lsd_length * 8'000 / dsp::sample_rate_hz + 1;
constexpr double lsd_speech_range_db = 40;
constexpr double lsd_floor_db = 60;

/// Solves the symmetric Toeplitz system of the normal equations (Levinson and Durbin): the taps that
/// bring a signal with this autocorrelation nearest to one with this cross-correlation.
std::vector<double> best_taps(std::span<const double> autocorrelation,
                              std::span<const double> crosscorrelation) {
    const auto count = crosscorrelation.size();
    std::vector<double> predictor(count);  // of order n: predictor[0..n-1]
    std::vector<double> taps(count);
    double error = autocorrelation[0];
    taps[0] = crosscorrelation[0] / error;
    for (std::size_t order = 1; order < count; ++order) {
        double reflection = autocorrelation[order];
        for (std::size_t i = 0; i + 1 < order; ++i) {
            reflection -= predictor[i] * autocorrelation[order - 1 - i];
        }
        reflection /= error;
        const std::vector<double> before(
            predictor.begin(), predictor.begin() + static_cast<std::ptrdiff_t>(order - 1));
        for (std::size_t i = 0; i + 1 < order; ++i) {
            predictor[i] = before[i] - reflection * before[order - 2 - i];
        }
        predictor[order - 1] = reflection;
        error *= 1 - reflection * reflection;

        double missing = crosscorrelation[order];
        for (std::size_t i = 0; i < order; ++i) {
            missing -= taps[i] * autocorrelation[order - i];
        }
        const double gain = missing / error;
        for (std::size_t i = 0; i < order; ++i) {
            taps[i] -= gain * predictor[order - 1 - i];
        }
        taps[order] = gain;
    }
    return taps;
}

std::vector<float> as_floats(const std::vector<double>& samples) {
    std::vector<float> out(samples.size());
    std::ranges::transform(samples, out.begin(),
                           [](double sample) { return static_cast<float>(sample); });
    return out;
}

/// The powers of the frames' bins up to 8 kHz, one frame after the other.
std::vector<double> spectrogram(Sound sound) {
    static const Fft fft(lsd_length);
    std::vector<double> out;
    std::vector<Complex> spectrum(lsd_length);
    for (std::size_t start = 0; start + lsd_length <= sound.size(); start += lsd_hop) {
        for (std::size_t i = 0; i < lsd_length; ++i) {
            const double turn = static_cast<double>(i) / lsd_length;
            spectrum[i] = (0.5 - 0.5 * std::cos(2 * std::numbers::pi * turn)) *
                          static_cast<double>(sound[start + i]);
        }
        fft.forward(spectrum);
        for (std::size_t bin = 0; bin < lsd_bins; ++bin) {
            out.push_back(std::norm(spectrum[bin]));
        }
    }
    return out;
}

double sum(std::span<const double> values) {
    double total = 0;
    for (const double value : values) {
        total += value;
    }
    return total;
}

/// What `heard` has to be multiplied with, in power, to be as loud as `clean`: least squares over the
/// amplitudes.
double common_gain(std::span<const double> clean, std::span<const double> heard) {
    double product = 0;
    for (std::size_t i = 0; i < clean.size(); ++i) {
        product += std::sqrt(clean[i] * heard[i]);
    }
    return std::pow(product / sum(heard), 2);
}

}  // namespace

std::ptrdiff_t lag_samples(Sound clean, Sound heard, std::ptrdiff_t least, std::ptrdiff_t most) {
    assert(least <= most);
    const auto sums = correlate(clean, heard, least, static_cast<std::size_t>(most - least + 1));
    // A chain may turn the phase around: the size counts.
    const auto best =
        std::ranges::max_element(sums, {}, [](double value) { return std::abs(value); });
    return least + (best - sums.begin());
}

std::pair<Sound, Sound> aligned(Sound clean, Sound heard, std::ptrdiff_t lag_samples) {
    const auto late = static_cast<std::size_t>(std::max<std::ptrdiff_t>(lag_samples, 0));
    const auto early = static_cast<std::size_t>(std::max<std::ptrdiff_t>(-lag_samples, 0));
    clean = clean.subspan(std::min(early, clean.size()));
    heard = heard.subspan(std::min(late, heard.size()));
    const auto count = std::min(clean.size(), heard.size());
    return {clean.first(count), heard.first(count)};
}

std::optional<double> filtered_sdr_db(Sound clean, Sound heard) {
    const auto reference = as_floats(at_rate(clean, dsp::sample_rate_hz, sdr_rate_hz));
    auto signal = as_floats(at_rate(heard, dsp::sample_rate_hz, sdr_rate_hz));
    // Half of the filter may lie before the reference.
    signal.insert(signal.begin(), sdr_taps / 2, 0.0F);
    auto own = correlate(reference, reference, 0, sdr_taps);
    if (own[0] <= 0) {
        return std::nullopt;
    }
    own[0] *= 1 + 1e-9;
    const auto taps = best_taps(own, correlate(reference, signal, 0, sdr_taps));
    auto wanted = convolve(reference, taps);
    wanted.resize(signal.size());
    double kept = 0;
    double rest = 0;
    for (std::size_t i = 0; i < signal.size(); ++i) {
        kept += wanted[i] * wanted[i];
        rest += std::pow(static_cast<double>(signal[i]) - wanted[i], 2);
    }
    return 10 * std::log10((kept + 1e-30) / (rest + 1e-30));
}

std::optional<double> log_spectral_distance_db(Sound clean, Sound heard) {
    const auto reference = spectrogram(clean);
    const auto signal = spectrogram(heard);
    const auto count = std::min(reference.size(), signal.size()) / lsd_bins;
    double loudest_frame = 0;
    for (std::size_t frame = 0; frame < count; ++frame) {
        loudest_frame =
            std::max(loudest_frame, sum(std::span(reference).subspan(frame * lsd_bins, lsd_bins)));
    }
    if (loudest_frame <= 0 || sum(signal) <= 0) {
        return std::nullopt;
    }
    const double gain = common_gain(std::span(reference).first(count * lsd_bins),
                                    std::span(signal).first(count * lsd_bins));
    // Below it nobody hears a difference, and logarithms grow without bound.
    const double floor = *std::ranges::max_element(reference) * std::pow(10, -lsd_floor_db / 10);
    double total = 0;
    double frames = 0;
    for (std::size_t frame = 0; frame < count; ++frame) {
        const auto x = std::span(reference).subspan(frame * lsd_bins, lsd_bins);
        const auto y = std::span(signal).subspan(frame * lsd_bins, lsd_bins);
        if (sum(x) < loudest_frame * std::pow(10, -lsd_speech_range_db / 10)) {
            continue;
        }
        double squares = 0;
        for (std::size_t bin = 0; bin < lsd_bins; ++bin) {
            squares += std::pow(10 * std::log10((x[bin] + floor) / (y[bin] * gain + floor)), 2);
        }
        total += std::sqrt(squares / lsd_bins);
        ++frames;
    }
    return total / frames;
}

}  // namespace partyline::metrics

// C. H. Taal, R. C. Hendriks, R. Heusdens, J. Jensen: An Algorithm for Intelligibility Prediction of
// Time-Frequency Weighted Noisy Speech, IEEE Transactions on Audio, Speech and Language Processing,
// 2011. Names and constants are those of the paper.
#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "audio/metrics/fft.hpp"
#include "audio/metrics/likeness.hpp"
#include "audio/metrics/rates.hpp"
#include "dsp/format.hpp"

namespace partyline::metrics {
namespace {

constexpr unsigned stoi_rate_hz = 10'000;
constexpr std::size_t frame_length = 256;
constexpr std::size_t hop = frame_length / 2;
constexpr std::size_t fft_length = 512;
constexpr std::size_t bands = 15;
constexpr double lowest_band_hz = 150;
constexpr std::size_t segment_frames = 30;  // 384 ms
constexpr double clip_db = -15;  // the signal-to-distortion ratio below which all is lost
constexpr double dynamic_range_db = 40;

using Samples = std::vector<double>;
using Bands = std::array<double, bands>;  // of one frame

std::array<double, frame_length> make_window() {
    std::array<double, frame_length> window{};
    for (std::size_t i = 0; i < frame_length; ++i) {
        const double turn = static_cast<double>(i + 1) / (frame_length + 1);
        window[i] = 0.5 - 0.5 * std::cos(2 * std::numbers::pi * turn);
    }
    return window;
}

const std::array<double, frame_length> window = make_window();

std::size_t frame_count(const Samples& sound) {
    return sound.size() < frame_length ? 0 : (sound.size() - frame_length) / hop + 1;
}

std::vector<bool> loud_frames(const Samples& clean) {
    std::vector<double> energies(frame_count(clean));
    for (std::size_t frame = 0; frame < energies.size(); ++frame) {
        for (std::size_t i = 0; i < frame_length; ++i) {
            energies[frame] += std::pow(window[i] * clean[frame * hop + i], 2);
        }
    }
    std::vector<bool> loud(energies.size());
    const double most = energies.empty() ? 0 : *std::ranges::max_element(energies);
    for (std::size_t frame = 0; frame < energies.size(); ++frame) {
        loud[frame] = energies[frame] > most * std::pow(10, -dynamic_range_db / 10);
    }
    return loud;
}

/// The frames that are kept, overlapped and added.
Samples without_pauses(const Samples& sound, const std::vector<bool>& kept) {
    Samples out(sound.size());
    std::size_t count = 0;
    for (std::size_t frame = 0; frame < kept.size(); ++frame) {
        if (kept[frame]) {
            for (std::size_t i = 0; i < frame_length; ++i) {
                out[count * hop + i] += window[i] * sound[frame * hop + i];
            }
            ++count;
        }
    }
    out.resize(count == 0 ? 0 : (count - 1) * hop + frame_length);
    return out;
}

struct Edges {
    std::array<std::size_t, bands> low;
    std::array<std::size_t, bands> high;
};

/// The third-octave bands in bins of the transform.
Edges band_edges() {
    const auto bin = [](double hz) {
        return static_cast<std::size_t>(std::lround(hz * fft_length / stoi_rate_hz));
    };
    Edges edges{};
    for (std::size_t band = 0; band < bands; ++band) {
        const double centre = lowest_band_hz * std::exp2(static_cast<double>(band) / 3);
        edges.low[band] = bin(centre * std::exp2(-1.0 / 6));
        edges.high[band] = bin(centre * std::exp2(1.0 / 6));
    }
    return edges;
}

std::vector<Bands> band_envelopes(const Samples& sound) {
    static const Fft fft(fft_length);
    static const Edges edges = band_edges();
    std::vector<Bands> out(frame_count(sound));
    std::vector<Complex> spectrum(fft_length);
    for (std::size_t frame = 0; frame < out.size(); ++frame) {
        std::ranges::fill(spectrum, 0.0);
        for (std::size_t i = 0; i < frame_length; ++i) {
            spectrum[i] = window[i] * sound[frame * hop + i];
        }
        fft.forward(spectrum);
        for (std::size_t band = 0; band < bands; ++band) {
            double sum = 0;
            for (std::size_t i = edges.low[band]; i < edges.high[band]; ++i) {
                sum += std::norm(spectrum[i]);
            }
            out[frame][band] = std::sqrt(sum);
        }
    }
    return out;
}

using Segment = std::array<double, segment_frames>;  // one band of it

double norm(const Segment& values) {
    double sum = 0;
    for (const double value : values) {
        sum += value * value;
    }
    return std::sqrt(sum);
}

/// From -1 to 1; 0 where one of them does not vary at all.
double correlation(Segment a, Segment b) {
    const auto centre = [](Segment& values) {
        double sum = 0;
        for (const double value : values) {
            sum += value;
        }
        for (double& value : values) {
            value -= sum / segment_frames;
        }
    };
    centre(a);
    centre(b);
    double product = 0;
    for (std::size_t i = 0; i < segment_frames; ++i) {
        product += a[i] * b[i];
    }
    const double norms = norm(a) * norm(b);
    return norms > 0 ? product / norms : 0;
}

/// The correlation of one band over the 30 frames from `first` on.
double likeness(const std::vector<Bands>& clean, const std::vector<Bands>& heard, std::size_t first,
                std::size_t band) {
    static const double clip = 1 + std::pow(10, -clip_db / 20);
    Segment x{};
    Segment y{};
    for (std::size_t i = 0; i < segment_frames; ++i) {
        x[i] = clean[first + i][band];
        y[i] = heard[first + i][band];
    }
    const double of_heard = norm(y);
    const double scale = of_heard > 0 ? norm(x) / of_heard : 0;
    for (std::size_t i = 0; i < segment_frames; ++i) {
        y[i] = std::min(y[i] * scale, x[i] * clip);
    }
    return correlation(x, y);
}

}  // namespace

std::optional<double> stoi(Sound clean, Sound heard, unsigned rate_hz) {
    const auto x = at_rate(clean, rate_hz, stoi_rate_hz);
    const auto y = at_rate(heard, rate_hz, stoi_rate_hz);
    const auto kept = loud_frames(x);
    const auto clean_bands = band_envelopes(without_pauses(x, kept));
    const auto heard_bands = band_envelopes(without_pauses(y, kept));
    if (clean_bands.size() < segment_frames) {
        return std::nullopt;
    }
    const auto segments = clean_bands.size() - segment_frames + 1;
    double sum = 0;
    for (std::size_t first = 0; first < segments; ++first) {
        for (std::size_t band = 0; band < bands; ++band) {
            sum += likeness(clean_bands, heard_bands, first, band);
        }
    }
    return sum / static_cast<double>(segments * bands);
}

std::optional<double> stoi(Sound clean, Sound heard) {
    return stoi(clean, heard, dsp::sample_rate_hz);
}

}  // namespace partyline::metrics

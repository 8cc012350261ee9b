#include "demo/analysis.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace partyline::demo {
namespace {

/// At 6 kHz the shape of speech is still unmistakable, and the search is 64 times quicker.
constexpr std::size_t coarse_step = 8;
constexpr double silence_floor = 1e-12;

double dot(Samples a, Samples b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    }
    return sum;
}

std::vector<float> coarse(Samples samples) {
    std::vector<float> out(samples.size() / coarse_step);
    for (std::size_t i = 0; i < out.size(); ++i) {
        float sum = 0;
        for (const float sample : samples.subspan(i * coarse_step, coarse_step)) {
            sum += sample;
        }
        out[i] = sum / static_cast<float>(coarse_step);
    }
    return out;
}

/// The best start of `piece` in [from, to), every place tried; `where` is long enough for all.
Match search(Samples piece, Samples where, std::size_t from, std::size_t to) {
    const double piece_energy = dot(piece, piece);
    auto window = where.subspan(from, piece.size());
    double window_energy = dot(window, window);
    Match best{.position = from, .correlation = 0};
    for (std::size_t start = from; start < to; ++start) {
        window = where.subspan(start, piece.size());
        const double scale = std::sqrt(piece_energy * window_energy);
        const double correlation = scale > silence_floor ? dot(piece, window) / scale : 0;
        if (correlation > best.correlation) {
            best = {.position = start, .correlation = correlation};
        }
        const auto leaving = static_cast<double>(where[start]);
        const bool more = start + piece.size() < where.size();
        const auto coming = more ? static_cast<double>(where[start + piece.size()]) : 0.0;
        window_energy = std::max(0.0, window_energy - leaving * leaving + coming * coming);
    }
    return best;
}

}  // namespace

Match find(Samples piece, Samples where, std::size_t from, std::size_t to) {
    // A copy with silence around it, so that no place needs to be treated specially.
    const std::size_t margin = 2 * coarse_step;
    std::vector<float> padded(margin + (to - from) + piece.size() + margin);
    for (std::size_t i = 0; i < padded.size(); ++i) {
        const auto source = from + i;
        if (source >= margin && source - margin < where.size()) {
            padded[i] = where[source - margin];
        }
    }
    const auto coarse_piece = coarse(piece);
    const auto coarse_where = coarse(padded);
    const auto rough =
        search(coarse_piece, coarse_where, 0, coarse_where.size() - coarse_piece.size() + 1);
    const auto center = rough.position * coarse_step;
    const auto first = center > margin ? center - margin : 0;
    const auto last = std::min(center + margin, padded.size() - piece.size());
    auto exact = search(piece, padded, first, last + 1);
    // Back to places in `where`.
    exact.position = std::clamp(from + exact.position, from + margin, to - 1 + margin) - margin;
    return exact;
}

double si_sdr_db(Samples reference, Samples heard) {
    const auto count = std::min(reference.size(), heard.size());
    reference = reference.first(count);
    heard = heard.first(count);
    const double energy = dot(reference, reference);
    const double gain = energy > silence_floor ? dot(reference, heard) / energy : 0;
    double distortion = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const double error =
            static_cast<double>(heard[i]) - gain * static_cast<double>(reference[i]);
        distortion += error * error;
    }
    const double signal = gain * gain * energy;
    if (signal <= silence_floor) {
        return -si_sdr_max_db;
    }
    const double ratio_db = 10 * std::log10(signal / std::max(distortion, silence_floor * signal));
    return std::min(ratio_db, si_sdr_max_db);
}

double level(Samples samples) {
    return samples.empty() ? 0
                           : std::sqrt(dot(samples, samples) / static_cast<double>(samples.size()));
}

double level_db(Samples samples) { return 20 * std::log10(std::max(level(samples), 1e-9)); }

bool is_digital_silence(Samples samples) {
    return std::ranges::all_of(samples, [](float sample) { return sample >= 0 && sample <= 0; });
}

double percentile(std::vector<double> values, double percent) {
    std::ranges::sort(values);
    const auto rank = std::ceil(percent / 100 * static_cast<double>(values.size()));
    return values[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
}

}  // namespace partyline::demo

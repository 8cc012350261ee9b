#include "audio/scenes/noises.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <numbers>

#include "audio/metrics/level.hpp"
#include "dsp/format.hpp"

namespace partyline::scenes {
namespace {

double factor(double decibels) { return std::pow(10, decibels / 20); }

void set_rms_to_one(std::vector<float>& sound) {
    const double rms = std::sqrt(metrics::power(sound));
    if (rms > 0) {
        for (float& sample : sound) {
            sample = static_cast<float>(static_cast<double>(sample) / rms);
        }
    }
}

/// White noise through a filter of the first order.
class Rumble {
public:
    explicit Rumble(double cut_off_hz)
        : share_(1 - std::exp(-2 * std::numbers::pi * cut_off_hz / dsp::sample_rate_hz)) {}
    double operator()(double white) { return state_ += share_ * (white - state_); }
    /// The RMS for white noise of RMS 1.
    [[nodiscard]] double rms() const { return std::sqrt(share_ / (2 - share_)); }

private:
    double share_;
    double state_ = 0;
};

double hum(double seconds) {
    double sum = 0;
    for (int harmonic = 1; harmonic <= 5; ++harmonic) {
        const double wobble = 0.3 * std::sin(2 * std::numbers::pi * 0.23 * seconds + harmonic);
        sum += std::exp2(1 - harmonic) *
               std::sin(2 * std::numbers::pi * 117 * harmonic * seconds + wobble + harmonic);
    }
    return sum;
}

void strike(std::vector<float>& out, std::span<const float> sound, std::size_t at, double gain) {
    for (std::size_t i = 0; i < sound.size() && at + i < out.size(); ++i) {
        out[at + i] += static_cast<float>(gain * static_cast<double>(sound[i]));
    }
}

}  // namespace

double normal(Random& random) {
    const double radius = std::sqrt(-2 * std::log(1 - random.uniform()));
    return radius * std::cos(2 * std::numbers::pi * random.uniform());
}

std::vector<float> fan_noise(std::size_t samples, Random& random) {
    // Rumble below 300 Hz, and a sum of rumbles that falls by about 3 dB for each octave.
    Rumble low(300);
    std::array<Rumble, 4> pink{Rumble(40), Rumble(200), Rumble(1000), Rumble(5000)};
    std::vector<float> out(samples);
    for (std::size_t i = 0; i < samples; ++i) {
        const double seconds = static_cast<double>(i) / dsp::sample_rate_hz;
        double sum = low(normal(random)) / low.rms();
        for (auto& band : pink) {
            sum += 0.6 * band(normal(random)) / band.rms();
        }
        sum += 0.6 * hum(seconds);
        const double swell = 1 + 0.1 * std::sin(2 * std::numbers::pi * 0.7 * seconds);
        out[i] = static_cast<float>(swell * sum);
    }
    set_rms_to_one(out);
    return out;
}

std::vector<float> keyboard_noise(std::span<const Key> keys, std::size_t samples, Random& random) {
    assert(!keys.empty());
    std::vector<float> out(samples);
    const auto at = [](double seconds) {
        return static_cast<std::size_t>(seconds * dsp::sample_rate_hz);
    };
    double seconds = 0.2;
    while (at(seconds) < samples) {
        const auto word = 6 + random.below(20);
        for (std::size_t key = 0; key < word && at(seconds) < samples; ++key) {
            const auto& one = keys[random.below(keys.size())];
            const double gain = factor(-4 + 6 * random.uniform());
            strike(out, one.press, at(seconds), gain);
            strike(out, one.release, at(seconds + 0.06 + 0.06 * random.uniform()), gain);
            // Two keys are 110 to 350 ms apart, most often 180.
            seconds += 0.11 - 0.08 * std::log(1 - 0.95 * random.uniform());
        }
        seconds += 0.3 + 0.9 * random.uniform();
    }
    set_rms_to_one(out);
    return out;
}

std::vector<float> microphone_noise(double dbfs, std::size_t samples, Random& random) {
    std::vector<float> out(samples);
    for (float& sample : out) {
        sample = static_cast<float>(factor(dbfs) * normal(random));
    }
    return out;
}

void set_active_level(std::vector<float>& speech, double dbfs) {
    const double gain = factor(dbfs - metrics::active_level_dbfs(speech));
    for (float& sample : speech) {
        sample = static_cast<float>(gain * static_cast<double>(sample));
    }
}

void add(std::vector<float>& sound, std::span<const float> other, double gain_db) {
    assert(other.size() >= sound.size());
    const double gain = factor(gain_db);
    for (std::size_t i = 0; i < sound.size(); ++i) {
        sound[i] += static_cast<float>(gain * static_cast<double>(other[i]));
    }
}

void clip(std::vector<float>& sound) {
    for (float& sample : sound) {
        sample = std::clamp(sample, -1.0F, 1.0F);
    }
}

}  // namespace partyline::scenes

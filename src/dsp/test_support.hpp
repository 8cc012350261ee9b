// What the tests of this folder share: a voice made by rule, and a watch over allocations.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "base/random.hpp"
#include "dsp/format.hpp"
#include "dsp/opus.hpp"

namespace partyline::dsp::test {

/// A two-pole resonance: one formant.
class Resonance {
public:
    Resonance(double hz, double width_hz) {
        const double radius = std::exp(-std::numbers::pi * width_hz / sample_rate_hz);
        a1_ = 2 * radius * std::cos(2 * std::numbers::pi * hz / sample_rate_hz);
        a2_ = -radius * radius;
        gain_ = 1 - radius;
    }
    double operator()(double in) {
        const double out = gain_ * in + a1_ * y1_ + a2_ * y2_;
        y2_ = y1_;
        y1_ = out;
        return out;
    }

private:
    double a1_ = 0;
    double a2_ = 0;
    double gain_ = 0;
    double y1_ = 0;
    double y2_ = 0;
};

/// Voiced syllables, four a second, of a moving pitch around 130 Hz, through three formants, with
/// some breath and a short pause every 1.5 s. Peaks near 0.5.
inline std::vector<float> synthetic_voice(double seconds, std::uint64_t seed = 1) {
    Random random(seed);
    Resonance first(600, 80);
    Resonance second(1300, 120);
    Resonance third(2500, 180);
    const auto count = static_cast<std::size_t>(seconds * sample_rate_hz);
    std::vector<float> out(count);
    double phase = 0;
    double peak = 1e-9;
    for (std::size_t i = 0; i < count; ++i) {
        const double t = static_cast<double>(i) / sample_rate_hz;
        const double pitch_hz = 130 + 25 * std::sin(2 * std::numbers::pi * 0.7 * t);
        phase += pitch_hz / sample_rate_hz;
        double excitation = 0.02 * (random.uniform() - 0.5);
        if (phase >= 1) {
            phase -= 1;
            excitation += 1;
        }
        const bool pause = std::fmod(t, 1.5) > 1.35;
        const double syllable = pause ? 0.003 : 0.6 + 0.4 * std::sin(2 * std::numbers::pi * 4 * t);
        const double sample =
            syllable * (first(excitation) + 0.6 * second(excitation) + 0.3 * third(excitation));
        out[i] = static_cast<float>(sample);
        peak = std::max(peak, std::abs(sample));
    }
    for (float& sample : out) {
        sample *= static_cast<float>(0.5 / peak);
    }
    return out;
}

/// Even noise, `amplitude` at most.
inline std::vector<float> white_noise(double seconds, float amplitude, std::uint64_t seed = 1) {
    Random random(seed);
    std::vector<float> out(static_cast<std::size_t>(seconds * sample_rate_hz));
    for (float& sample : out) {
        sample = amplitude * static_cast<float>(2 * random.uniform() - 1);
    }
    return out;
}

/// Of the mean power, in dB of full scale; of silence, -200.
inline double level_db(std::span<const float> samples) {
    double power = 0;
    for (const float sample : samples) {
        power += static_cast<double>(sample) * static_cast<double>(sample);
    }
    return 10 * std::log10(power / static_cast<double>(samples.size()) + 1e-20);
}

/// The loudest step from one sample to the next.
inline float steepest(std::span<const float> samples) {
    float most = 0;
    for (std::size_t i = 1; i < samples.size(); ++i) {
        most = std::max(most, std::abs(samples[i] - samples[i - 1]));
    }
    return most;
}

/// By how many samples, up to 50 ms, `late` is most like `early`.
inline int lag_of(std::span<const float> late, std::span<const float> early) {
    constexpr std::size_t lag_max = sample_rate_hz / 20;
    std::size_t best = 0;
    double best_likeness = 0;
    for (std::size_t lag = 0; lag <= lag_max; ++lag) {
        double likeness = 0;
        for (std::size_t i = lag; i < late.size(); i += 3) {
            likeness += static_cast<double>(late[i]) * static_cast<double>(early[i - lag]);
        }
        if (likeness > best_likeness) {
            best_likeness = likeness;
            best = lag;
        }
    }
    return static_cast<int>(best);
}

struct EncodedVoice {
    std::size_t packet_samples = frame_samples;
    std::vector<Bytes> packets;
};

inline EncodedVoice encode(std::span<const float> voice, const EncoderSettings& settings) {
    auto encoder = OpusEncoder::create(settings).value();
    EncodedVoice out{.packet_samples = settings.packet_samples, .packets = {}};
    Bytes buffer(opus_bytes_max);
    while (voice.size() >= settings.packet_samples) {
        const auto packet = encoder.encode(voice.first(settings.packet_samples), buffer);
        out.packets.push_back(to_bytes(ByteView(buffer).first(packet.bytes)));
        voice = voice.subspan(settings.packet_samples);
    }
    return out;
}

/// How many times this program has allocated so far; defined by allocation_watch.cpp.
std::uint64_t allocations();

}  // namespace partyline::dsp::test

#include "audio/scenes/room.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "audio/metrics/fft.hpp"
#include "audio/metrics/level.hpp"
#include "audio/scenes/noises.hpp"
#include "dsp/format.hpp"

namespace partyline::scenes {
namespace {

constexpr std::size_t response_samples = dsp::sample_rate_hz * 128 / 1000;
constexpr std::size_t version_samples = 4 * dsp::sample_rate_hz;
constexpr double reverberation_s = 0.3;
constexpr std::size_t reflections = 12;
constexpr double movement = 0.1;
constexpr std::ptrdiff_t interpolation_reach = 16;

struct Room {
    std::vector<std::size_t> at;  // of the early reflections
    std::vector<double> gains;
    std::vector<double> tail;
};

double tail_envelope(std::size_t sample) {
    const double seconds = static_cast<double>(sample) / dsp::sample_rate_hz;
    const double onset = std::min(1.0, seconds / 0.003);
    return 0.05 * onset * std::pow(10, -3 * seconds / reverberation_s);
}

Room furnish(Random& random) {
    Room room;
    for (std::size_t i = 0; i < reflections; ++i) {
        room.at.push_back(40 + random.below(dsp::sample_rate_hz / 50));
        room.gains.push_back(random.uniform() - 0.5);
    }
    for (std::size_t i = 0; i < response_samples; ++i) {
        room.tail.push_back(tail_envelope(i) * normal(random));
    }
    return room;
}

void move(Room& room, Random& random) {
    for (double& gain : room.gains) {
        gain += movement * 0.3 * normal(random);
    }
    const double kept = std::sqrt(1 - movement * movement);
    for (std::size_t i = 0; i < room.tail.size(); ++i) {
        room.tail[i] = kept * room.tail[i] + movement * tail_envelope(i) * normal(random);
    }
}

std::vector<double> response_of(const Room& room) {
    std::vector<float> sound(response_samples);
    sound[0] = 1;
    for (std::size_t i = 0; i < room.at.size(); ++i) {
        sound[room.at[i]] += static_cast<float>(room.gains[i]);
    }
    for (std::size_t i = 0; i < sound.size(); ++i) {
        sound[i] += static_cast<float>(room.tail[i]);
    }
    // What a small loudspeaker can play.
    const auto heard = metrics::band_limited(sound, 150, 9000);
    return {heard.begin(), heard.end()};
}

/// As if a clock that is slow by so much had sampled it: windowed sinc, 16 samples to either side.
std::vector<float> drifted(std::span<const float> sound, double ppm) {
    std::vector<float> out(sound.size());
    const auto count = static_cast<std::ptrdiff_t>(sound.size());
    for (std::ptrdiff_t i = 0; i < count; ++i) {
        const double at = static_cast<double>(i) * (1 + ppm * 1e-6);
        const auto whole = static_cast<std::ptrdiff_t>(at);
        double sum = 0;
        for (auto tap = whole - interpolation_reach + 1; tap <= whole + interpolation_reach;
             ++tap) {
            if (tap < 0 || tap >= count) {
                continue;
            }
            const double x = std::numbers::pi * (at - static_cast<double>(tap));
            const double window = 0.5 + 0.5 * std::cos(x / interpolation_reach);
            const double sinc = std::abs(x) < 1e-9 ? 1 : std::sin(x) / x;
            sum += sinc * window * static_cast<double>(sound[static_cast<std::size_t>(tap)]);
        }
        out[static_cast<std::size_t>(i)] = static_cast<float>(sum);
    }
    return out;
}

std::vector<float> played(std::span<const float> far, bool saturating) {
    std::vector<float> out(far.begin(), far.end());
    if (saturating) {
        for (float& sample : out) {
            sample = std::tanh(6 * sample) / 6;
        }
    }
    return out;
}

/// Each version of the room by turns, cross-faded.
std::vector<float> in_room(std::span<const float> sound, Random& random) {
    const auto versions = sound.size() / version_samples + 2;
    const auto responses = room_responses(versions, random);
    std::vector<float> out(sound.size());
    for (std::size_t version = 0; version < versions; ++version) {
        // It is heard from one version's time before its own to one after.
        const auto own = version * version_samples;
        const auto begin = own - std::min(own, version_samples);
        const auto end = std::min(own + version_samples, sound.size());
        if (begin >= end) {
            break;
        }
        const auto lead = std::min(begin, response_samples);
        const auto heard =
            metrics::convolve(sound.subspan(begin - lead, end - begin + lead), responses[version]);
        for (std::size_t i = begin; i < end; ++i) {
            const auto distance = i > own ? i - own : own - i;
            const double gain = 1 - static_cast<double>(distance) / version_samples;
            out[i] += static_cast<float>(gain * heard[i - begin + lead]);
        }
    }
    return out;
}

}  // namespace

std::vector<std::vector<double>> room_responses(std::size_t versions, Random& random) {
    auto room = furnish(random);
    std::vector<std::vector<double>> out;
    for (std::size_t version = 0; version < versions; ++version) {
        out.push_back(response_of(room));
        move(room, random);
    }
    return out;
}

std::vector<float> echo_of(std::span<const float> far, const EchoPath& path, std::size_t jump_at,
                           Random& random) {
    const auto heard = in_room(played(far, path.saturating), random);
    const auto samples = [](double ms) {
        return static_cast<std::size_t>(ms * dsp::sample_rate_hz / 1000);
    };
    std::vector<float> out(far.size());
    for (std::size_t i = 0; i < out.size(); ++i) {
        const auto delay = samples(path.delay_ms + (i >= jump_at ? path.jump_ms : 0));
        out[i] = i >= delay ? heard[i - delay] : 0.0F;
    }
    if (path.drift_ppm > 0) {
        out = drifted(out, path.drift_ppm);
    }
    std::vector<float> echo(out.size());
    add(echo, out, metrics::level_dbfs(far) - path.loss_db - metrics::level_dbfs(out));
    return echo;
}

}  // namespace partyline::scenes

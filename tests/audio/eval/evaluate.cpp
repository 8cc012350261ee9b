#include "audio/eval/evaluate.hpp"

#include <time.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "audio/metrics/decisions.hpp"
#include "audio/metrics/level.hpp"
#include "audio/metrics/likeness.hpp"
#include "dsp/format.hpp"

namespace partyline::audio_eval {
namespace {

using metrics::Activity;
using metrics::Sound;
using metrics::Window;
using scenes::Scene;

/// A chain's filters may turn phases by so much on top of the delay that it tells.
constexpr std::ptrdiff_t lag_tolerance_samples = dsp::sample_rate_hz / 100;
/// A gain has settled after so long.
constexpr std::size_t settled_at = 10 * dsp::sample_rate_hz;

/// The time that this thread has had of a processor: others on the machine do not count.
double thread_time_us() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

void spread_over_pre_roll(std::vector<bool>& sent, std::size_t frames) {
    std::size_t before_speech = 0;
    for (std::size_t i = sent.size(); i > 0; --i) {
        if (sent[i - 1]) {
            before_speech = frames;
        } else if (before_speech > 0) {
            sent[i - 1] = true;
            --before_speech;
        }
    }
}

/// Seconds of a scene with what a chain made of them, and the figures that come of it.
class Examination {
public:
    Examination(const Scene& scene, const Passage& passage, std::size_t told_delay)
        : scene_(scene),
          passage_(passage),
          told_delay_(told_delay),
          talker_(metrics::band_limited(scene.talker)),
          microphone_(metrics::band_limited(scene.microphone)),
          out_(metrics::band_limited(passage.out)) {}

    std::vector<Figure> noise() {
        const auto [clean, heard] = aligned_in({0, talker_.size()});
        likeness("", clean, heard);
        add("LSD, dB", metrics::log_spectral_distance_db(clean, heard), 1);
        const double gain_db = voice_gain_db(clean, heard);
        add("noise attenuation, dB", pause_attenuation_db(out_, gain_db), 1);
        if (!passage_.sent.empty()) {
            add("noise attenuation as sent, dB", pause_attenuation_db(out_as_sent(), gain_db), 1);
        }
        voice();
        return figures_;
    }

    std::vector<Figure> echo() {
        constexpr std::size_t second = dsp::sample_rate_hz;
        const auto end = scene_.far_alone.end;
        erle("ERLE 0-2 s, dB", {0, std::min(2 * second, end)});
        if (scene_.jump_at > 0) {
            const auto jump = scene_.jump_at;
            erle("ERLE before the jump, dB", {std::min(2 * second, jump / 2), jump});
            erle("ERLE 2 s after the jump, dB", {jump, std::min(jump + 2 * second, end)});
        } else {
            erle("ERLE later, dB", {std::min(10 * second, end / 2), end});
        }
        for (const auto& [prefix, window] :
             {std::pair{"double talk ", scene_.both}, {"near end alone ", scene_.near_alone}}) {
            const auto [clean, heard] = aligned_in(window);
            likeness(prefix, clean, heard);
        }
        taken_for_speech("echo taken for speech", {std::min(2 * second, end / 2), end});
        return figures_;
    }

    std::vector<Figure> level() {
        const Sound out(passage_.out);
        const auto from = std::min(settled_at, out.size() / 2);
        add("level out, dBFS", metrics::active_level_dbfs(out.subspan(from)), 1);
        add("peak out, dBFS", metrics::peak_dbfs(out), 1);
        const auto [clean, heard] = aligned_in({0, talker_.size()});
        add("STOI", metrics::stoi(clean, heard), 3);
        return figures_;
    }

private:
    void add(const char* name, std::optional<double> value, int digits) {
        if (value) {
            figures_.push_back({.name = name, .value = *value, .digits = digits});
        }
    }

    void likeness(const std::string& prefix, Sound clean, Sound heard) {
        add((prefix + "STOI").c_str(), metrics::stoi(clean, heard), 3);
        add((prefix + "SDR, dB").c_str(), metrics::filtered_sdr_db(clean, heard), 1);
    }

    /// The talker in `window`, and what is heard of it.
    std::pair<Sound, Sound> aligned_in(Window window) {
        const auto clean = metrics::cut(talker_, window);
        const auto heard =
            metrics::cut(out_, {window.begin + told_delay_, window.end + told_delay_});
        const auto lag =
            metrics::lag_samples(clean, heard, -lag_tolerance_samples, lag_tolerance_samples);
        return metrics::aligned(clean, heard, lag);
    }

    void erle(const char* name, Window window) {
        add(name, metrics::erle_db(microphone_, out_, window, told_delay_), 1);
    }

    /// By how much louder the talker is heard than they spoke.
    static double voice_gain_db(Sound clean, Sound heard) {
        double product = 0;
        for (std::size_t i = 0; i < clean.size(); ++i) {
            product += static_cast<double>(clean[i]) * static_cast<double>(heard[i]);
        }
        const double gain = product / (metrics::power(clean) * static_cast<double>(clean.size()));
        return 20 * std::log10(std::max(std::abs(gain), 1e-3));
    }

    /// By how much less is heard in the talker's pauses, beyond what the talker loses too.
    std::optional<double> pause_attenuation_db(Sound out, double gain_db) {
        const auto frames = metrics::activity(scene_.talker);
        const auto power_in_pauses = [&](Sound sound, std::size_t lag) {
            return metrics::power_where(sound, frames, Activity::pause, lag);
        };
        const double before = power_in_pauses(microphone_, 0);
        if (before <= 0) {
            return std::nullopt;
        }
        // Digital silence counts as -120 dBFS.
        return gain_db +
               metrics::decibel(before / std::max(power_in_pauses(out, told_delay_), 1e-12));
    }

    /// With nothing where nothing is sent.
    std::vector<float> out_as_sent() {
        auto out = out_;
        for (std::size_t i = 0; i < passage_.sent.size(); ++i) {
            if (!passage_.sent[i]) {
                std::fill_n(out.begin() + static_cast<std::ptrdiff_t>(i * dsp::frame_samples),
                            dsp::frame_samples, 0.0F);
            }
        }
        return out;
    }

    /// The share of the frames that are sent in a part of the scene.
    void taken_for_speech(const char* name, Window window) {
        const auto begin = (window.begin + told_delay_) / dsp::frame_samples;
        const auto end =
            std::min((window.end + told_delay_) / dsp::frame_samples, passage_.sent.size());
        if (begin >= end) {
            return;
        }
        const auto sent =
            std::count(passage_.sent.begin() + static_cast<std::ptrdiff_t>(begin),
                       passage_.sent.begin() + static_cast<std::ptrdiff_t>(end), true);
        add(name, static_cast<double>(sent) / static_cast<double>(end - begin), 3);
    }

    void voice() {
        if (passage_.sent.empty()) {
            return;
        }
        const auto late = (told_delay_ + dsp::frame_samples / 2) / dsp::frame_samples;
        std::vector<bool> sent(passage_.sent.begin() + static_cast<std::ptrdiff_t>(
                                                           std::min(late, passage_.sent.size())),
                               passage_.sent.end());
        const auto truth = metrics::activity(scene_.talker);
        const auto score =
            metrics::voice_score(truth, metrics::first_syllables(talker_, truth), sent);
        add("voice recall", score.recall, 3);
        add("voice false accept", score.false_accept, 3);
        add("clipped starts", score.clipped_starts, 3);
    }

    const Scene& scene_;
    const Passage& passage_;
    std::size_t told_delay_;
    std::vector<float> talker_;
    std::vector<float> microphone_;
    std::vector<float> out_;
    std::vector<Figure> figures_;
};

}  // namespace

Passage pass(const Scene& scene, chains::Chain& chain) {
    const auto frames = scene.microphone.size() / dsp::frame_samples;
    Passage passage{.out = std::vector<float>(frames * dsp::frame_samples)};
    passage.cost_us.reserve(frames);
    for (std::size_t i = 0; i < frames; ++i) {
        const auto at = i * dsp::frame_samples;
        const dsp::ConstFrame near(&scene.microphone[at], dsp::frame_samples);
        const dsp::ConstFrame far(&scene.far[at], dsp::frame_samples);
        const dsp::Frame out(&passage.out[at], dsp::frame_samples);
        const double before = thread_time_us();
        chain.process(near, far, out);
        passage.cost_us.push_back(thread_time_us() - before);
        if (const auto voice = chain.voice()) {
            passage.sent.push_back(*voice);
        }
    }
    spread_over_pre_roll(passage.sent, chain.pre_roll_frames());
    return passage;
}

Outcome evaluate(const Scene& scene, chains::Chain& chain) {
    Outcome outcome{.figures = {}, .passage = pass(scene, chain)};
    Examination examination(scene, outcome.passage, chain.delay_samples());
    switch (scene.about) {
        case scenes::About::noise: outcome.figures = examination.noise(); break;
        case scenes::About::echo: outcome.figures = examination.echo(); break;
        case scenes::About::level: outcome.figures = examination.level(); break;
    }
    return outcome;
}

}  // namespace partyline::audio_eval

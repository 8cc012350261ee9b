#include "audio/metrics/decisions.hpp"

#include <algorithm>

#include "dsp/format.hpp"

namespace partyline::metrics {
namespace {

constexpr std::size_t start_frames = 15;  // of a spurt, which decide about its first syllable
constexpr double vowel_range_db = 10;
constexpr double syllable_range_db = 20;
constexpr std::size_t closure_frames = 10;

double share(std::size_t part, std::size_t whole) {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

/// From the first frame of speech after a pause to the next pause, in frames.
std::vector<Window> stretches(std::span<const Activity> truth) {
    std::vector<Window> out;
    bool paused = true;
    for (std::size_t i = 0; i < truth.size(); ++i) {
        if (truth[i] == Activity::speech) {
            if (paused) {
                out.push_back({.begin = i, .end = i + 1});
            }
            out.back().end = i + 1;
            paused = false;
        }
        paused = paused || truth[i] == Activity::pause;
    }
    return out;
}

}  // namespace

std::vector<std::size_t> first_syllables(std::span<const float> clean,
                                         std::span<const Activity> truth) {
    std::vector<std::size_t> out;
    for (const auto& stretch : stretches(truth)) {
        const auto frames = [&](std::size_t begin, std::size_t end) {
            return cut(clean,
                       {.begin = begin * dsp::frame_samples, .end = end * dsp::frame_samples});
        };
        const double usual_dbfs = active_level_dbfs(frames(stretch.begin, stretch.end));
        auto start = stretch.begin;
        while (level_dbfs(frames(start, start + 1)) < usual_dbfs - vowel_range_db) {
            ++start;  // it ends: some frame is as loud as their mean
        }
        for (auto before = start; before > stretch.begin && start - before <= closure_frames;) {
            --before;
            if (level_dbfs(frames(before, before + 1)) >= usual_dbfs - syllable_range_db) {
                start = before;
            }
        }
        out.push_back(start);
    }
    return out;
}

VoiceScore voice_score(std::span<const Activity> truth, std::span<const std::size_t> starts,
                       const std::vector<bool>& sent) {
    const auto count = std::min(truth.size(), sent.size());
    std::size_t speech = 0, heard = 0, pauses = 0, taken = 0;
    for (std::size_t i = 0; i < count; ++i) {
        if (truth[i] == Activity::speech) {
            ++speech;
            heard += sent[i] ? 1U : 0U;
        } else if (truth[i] == Activity::pause) {
            ++pauses;
            taken += sent[i] ? 1U : 0U;
        }
    }
    const auto clipped = std::ranges::count_if(starts, [&](std::size_t start) {
        for (std::size_t i = start; i < std::min(start + start_frames, count); ++i) {
            if (truth[i] == Activity::speech && !sent[i]) {
                return true;
            }
        }
        return false;
    });
    return {.recall = share(heard, speech),
            .false_accept = share(taken, pauses),
            .clipped_starts = share(static_cast<std::size_t>(clipped), starts.size()),
            .starts = starts.size()};
}

double erle_db(std::span<const float> microphone, std::span<const float> out, Window window,
               std::size_t lag_samples) {
    const auto heard = cut(out, {window.begin + lag_samples, window.end + lag_samples});
    return level_dbfs(cut(microphone, window)) - level_dbfs(heard);
}

}  // namespace partyline::metrics

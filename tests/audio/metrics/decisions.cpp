#include "audio/metrics/decisions.hpp"

#include <algorithm>

namespace partyline::metrics {
namespace {

constexpr std::size_t start_frames = 15;  // of a spurt, which decide about its first syllable

double share(std::size_t part, std::size_t whole) {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

/// The frames where speech begins after a pause.
std::vector<std::size_t> starts(std::span<const Activity> truth) {
    std::vector<std::size_t> out;
    bool paused = true;
    for (std::size_t i = 0; i < truth.size(); ++i) {
        if (truth[i] == Activity::speech && paused) {
            out.push_back(i);
            paused = false;
        }
        paused = paused || truth[i] == Activity::pause;
    }
    return out;
}

}  // namespace

VoiceScore voice_score(std::span<const Activity> truth, const std::vector<bool>& sent) {
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
    const auto all = starts(truth.first(count));
    const auto clipped = std::ranges::count_if(all, [&](std::size_t start) {
        for (std::size_t i = start; i < std::min(start + start_frames, count); ++i) {
            if (truth[i] == Activity::speech && !sent[i]) {
                return true;
            }
        }
        return false;
    });
    return {.recall = share(heard, speech),
            .false_accept = share(taken, pauses),
            .clipped_starts = share(static_cast<std::size_t>(clipped), all.size()),
            .starts = all.size()};
}

double erle_db(std::span<const float> microphone, std::span<const float> out, Window window,
               std::size_t lag_samples) {
    const auto heard = cut(out, {window.begin + lag_samples, window.end + lag_samples});
    return level_dbfs(cut(microphone, window)) - level_dbfs(heard);
}

}  // namespace partyline::metrics

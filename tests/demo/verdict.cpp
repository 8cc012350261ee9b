#include "demo/verdict.hpp"

#include <algorithm>
#include <cmath>
#include <format>
#include <map>

#include "demo/analysis.hpp"
#include "demo/codec_reference.hpp"
#include "demo/targets.hpp"

namespace partyline::demo {
namespace {

constexpr double ms_per_sample = 1000.0 / dsp::sample_rate_hz;

/// The sample of `track` that belongs to a moment; before its beginning: below zero.
std::ptrdiff_t sample_at(const Track& track, TimePoint moment) {
    const auto since = std::chrono::duration<double>(moment - track.started).count();
    return static_cast<std::ptrdiff_t>(std::llround(since * dsp::sample_rate_hz));
}

TimePoint time_of(const Track& track, std::size_t sample) {
    const std::chrono::duration<double> since(static_cast<double>(sample) / dsp::sample_rate_hz);
    return track.started + std::chrono::duration_cast<Duration>(since);
}

struct Judged {
    std::size_t windows = 0;
    std::size_t heard = 0;
};

/// As find(), by the better half if the whole is not found: within a window the delay may have
/// changed, and then no single place fits all of it.
Match find_window(Samples window, Samples heard, std::size_t from, std::size_t to) {
    const auto whole = find(window, heard, from, to);
    if (whole.correlation >= heard_correlation_min) {
        return whole;
    }
    const auto half = window.size() / 2;
    const auto first = find(window.first(half), heard, from, to);
    auto second = find(window.subspan(half), heard, from + half, to + half);
    second.position -= half;
    return first.correlation > second.correlation ? first : second;
}

/// Looks for each window of one talk in what one listener heard.
Judged judge_talk(const Speaker& speaker, const std::vector<float>& decoded, const Talk& talk,
                  const Track& heard, Hearing& hearing) {
    Judged judged;
    const auto said = Samples(speaker.said.samples);
    const auto end = talk.first + talk.samples;
    for (auto at = talk.first; at + window_samples <= end; at += window_step_samples) {
        const auto window = said.subspan(at, window_samples);
        const auto expected = sample_at(heard, time_of(speaker.said, at));
        if (level_db(window) < speech_level_db_min || expected < 0) {
            continue;
        }
        ++judged.windows;
        const auto from = static_cast<std::size_t>(expected);
        const auto to =
            from + static_cast<std::size_t>(delay_max.count()) * dsp::sample_rate_hz / 1000;
        const auto match = find_window(window, heard.samples, from, to);
        if (match.correlation < heard_correlation_min) {
            continue;
        }
        ++judged.heard;
        hearing.delays_ms.push_back(static_cast<double>(match.position - from) * ms_per_sample);
        const auto reference = Samples(decoded).subspan(at, window_samples);
        const auto aligned = find(reference, heard.samples, from, to).position;
        const auto rest = Samples(heard.samples).subspan(std::min(aligned, heard.samples.size()));
        hearing.si_sdrs_db.push_back(
            si_sdr_db(reference, rest.first(std::min(rest.size(), window_samples))));
    }
    hearing.windows += judged.windows;
    return judged;
}

/// Silence before a newcomer's first window is no failure of anybody: its windows count from when
/// it could hear.
bool was_heard(const Judged& judged) {
    // A change of delay spoils the two windows that it falls into: of a short talk that is more than the share
    // that may be missed, and it was heard all the same. Holes are counted as frames.
    const bool but_for_one_change =
        judged.windows >= change_windows_min && judged.heard + 2 >= judged.windows;
    return judged.windows > 0 &&
           (but_for_one_change || static_cast<double>(judged.heard) >=
                                      heard_share_min * static_cast<double>(judged.windows));
}

std::vector<Hearing> empty_hearings(const Evidence& evidence) {
    std::vector<Hearing> out;
    for (const auto& listener : evidence.listeners) {
        for (const auto& count : listener.counts) {
            out.push_back({.listener = listener.name, .speaker = count.speaker, .count = count});
        }
    }
    return out;
}

/// What was said through the capture chain is like what was said, but not the same: its delay alone is judged.
void judge_chain_talk(const Speaker& speaker, const std::vector<float>& decoded, const Talk& talk,
                      const Track& heard, Hearing& hearing) {
    Hearing through_chain;
    hearing.chain_windows += judge_talk(speaker, decoded, talk, heard, through_chain).windows;
    hearing.chain_delays_ms.insert(hearing.chain_delays_ms.end(), through_chain.delays_ms.begin(),
                                   through_chain.delays_ms.end());
}

void judge_talks(const Evidence& evidence, Verdict& verdict) {
    std::map<std::string, std::vector<float>> decoded;
    for (const auto& speaker : evidence.speakers) {
        decoded[speaker.name] = through_codec(speaker.said.samples).decoded;
    }
    for (std::size_t i = 0; i < evidence.talks.size(); ++i) {
        const auto& talk = evidence.talks[i];
        const auto speaker = std::ranges::find(evidence.speakers, talk.speaker, &Speaker::name);
        bool heard_by_all = true;
        for (const auto& listener : evidence.listeners) {
            const auto hearing = std::ranges::find_if(verdict.hearings, [&](const Hearing& one) {
                return one.listener == listener.name && one.speaker == talk.speaker;
            });
            if (hearing == verdict.hearings.end()) {
                continue;
            }
            if (talk.through_chain && listener.behind_tap) {
                continue;  // the tap is our own addition to the way
            }
            if (talk.through_chain) {
                judge_chain_talk(*speaker, decoded[talk.speaker], talk, listener.heard, *hearing);
                continue;
            }
            const auto judged =
                judge_talk(*speaker, decoded[talk.speaker], talk, listener.heard, *hearing);
            const bool there = i >= listener.first_talk;
            heard_by_all = heard_by_all && (!there || was_heard(judged));
        }
        if (!talk.through_chain) {
            ++verdict.talks;
            verdict.talks_heard += heard_by_all ? 1 : 0;
        }
    }
}

void compare_chain(Verdict& verdict) {
    std::vector<double> without_ms;
    std::vector<double> with_ms;
    std::size_t windows = 0;
    for (const auto& hearing : verdict.hearings) {
        if (hearing.chain_windows == 0) {
            continue;
        }
        windows += hearing.chain_windows;
        with_ms.insert(with_ms.end(), hearing.chain_delays_ms.begin(),
                       hearing.chain_delays_ms.end());
        without_ms.insert(without_ms.end(), hearing.delays_ms.begin(), hearing.delays_ms.end());
    }
    if (with_ms.empty() || without_ms.empty()) {
        return;
    }
    verdict.chain_heard_share = static_cast<double>(with_ms.size()) / static_cast<double>(windows);
    verdict.chain_mouth_to_ear_ms_median = median(with_ms);
    verdict.chain_growth_ms = verdict.chain_mouth_to_ear_ms_median - median(without_ms);
}

void sum_up(const Evidence& evidence, Verdict& verdict) {
    std::vector<double> delays_ms;
    std::vector<double> si_sdrs_db;
    for (const auto& hearing : verdict.hearings) {
        const auto& count = hearing.count;
        const auto missing = count.sent > count.received ? count.sent - count.received : 0;
        verdict.frames_lost += std::max(missing, count.lost);
        const auto listener =
            std::ranges::find(evidence.listeners, hearing.listener, &Listener::name);
        // The tap is our own addition to the way.
        if (!listener->behind_tap) {
            delays_ms.insert(delays_ms.end(), hearing.delays_ms.begin(), hearing.delays_ms.end());
            si_sdrs_db.insert(si_sdrs_db.end(), hearing.si_sdrs_db.begin(),
                              hearing.si_sdrs_db.end());
        }
    }
    if (!delays_ms.empty()) {
        verdict.mouth_to_ear_ms_median = median(delays_ms);
        verdict.mouth_to_ear_ms_p99 = percentile(delays_ms, 99);
        verdict.si_sdr_db = median(si_sdrs_db);
    }
}

/// All that was replayed failed to open, and nothing was heard after it began.
bool is_blind(const LateJoiner& late) {
    const auto from =
        std::clamp<std::ptrdiff_t>(sample_at(late.heard, late.from), 0,
                                   static_cast<std::ptrdiff_t>(late.heard.samples.size()));
    const auto after = Samples(late.heard.samples).subspan(static_cast<std::size_t>(from));
    return late.replayed > 0 && late.unopened >= late.replayed && is_digital_silence(after);
}

}  // namespace

Verdict judge(const Evidence& evidence) {
    Verdict verdict{.hearings = empty_hearings(evidence)};
    judge_talks(evidence, verdict);
    sum_up(evidence, verdict);
    compare_chain(verdict);
    verdict.texts_arrived =
        evidence.texts_received == evidence.texts_sent && evidence.texts_astray == 0;
    verdict.outsider_level = level(evidence.outsider.heard.samples);
    verdict.outsider_silent = !evidence.outsider.heard.samples.empty() &&
                              is_digital_silence(evidence.outsider.heard.samples) &&
                              evidence.outsider_packets == 0;
    verdict.late_joiner_blind = is_blind(evidence.late);
    verdict.wire = check_wire(evidence);
    return verdict;
}

std::vector<std::string> Verdict::shortcomings() const {
    std::vector<std::string> out;
    const auto demand = [&out](bool holds, std::string what) {
        if (!holds) {
            out.push_back(std::move(what));
        }
    };
    demand(talks_heard == talks, std::format("{} of {} talks were heard", talks_heard, talks));
    demand(frames_lost == 0, std::format("{} frames were lost", frames_lost));
    demand(mouth_to_ear_ms_median <= mouth_to_ear_ms_median_max,
           std::format("mouth to ear takes {:.1f} ms (median), at most {:.0f} are allowed",
                       mouth_to_ear_ms_median, mouth_to_ear_ms_median_max));
    demand(mouth_to_ear_ms_p99 <= mouth_to_ear_ms_p99_max,
           std::format("mouth to ear takes {:.1f} ms (p99), at most {:.0f} are allowed",
                       mouth_to_ear_ms_p99, mouth_to_ear_ms_p99_max));
    demand(
        si_sdr_db >= si_sdr_db_min,
        std::format("SI-SDR is {:.1f} dB, at least {:.0f} are needed", si_sdr_db, si_sdr_db_min));
    demand(
        chain_heard_share >= chain_heard_share_min,
        std::format("{:.0f} % of what went through the capture chain was heard, at least {:.0f} % "
                    "are needed",
                    100 * chain_heard_share, 100 * chain_heard_share_min));
    demand(chain_growth_ms <= chain_delay_ms + chain_growth_allowance_ms,
           std::format(
               "the capture chain makes mouth to ear {:.1f} ms longer, at most {:.0f} and {:.0f} "
               "for a frame are allowed",
               chain_growth_ms, chain_delay_ms, chain_growth_allowance_ms));
    demand(texts_arrived, "a text did not arrive, or arrived where it should not");
    demand(outsider_silent, "the outsider heard something");
    demand(late_joiner_blind, "the late joiner opened, or played, what was said before");
    demand(wire.opaque, "what goes over the wire is not noise");
    return out;
}

std::vector<std::pair<std::string, double>> Verdict::figures() const {
    const auto truth = [](bool value) { return value ? 1.0 : 0.0; };
    return {
        {"demo.talks", static_cast<double>(talks)},
        {"demo.talks_heard", static_cast<double>(talks_heard)},
        {"demo.frames_lost", static_cast<double>(frames_lost)},
        {"demo.mouth_to_ear_ms_median", mouth_to_ear_ms_median},
        {"demo.mouth_to_ear_ms_p99", mouth_to_ear_ms_p99},
        {"demo.si_sdr_db", si_sdr_db},
        {"demo.chain_mouth_to_ear_ms_median", chain_mouth_to_ear_ms_median},
        {"demo.chain_growth_ms", chain_growth_ms},
        {"demo.outsider_silent", truth(outsider_silent)},
        {"demo.late_joiner_blind", truth(late_joiner_blind)},
        {"demo.wire_opaque", truth(wire.opaque)},
    };
}

}  // namespace partyline::demo

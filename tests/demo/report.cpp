#include "demo/report.hpp"

#include <format>

#include "demo/analysis.hpp"
#include "demo/targets.hpp"

namespace partyline::demo {
namespace {

std::string hearing_line(const Hearing& hearing) {
    const auto& count = hearing.count;
    auto line = std::format("  {:<8} {:<8} {:>6} {:>9} {:>10}", hearing.listener, hearing.speaker,
                            count.sent, count.received, count.concealed);
    if (!hearing.delays_ms.empty()) {
        line += std::format(" {:>9.1f} {:>7.1f} {:>9.1f}", median(hearing.delays_ms),
                            percentile(hearing.delays_ms, 99), median(hearing.si_sdrs_db));
    }
    return line + '\n';
}

std::string fact(bool holds, const std::string& text) {
    return std::format("  {}  {}\n", holds ? "yes" : "NO ", text);
}

}  // namespace

std::string table(const Evidence& evidence, const Verdict& verdict) {
    std::string out =
        "\n  listener speaker   frames                         mouth to ear   SI-SDR\n"
        "                      sent  received  concealed    median     p99    median\n"
        "                                                       ms      ms        dB\n";
    for (const auto& hearing : verdict.hearings) {
        out += hearing_line(hearing);
    }
    out += std::format(
        "\n  all who are not tapped: median {:.1f} ms (at most {:.0f}), p99 {:.1f} ms (at most "
        "{:.0f}), SI-SDR {:.1f} dB (at least {:.0f})\n",
        verdict.mouth_to_ear_ms_median, mouth_to_ear_ms_median_max, verdict.mouth_to_ear_ms_p99,
        mouth_to_ear_ms_p99_max, verdict.si_sdr_db, si_sdr_db_min);
    out += std::format(
        "  through the capture chain, to carol: median {:.1f} ms, {:+.1f} ms (its delay is {:.0f}, "
        "and a frame "
        "of {:.0f} is allowed)\n\n",
        verdict.chain_mouth_to_ear_ms_median, verdict.chain_growth_ms, chain_delay_ms,
        chain_growth_allowance_ms);
    out += fact(verdict.talks_heard == verdict.talks,
                std::format("{} of {} talks were heard by everybody in the room",
                            verdict.talks_heard, verdict.talks));
    out += fact(verdict.frames_lost == 0, std::format("{} frames lost", verdict.frames_lost));
    out += fact(verdict.texts_arrived,
                std::format("{} of {} texts arrived, {} elsewhere", evidence.texts_received,
                            evidence.texts_sent, evidence.texts_astray));
    out += fact(verdict.outsider_silent,
                std::format("dave, in another room, got {} packets and heard digital silence",
                            evidence.outsider_packets));
    out += fact(verdict.late_joiner_blind,
                std::format("erin, who came late, could open none of {} earlier packets",
                            evidence.late.replayed));
    const auto& wire = verdict.wire;
    out += fact(wire.opaque,
                std::format("{} captured frames are noise: {:.4f} bits a byte, chi-squared {:+.1f} "
                            "deviations from chance,\n       {} repeated runs, {:.2f} correlation "
                            "with the speech when decoded, {} opened by 1,000 random keys",
                            wire.records, wire.entropy_bits, wire.deviations, wire.repeated_runs,
                            wire.decoded_correlation, wire.opened_by_chance));
    return out;
}

}  // namespace partyline::demo

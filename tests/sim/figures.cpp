#include "sim/figures.hpp"

#include <algorithm>
#include <cmath>
#include <format>

#include "sim/playout_run.hpp"

namespace partyline::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t seeds = 10;
constexpr double only_told = -1;

/// Remembers the largest value seen.
class Worst {
public:
    void add(double value) { value_ = std::max(value_, value); }
    [[nodiscard]] double value() const { return value_; }

private:
    double value_ = 0;
};

constexpr double percent(double share) { return 100 * share; }

}  // namespace

std::vector<Figure> figures_of_loss_and_jitter() {
    // As a talkie sends when it has been told of 5 %.
    const auto speech =
        encode_speech(recorded_speech(), {.bitrate_bps = 40'000, .expected_loss_percent = 5});
    Worst concealed;
    Worst delay;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        const auto report =
            run(speech, {.length = 60s,
                         .link = {.jitter = Jitter::uniform, .jitter_size = 20ms, .loss = 0.05},
                         .seed = seed});
        concealed.add(percent(report.concealed_share()));
        delay.add(report.delay_ms(0.5));
    }
    return {{"sim.loss5_jitter20.concealed_percent", concealed.value(), 6},
            {"sim.loss5_jitter20.delay_ms_median", delay.value(), 60}};
}

std::vector<Figure> figures_of_fec() {
    std::vector<Figure> figures;
    for (const std::size_t packet_samples : {dsp::frame_samples, dsp::packet_samples_max}) {
        const auto speech = encode_speech(
            recorded_speech(),
            {.packet_samples = packet_samples, .bitrate_bps = 40'000, .expected_loss_percent = 10});
        Worst lost;
        Worst delay;
        double recovered = 0;
        for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
            const auto report = run(speech, {.length = 60s, .link = {.loss = 0.1}, .seed = seed});
            lost.add(percent(report.lost_share()));
            delay.add(report.delay_ms(0.5));
            recovered += percent(report.recovered_share()) / seeds;
        }
        const auto name = std::format("sim.loss10_fec_{}ms", packet_samples / 48);
        figures.push_back({name + ".lost_percent", lost.value(), 3});
        figures.push_back({name + ".recovered_percent_mean", recovered, only_told});
        figures.push_back({name + ".delay_ms_median", delay.value(), only_told});
    }
    return figures;
}

std::vector<Figure> figures_of_drift() {
    std::vector<Figure> figures;
    for (const auto silence : {Silence::left_out, Silence::sent}) {
        const auto speech = encode_speech(recorded_speech(), {}, silence);
        Worst deviation;
        Worst lost;
        for (const double ppm : {-200.0, 200.0}) {
            const auto report =
                run(speech, {.length = 600s, .sender_ppm = ppm / 2, .receiver_ppm = -ppm / 2});
            deviation.add(report.deviation_ms_max());
            lost.add(percent(report.lost_share()));
        }
        const std::string name =
            silence == Silence::sent ? "sim.drift200_continuous" : "sim.drift200_speech";
        figures.push_back({name + ".deviation_ms_max", deviation.value(), 10});
        figures.push_back({name + ".lost_percent", lost.value(), 0.1});
    }
    return figures;
}

std::vector<Figure> figures_against_fixed_buffers() {
    const auto speech = encode_speech(recorded_speech(), {});
    double lost = 0;
    double delay = 0;
    double fixed_lost_at_40ms = 0;
    double fixed_delay = 0;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        const LinkSettings calm;
        auto jittery = calm;
        jittery.jitter = Jitter::gaussian;
        jittery.jitter_size = 20ms;
        const auto report = run(
            speech,
            {.length = 120s, .link = calm, .later = {{40s, jittery}, {80s, calm}}, .seed = seed});
        lost += percent(report.lost_share()) / seeds;
        delay += report.delay_ms_mean() / seeds;
        fixed_lost_at_40ms += percent(report.held_up_share(40)) / seeds;
        fixed_delay += report.held_up_ms(1 - report.lost_share()) / seeds;
    }
    return {{"sim.calm_jitter_calm.adaptive_delay_ms_mean", delay, only_told},
            {"sim.calm_jitter_calm.adaptive_lost_percent", lost, only_told},
            {"sim.calm_jitter_calm.fixed_40ms_lost_percent", fixed_lost_at_40ms, only_told},
            {"sim.calm_jitter_calm.fixed_delay_ms_for_same_loss", fixed_delay, only_told}};
}

}  // namespace partyline::sim

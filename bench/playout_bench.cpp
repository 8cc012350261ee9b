// How our playout fares on networks that change, beside buffers of a fixed delay, and how intelligible
// speech is with every tenth packet lost. All follows from seeds.
#include <algorithm>
#include <cstdio>
#include <format>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "audio/metrics/likeness.hpp"
#include "bench/write_figures.hpp"
#include "dsp/format.hpp"
#include "dsp/sample_time.hpp"
#include "sim/speech.hpp"
#include "sim/traces.hpp"

namespace {

using namespace partyline;

constexpr std::uint64_t seeds = 10;

struct Named {
    std::string name;
    double value;
};

void compare(std::vector<Named>& figures) {
    const auto speech = sim::encode_speech(sim::recorded_speech(), {});
    std::printf("%-18s %-22s %9s %10s\n", "network", "buffer", "delay ms", "missing %");
    for (const auto& trace : sim::traces()) {
        const auto result = sim::follow(trace, speech, seeds);
        const auto tell = [&](const std::string& buffer, double delay_ms, double missing) {
            std::printf("%-18s %-22s %9.1f %10.2f\n", std::string(trace.name).c_str(),
                        buffer.c_str(), delay_ms, missing);
            const auto name = std::format("playout.{}.{}", trace.name, buffer);
            figures.push_back({name + ".delay_ms_mean", delay_ms});
            figures.push_back({name + ".missing_percent", missing});
        };
        tell("ours", result.delay_ms, result.missing_percent);
        for (std::size_t i = 0; i < sim::fixed_delays_ms.size(); ++i) {
            tell(std::format("fixed {:.0f} ms", sim::fixed_delays_ms[i]), sim::fixed_delays_ms[i],
                 result.fixed_missing_percent[i]);
        }
        tell("fixed, missing as much", result.fixed_delay_ms_for_same, result.missing_percent);
    }
}

/// The mean over windows of two seconds, each lined up by itself: spurts start at delays of their own.
double stoi_of(double loss, std::size_t packet_samples, std::uint64_t seed) {
    constexpr std::size_t window = 2 * dsp::sample_rate_hz;
    constexpr std::size_t lag_max = dsp::sample_rate_hz / 5;
    const auto clean = sim::recorded_speech();
    // Pauses included, so that the voice stays where it is but for what playout does; without DTX, as where
    // voice activity decides what goes out.
    const auto speech = sim::encode_speech(clean,
                                           {.packet_samples = packet_samples,
                                            .bitrate_bps = 32'000,
                                            .expected_loss_percent = loss > 0 ? 10U : 0U,
                                            .dtx = false},
                                           sim::Silence::sent);
    const auto report = sim::run(speech, {.length = std::chrono::seconds(23),
                                          .link = {.loss = loss},
                                          .seed = seed,
                                          .keep_sound = true});
    double sum = 0;
    std::size_t windows = 0;
    for (std::size_t at = 0; at + window + lag_max <= std::min(clean.size(), report.sound.size());
         at += window) {
        const auto spoken = clean.subspan(at, window);
        const auto near = std::span(report.sound).subspan(at, window + lag_max);
        const auto lag = metrics::lag_samples(spoken, near.first(window), 0,
                                              static_cast<std::ptrdiff_t>(lag_max));
        if (const auto stoi = metrics::stoi(
                spoken, near.subspan(static_cast<std::size_t>(lag), window), dsp::sample_rate_hz)) {
            sum += *stoi;
            ++windows;
        }
    }
    return sum / static_cast<double>(std::max<std::size_t>(windows, 1));
}

void judge_loss(std::vector<Named>& figures) {
    std::printf("\n%-28s %8s %8s %8s\n", "STOI at 32 kb/s with loss of", "median", "least", "most");
    for (const auto& [loss, packet_samples] :
         {std::pair(0.0, dsp::frame_samples), std::pair(0.1, dsp::frame_samples),
          std::pair(0.1, dsp::packet_samples_max)}) {
        std::vector<double> values;
        for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
            values.push_back(stoi_of(loss, packet_samples, seed));
        }
        std::ranges::sort(values);
        const auto median = values[values.size() / 2];
        const auto packet_ms = packet_samples / dsp::samples_per_ms;
        std::printf("%-28s %8.3f %8.3f %8.3f\n",
                    std::format("{:.0f} %, packets of {} ms", 100 * loss, packet_ms).c_str(),
                    median, values.front(), values.back());
        figures.push_back(
            {std::format("playout.loss{:.0f}_{}ms.stoi_median", 100 * loss, packet_ms), median});
    }
}

}  // namespace

int main(int argc, char** argv) {
    const bool to_file = argc == 3 && std::string_view(argv[1]) == "--json";
    if (argc != 1 && !to_file) {
        std::fputs("usage: bench-playout [--json FILE]\n", stderr);
        return 2;
    }
    std::vector<Named> figures;
    compare(figures);
    judge_loss(figures);
    return partyline::bench::write_figures(to_file ? argv[2] : "", figures) ? 0 : 1;
}

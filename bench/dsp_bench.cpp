// What a voice costs on its way in and out, for each 10 ms of real speech.
#include <benchmark/benchmark.h>

#include <array>

#include "dsp/gtcrn.hpp"
#include "dsp/limiter.hpp"
#include "dsp/opus.hpp"
#include "dsp/playout.hpp"
#include "dsp/resampler.hpp"
#include "dsp/rnnoise.hpp"
#include "dsp/time_scale.hpp"
#include "sim/speech.hpp"

namespace partyline::dsp {
namespace {

using Samples = std::array<float, frame_samples>;

/// The recording's frames, over and over.
class Frames {
public:
    ConstFrame next() {
        const auto speech = sim::recorded_speech();
        if ((frame_ + 1) * frame_samples > speech.size()) {
            frame_ = 0;
        }
        return ConstFrame(speech.subspan(frame_++ * frame_samples, frame_samples));
    }

private:
    std::size_t frame_ = 0;
};

/// Its packets, each to be followed by the next, silence included.
class Packets {
public:
    explicit Packets(unsigned expected_loss_percent)
        : packets_(sim::encode_speech(
                       sim::recorded_speech(),
                       {.bitrate_bps = 40'000, .expected_loss_percent = expected_loss_percent},
                       sim::Silence::sent)
                       .packets) {}
    [[nodiscard]] const Bytes& at(std::size_t i) const {
        return packets_[i % packets_.size()].opus;
    }

private:
    std::vector<sim::SpeechPacket> packets_;
};

void encode(benchmark::State& state) {
    auto encoder = OpusEncoder::create({.expected_loss_percent = 5}).value();
    Frames frames;
    Bytes out(opus_bytes_max);
    for (auto _ : state) {
        benchmark::DoNotOptimize(encoder.encode(frames.next(), out));
    }
}
BENCHMARK(encode)->Name("dsp.encode_ns");

void decode(benchmark::State& state) {
    auto decoder = OpusDecoder::create().value();
    const Packets packets(0);
    Samples out{};
    for (std::size_t i = 0; auto _ : state) {
        benchmark::DoNotOptimize(decoder.decode(packets.at(i++), out));
    }
}
BENCHMARK(decode)->Name("dsp.decode_ns");

void recover(benchmark::State& state) {
    auto decoder = OpusDecoder::create().value();
    const Packets packets(10);
    Samples out{};
    for (std::size_t i = 0; auto _ : state) {
        benchmark::DoNotOptimize(decoder.recover(packets.at(i++), out));
    }
}
BENCHMARK(recover)->Name("dsp.recover_ns");

/// One frame in ten, as the state of the decoder matters.
void conceal(benchmark::State& state) {
    auto decoder = OpusDecoder::create().value();
    const Packets packets(0);
    Samples out{};
    for (std::size_t i = 0; auto _ : state) {
        state.PauseTiming();
        for (int before = 0; before < 9; ++before) {
            decoder.decode(packets.at(i++), out);
        }
        ++i;
        state.ResumeTiming();
        decoder.conceal(out);
    }
}
BENCHMARK(conceal)->Name("dsp.conceal_ns");

void playout(benchmark::State& state) {
    auto speaker = SpeakerPlayout::create().value();
    const Packets packets(0);
    ManualClock clock;
    Samples out{};
    for (std::size_t i = 0; auto _ : state) {
        speaker.push({.media_time = static_cast<MediaTime>(i * frame_samples),
                      .opus = packets.at(i),
                      .arrived = clock.now()});
        clock.advance(std::chrono::milliseconds(frame_ms));
        benchmark::DoNotOptimize(speaker.pull(out, clock.now()));
        ++i;
    }
}
BENCHMARK(playout)->Name("dsp.playout_push_and_pull_ns");

void splice(benchmark::State& state) {
    TimeScale line;
    Frames frames;
    Samples out{};
    for (auto _ : state) {
        while (line.waiting() < TimeScale::shorten_samples_min) {
            std::ranges::copy(frames.next(), line.append(frame_samples).begin());
        }
        benchmark::DoNotOptimize(line.shorten({.likeness_least = -1.0F}));
        line.take(out);
    }
}
BENCHMARK(splice)->Name("dsp.splice_ns");

void limit(benchmark::State& state) {
    Limiter limiter;
    Samples loud{};
    for (auto _ : state) {
        loud.fill(1.5F);
        limiter.process(loud);
        benchmark::DoNotOptimize(loud);
    }
}
BENCHMARK(limit)->Name("dsp.limit_ns");

/// One frame after the other, each in place.
template <class Process>
void process_frames(benchmark::State& state, Process process) {
    Frames frames;
    Samples samples{};
    for (auto _ : state) {
        std::ranges::copy(frames.next(), samples.begin());
        process(samples);
        benchmark::DoNotOptimize(samples);
    }
}

void suppress(benchmark::State& state) {
    Rnnoise suppressor;
    process_frames(
        state, [&](Samples& samples) { benchmark::DoNotOptimize(suppressor.process(samples)); });
}
BENCHMARK(suppress)->Name("dsp.rnnoise_ns");

void enhance(benchmark::State& state) {
    Gtcrn enhancer;
    process_frames(state, [&](Samples& samples) { enhancer.process(samples); });
}
BENCHMARK(enhance)->Name("dsp.gtcrn_ns");

void resample(benchmark::State& state) {
    auto resampler = Resampler::create(44'100).value();
    const std::array<float, 441> in{};
    Samples out{};
    for (auto _ : state) {
        benchmark::DoNotOptimize(resampler.process(in, out));
    }
}
BENCHMARK(resample)->Name("dsp.resample_44100_ns");

}  // namespace
}  // namespace partyline::dsp

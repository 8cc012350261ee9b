// What is invented for lost packets, beside what was said: that deep concealment is at work, and better.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <vector>

#include "dsp/opus.hpp"
#include "sim/speech.hpp"

namespace partyline::sim {
namespace {

/// How far what stands for every tenth packet is from what that packet held, in dB below it.
double likeness_db(const SpeechPackets& speech, dsp::Concealment concealment) {
    auto whole = dsp::OpusDecoder::create().value();
    auto lossy = dsp::OpusDecoder::create(1, concealment).value();
    std::array<float, dsp::frame_samples> said{};
    std::array<float, dsp::frame_samples> heard{};
    double power = 0;
    double error = 0;
    for (std::size_t i = 0; i < speech.packets.size(); ++i) {
        const auto& opus = speech.packets[i].opus;
        whole.decode(opus, said);
        if (i % 10 != 9) {
            lossy.decode(opus, heard);
            continue;
        }
        lossy.conceal(heard);
        for (std::size_t n = 0; n < said.size(); ++n) {
            power += std::pow(double{said[n]}, 2);
            error += std::pow(double{heard[n]} - double{said[n]}, 2);
        }
    }
    return 10 * std::log10(power / error);
}

TEST(ConcealmentSim, DeepConcealmentIsNearerToWhatWasSaid) {
    const auto speech = encode_speech(recorded_speech(), {.dtx = false}, Silence::sent);
    const double deep = likeness_db(speech, dsp::Concealment::deep);
    const double plain = likeness_db(speech, dsp::Concealment::plain);
    std::printf("%-52s %8.2f\n%-52s %8.2f\n", "likeness of what deep PLC invents, dB", deep,
                "of what plain PLC does, dB", plain);
    EXPECT_GT(deep, plain + 0.3);
}

}  // namespace
}  // namespace partyline::sim

#include "sim/speech.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

#include "dsp/resampler.hpp"

namespace partyline::sim {
namespace {

constexpr unsigned recorded_hz = 16'000;
constexpr std::size_t wav_header_bytes = 44;
constexpr std::size_t pause_samples = recorded_hz / 2;

/// The samples of a 16-bit mono .wav file of which the header has the usual 44 bytes.
std::vector<float> read_wav(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)), {});
    if (bytes.size() < wav_header_bytes) {
        std::fprintf(stderr, "no speech in %s: install pocketsphinx-testdata\n", path.c_str());
        std::exit(1);
    }
    std::vector<float> out((bytes.size() - wav_header_bytes) / sizeof(std::int16_t));
    for (std::size_t i = 0; i < out.size(); ++i) {
        std::int16_t sample = 0;
        std::memcpy(&sample, bytes.data() + wav_header_bytes + i * sizeof(sample), sizeof(sample));
        out[i] = static_cast<float>(sample) / 32768.0F;
    }
    return out;
}

std::vector<float> read_all() {
    std::vector<float> recorded;
    for (const char* number : {"0870", "0880", "0890", "0920", "0930"}) {
        const auto sentence = read_wav(std::string(PARTYLINE_SPEECH_DIRECTORY) +
                                       "/sense_and_sensibility_01_austen_64kb-" + number + ".wav");
        recorded.insert(recorded.end(), sentence.begin(), sentence.end());
        recorded.resize(recorded.size() + pause_samples);
    }
    auto resampler = dsp::Resampler::create(recorded_hz).value();
    std::vector<float> out(recorded.size() * (dsp::sample_rate_hz / recorded_hz));
    const auto given = resampler.process(recorded, out).given;
    resampler.finish(std::span(out).subspan(given));
    return out;
}

}  // namespace

std::span<const float> recorded_speech() {
    static const std::vector<float> speech = read_all();
    return speech;
}

SpeechPackets encode_speech(std::span<const float> speech, const dsp::EncoderSettings& settings,
                            Silence silence) {
    auto encoder = dsp::OpusEncoder::create(settings).value();
    SpeechPackets out{.packet_samples = settings.packet_samples};
    Bytes buffer(dsp::opus_bytes_max);
    bool in_spurt = false;
    for (; speech.size() >= settings.packet_samples;
         speech = speech.subspan(settings.packet_samples)) {
        const auto packet = encoder.encode(speech.first(settings.packet_samples), buffer);
        const bool silent = packet.silent && silence == Silence::left_out;
        if (!silent || in_spurt) {
            out.packets.push_back({.media_time = static_cast<dsp::MediaTime>(out.samples),
                                   .ends_spurt = silent,
                                   .opus = to_bytes(ByteView(buffer).first(packet.bytes))});
        }
        in_spurt = !silent;
        out.samples += settings.packet_samples;
    }
    return out;
}

}  // namespace partyline::sim

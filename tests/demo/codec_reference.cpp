#include "demo/codec_reference.hpp"

#include <array>
#include <span>

#include "dsp/opus.hpp"
#include "harness/failure.hpp"

namespace partyline::demo {
namespace {

template <class T>
T must(Result<T> result) {
    if (!result) {
        throw harness::Failure(result.error().message);
    }
    return *std::move(result);
}

}  // namespace

CodecReference through_codec(const std::vector<float>& said) {
    // The talkie's own settings while nothing is lost.
    auto encoder = must(dsp::OpusEncoder::create({}));
    auto decoder = must(dsp::OpusDecoder::create());
    CodecReference out;
    out.decoded.resize(said.size());
    std::array<std::byte, dsp::opus_bytes_max> packet{};
    bool in_spurt = false;
    for (std::size_t at = 0; at + dsp::frame_samples <= said.size(); at += dsp::frame_samples) {
        const auto frame = std::span(said).subspan(at, dsp::frame_samples);
        const auto encoded = encoder.encode(frame, packet);
        // Silence is sent once, as the end of the spurt, and then not at all.
        if (encoded.bytes == 0 || (encoded.silent && !in_spurt)) {
            continue;
        }
        in_spurt = !encoded.silent;
        const auto bytes = ByteView(packet).first(encoded.bytes);
        decoder.decode(bytes, std::span(out.decoded).subspan(at, dsp::frame_samples));
        out.packets.push_back(to_bytes(bytes));
    }
    return out;
}

std::vector<float> decode_anything(const std::vector<ByteView>& packets) {
    auto decoder = must(dsp::OpusDecoder::create());
    std::vector<float> out;
    for (const auto packet : packets) {
        const auto count = dsp::OpusDecoder::samples_of(packet);
        const auto at = out.size();
        out.resize(at + (count > 0 ? count : dsp::frame_samples));
        if (count > 0) {
            decoder.decode(packet, std::span(out).subspan(at));
        }
    }
    return out;
}

}  // namespace partyline::demo

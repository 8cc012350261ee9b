#include "dsp/speaker_decoder.hpp"

#include "dsp/stereo.hpp"

namespace partyline::dsp {

Result<SpeakerDecoder> SpeakerDecoder::create() {
    auto mono = OpusDecoder::create();
    if (!mono) {
        return std::unexpected(std::move(mono.error()));
    }
    return SpeakerDecoder(std::move(*mono));
}

void SpeakerDecoder::prepare(ByteView packet, TimeScale& line) {
    if (stereo_ || !OpusDecoder::is_stereo(packet)) {
        return;
    }
    // Without one the other decoder mixes stereo down.
    if (auto made = OpusDecoder::create(2)) {
        stereo_.emplace(std::move(*made));
        line.widen();
    }
}

template <class Decode>
SpeakerDecoder::Sound SpeakerDecoder::append(std::size_t samples, TimeScale& line,
                                             const Decode& decode) {
    Sound sound{.mid = line.append(samples)};
    if (line.is_wide()) {
        sound.side = line.appended_side(samples);
    }
    if (in_stereo_) {
        const auto both = std::span(interleaved_).first(2 * samples);
        sound.genuine = decode(both);
        split_stereo(both, sound.mid, sound.side);
    } else {
        sound.genuine = decode(sound.mid);
    }
    return sound;
}

SpeakerDecoder::Sound SpeakerDecoder::decode(ByteView packet, std::size_t samples,
                                             TimeScale& line) {
    use(packet);
    return append(samples, line,
                  [&](std::span<float> out) { return decoder().decode(packet, out); });
}

SpeakerDecoder::Sound SpeakerDecoder::recover(ByteView next, std::size_t samples, TimeScale& line) {
    use(next);
    return append(samples, line,
                  [&](std::span<float> out) { return decoder().recover(next, out); });
}

SpeakerDecoder::Sound SpeakerDecoder::conceal(std::size_t samples, TimeScale& line) {
    return append(samples, line, [&](std::span<float> out) {
        decoder().conceal(out);
        return false;
    });
}

}  // namespace partyline::dsp

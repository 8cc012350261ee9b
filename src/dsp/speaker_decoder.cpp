#include "dsp/speaker_decoder.hpp"

#include <algorithm>
#include <utility>

#include "dsp/stereo.hpp"

namespace partyline::dsp {
namespace {

constexpr std::size_t fade_samples = 240;  // 5 ms

}  // namespace

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

void SpeakerDecoder::use(ByteView packet) {
    const bool in_stereo = stereo_ && OpusDecoder::is_stereo(packet);
    if (begun_ && in_stereo != in_stereo_) {
        end_of_before();
        fades_over_ = true;
    }
    begun_ = true;
    if (std::exchange(in_stereo_, in_stereo) != in_stereo) {
        decoder().reset();  // what it heard last is of another time
    }
}

void SpeakerDecoder::end_of_before() {
    if (paused_) {
        before_mid_.fill(0.0F);
        before_side_.fill(0.0F);
    } else if (in_stereo_) {
        const auto both = std::span(interleaved_).first(2 * frame_samples);
        stereo_->conceal(both);
        split_stereo(both, before_mid_, before_side_);
    } else {
        mono_.conceal(before_mid_);
        before_side_.fill(0.0F);
    }
}

// Where one decoder follows the other both have been made, so the line is wide.
void SpeakerDecoder::fade_from_before(const Sound& sound) {
    for (std::size_t i = 0; i < fade_samples; ++i) {
        const float along = static_cast<float>(i + 1) / static_cast<float>(fade_samples);
        sound.mid[i] = before_mid_[i] + along * (sound.mid[i] - before_mid_[i]);
        if (!sound.side.empty()) {
            sound.side[i] = before_side_[i] + along * (sound.side[i] - before_side_[i]);
        }
    }
}

template <class Decode>
SpeakerDecoder::Sound SpeakerDecoder::append(std::size_t samples, TimeScale& line,
                                             const Decode& decode) {
    paused_ = false;
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
    if (std::exchange(fades_over_, false)) {
        fade_from_before(sound);
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

SpeakerDecoder::Sound SpeakerDecoder::recover_end(ByteView next, std::size_t samples,
                                                  TimeScale& line) {
    use(next);
    if (!std::exchange(fades_over_, true)) {
        end_of_before();
    }
    std::array<float, 2 * packet_samples_max> all{};
    return append(frame_samples, line, [&](std::span<float> out) {
        const auto copy = std::span(all).first(out.size() / frame_samples * samples);
        const bool genuine = decoder().recover(next, copy);
        std::ranges::copy(copy.last(out.size()), out.begin());
        return genuine;
    });
}

SpeakerDecoder::Sound SpeakerDecoder::conceal(std::size_t samples, TimeScale& line) {
    return append(samples, line, [&](std::span<float> out) {
        decoder().conceal(out);
        return false;
    });
}

}  // namespace partyline::dsp

// One speaker's packets made sound, whether they are mono or stereo.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <utility>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "dsp/opus.hpp"
#include "dsp/time_scale.hpp"

namespace partyline::dsp {

/// Mono costs what mono costs: the second decoder and the line's second half are made at a speaker's first
/// stereo packet, in prepare(); nothing else allocates. Where one decoder follows the other their sounds
/// cross-fade, the first going on by concealment, so that nothing clicks, whatever was lost there. After silence the
/// other fades in from that. One thread.
class SpeakerDecoder {
public:
    static Result<SpeakerDecoder> create();

    /// Before a packet is decoded, at leisure.
    void prepare(ByteView packet, TimeScale& line);

    /// Silence was heard since what was appended last.
    void pause() { paused_ = true; }

    struct Sound {
        std::span<float> mid;
        std::span<float> side;  // empty while the line is not wide
        bool genuine = true;    // not concealed
    };
    /// Each appends `samples` to the line. The packet itself:
    Sound decode(ByteView packet, std::size_t samples, TimeScale& line);
    /// the lost one before `next`, out of its FEC:
    Sound recover(ByteView next, std::size_t samples, TimeScale& line);
    /// the last frame of that, where what is before it was concealed. It appends that frame alone, cross-faded with how
    /// the concealment would go on;
    Sound recover_end(ByteView next, std::size_t samples, TimeScale& line);
    /// a lost one, by concealment.
    Sound conceal(std::size_t samples, TimeScale& line);

private:
    explicit SpeakerDecoder(OpusDecoder mono) : mono_(std::move(mono)) {}

    /// `decode` fills a span, of both channels if it is told so, and says whether it is genuine.
    template <class Decode>
    Sound append(std::size_t samples, TimeScale& line, const Decode& decode);
    void use(ByteView packet);
    OpusDecoder& decoder() { return in_stereo_ ? *stereo_ : mono_; }
    void end_of_before();
    void fade_from_before(const Sound& sound);

    OpusDecoder mono_;
    std::optional<OpusDecoder> stereo_;
    bool in_stereo_ = false;   // as the last packet was
    bool begun_ = false;       // there was one
    bool paused_ = false;      // since the last
    bool fades_over_ = false;  // what comes next, from how what was heard before would go on
    std::array<float, 2 * packet_samples_max> interleaved_{};
    // How what was heard before would go on.
    std::array<float, frame_samples> before_mid_{};
    std::array<float, frame_samples> before_side_{};
};

}  // namespace partyline::dsp

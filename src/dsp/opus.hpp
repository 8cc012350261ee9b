// Opus (RFC 6716) as we use it: mono voice with in-band FEC, music in stereo, and tracks of recordings.
#pragma once

#include <cstdint>
#include <memory>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "dsp/format.hpp"

namespace partyline::dsp {

enum class Content : std::uint8_t {
    voice,  // mono, with FEC
    music,  // stereo, as faithful as the bitrate allows, without
    track,  // the same in mono, for files
};

/// The defaults as measured on read speech (16 kHz recordings): with any expected loss, 97.6 % of
/// the packets that follow a speech frame carry FEC, from 24 kb/s up (at 16 kb/s none do). The
/// bitrate stays the same, so FEC is paid for by bandwidth: 10 ms packets reach 20 kHz from
/// 36 kb/s, 12 kHz at 32 kb/s and 6 kHz at 24 kb/s; 20 ms packets reach 20 kHz from 32 kb/s.
struct EncoderSettings {
    Content content = Content::voice;
    std::size_t packet_samples = frame_samples;  // 480 or 960
    unsigned bitrate_bps = 32'000;               // 6,000 to 128,000
    unsigned expected_loss_percent = 0;          // above 0 makes Opus put FEC into packets
    unsigned complexity = 5;                     // 0 to 10
    bool dtx = true;                             // judge what is silence, and leave it out
    bool operator==(const EncoderSettings&) const = default;
};

/// Application VOIP with FEC, or AUDIO. encode() allocates nothing. One thread.
class OpusEncoder {
public:
    static Result<OpusEncoder> create(const EncoderSettings& settings);
    ~OpusEncoder();
    OpusEncoder(OpusEncoder&&) noexcept;
    OpusEncoder& operator=(OpusEncoder&&) noexcept;

    // Take effect with the next packet.
    void set_bitrate(unsigned bitrate_bps);
    void set_expected_loss(unsigned percent);
    void set_packet_samples(std::size_t samples);  // 480 or 960
    /// Off where somebody else knows what is speech: Opus takes the first breath of a word for silence.
    void set_dtx(bool on);

    struct Packet {
        std::size_t bytes = 0;
        /// With DTX: the codec judged this packet to be silence that need not be sent.
        bool silent = false;
    };
    /// Encodes exactly packet_samples, of music interleaved; `out` has room for opus_bytes_max.
    Packet encode(std::span<const float> samples, MutableByteView out);
    /// Forgets what it has heard, so that no packet to come holds a trace of it; settings stay.
    /// Allocates nothing.
    void reset();

    /// Samples by which the decoded signal lags: 312 at 48 kHz with VOIP.
    [[nodiscard]] unsigned lookahead_samples() const;

private:
    struct State;
    explicit OpusEncoder(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// How sound is invented where a packet is lost.
enum class Concealment : std::uint8_t {
    deep,   // by Opus 1.5's neural network
    plain,  // as Opus did before
};

/// decode(), recover() and conceal() allocate nothing. Never fails on what a peer sends: a packet
/// that Opus refuses is concealed and said to be. One thread.
class OpusDecoder {
public:
    /// One channel or two, whatever the packets hold. With two, all that comes out is interleaved, and
    /// "samples" below are those of both.
    static Result<OpusDecoder> create(unsigned channels = 1,
                                      Concealment concealment = Concealment::deep);
    ~OpusDecoder();
    OpusDecoder(OpusDecoder&&) noexcept;
    OpusDecoder& operator=(OpusDecoder&&) noexcept;

    /// How many samples the packet holds, 0 if it is not Opus of 10 or 20 ms mono or stereo.
    [[nodiscard]] static std::size_t samples_of(ByteView packet);
    /// Whether it holds two channels.
    [[nodiscard]] static bool is_stereo(ByteView packet);
    /// Whether `packet` carries a copy of the one before it (opus_packet_has_lbrr).
    [[nodiscard]] static bool has_fec(ByteView packet);

    /// `out` is as long as samples_of(packet) says. False if it had to be concealed.
    bool decode(ByteView packet, std::span<float> out);
    /// The lost packet before `next`, out of its FEC; `out` is as long as the lost one was.
    bool recover(ByteView next, std::span<float> out);
    /// A lost packet of out.size() samples (480 or 960), by concealment.
    void conceal(std::span<float> out);
    /// Forgets what it has heard: the next packet is the first. Allocates nothing.
    void reset();

    /// What the codec says that it works at, 0 to 10. Deep concealment starts at 5, in a library that was built with
    /// it.
    [[nodiscard]] unsigned complexity() const;

private:
    struct State;
    explicit OpusDecoder(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace partyline::dsp

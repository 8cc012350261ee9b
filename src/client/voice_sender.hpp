// From captured sound to datagrams: coding, silence, media time, sealing.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/ids.hpp"
#include "client/bitrate.hpp"
#include "client/limits.hpp"
#include "client/uplink.hpp"
#include "client/voice_identity.hpp"
#include "crypto/sender_key.hpp"
#include "crypto/sframe.hpp"
#include "dsp/format.hpp"
#include "dsp/opus.hpp"
#include "wire/datagram.hpp"

namespace partyline::client {

struct SenderCounters {
    std::uint64_t frames_captured = 0;  // of 10 ms
    std::uint64_t packets_sent = 0;
};

/// Seals what one speaker says, to the room or to one of the sets that they whisper to: each is a
/// stream with a key and a counter of its own, and what is said goes to one of them only. push()
/// allocates nothing. No socket, no clock: time is counted in samples captured. Owned by the voice-up
/// thread, or by a test. One thread.
class VoiceSender {
public:
    /// `uplink` outlives the sender, or its replacement by another. Sends nothing before set_route(), set_key() and
    /// set_open().
    static Result<VoiceSender> create(const VoiceIdentity& identity, Uplink& uplink);

    /// From the next packet on.
    void set_uplink(Uplink& uplink) { uplink_ = &uplink; }
    /// The route of the seat, which Welcome and Joined told. Zero: nothing is sent.
    void set_route(Route route);
    /// Where what is said goes: 0 is the room. A running spurt is ended first, on its own stream and
    /// as by closing that, so that neither hears a word meant for the other.
    void set_stream(StreamId stream);
    /// The packet length that the server wants in this room, 10 or 20, from the next packet on; one
    /// that is half full is sent as it was begun. On a poor line they are of 20 whatever it wants.
    /// Fails with malformed for another length.
    Result<void> set_frame_ms(unsigned frame_ms);
    /// The stream's key from the next packet on. Never goes back to a KID that was used before.
    void set_key(const crypto::SenderKeyMaterial& key, StreamId stream = {});
    /// Closed (muted, or nobody there to hear): nothing is sent but the end of a running spurt, and that end holds
    /// nothing of what is said from now on: what was sent last fades out, backwards. Media time goes on. What comes
    /// when it is open again, or goes to another stream, fades in.
    void set_open(bool open, StreamId stream = {});
    /// Whether the codec leaves silence out. Off where a gate before us decides what is said.
    void set_dtx(bool on) { encoder_.set_dtx(on); }
    /// From the next packet on music is sent, in stereo, by this encoder; with none it is voice again. The
    /// encoder is one for music, and kept by whoever made it, too, so that nothing is allocated here.
    void use_music(std::shared_ptr<dsp::OpusEncoder> encoder) { next_music_ = std::move(encoder); }
    /// What the room leaves each speaker, in bits per second; 0: all they like.
    void set_bitrate_cap(unsigned bits_per_second);
    /// What a pong told; sets bitrate and FEC.
    void on_loss(const LossReport& report);

    struct Packet {
        ByteView datagram;  // good until the next push()
        bool starts_spurt = false;
        bool ends_spurt = false;
    };
    /// What comes after a frame, as far as whoever captures knows. While it catches up a frame was kept from before the
    /// microphone opened: of a long packet the last one counts.
    enum class Spurt : std::uint8_t { catches_up, goes_on, ends };
    /// The next 10 ms of capture. Nothing while a 20 ms packet is half full, in silence after its
    /// first packet, and while closed. A running spurt that ends does so with the packet that is full.
    std::optional<Packet> push(dsp::ConstFrame frame, Spurt spurt = Spurt::goes_on);
    /// The same in stereo, as dsp/stereo.hpp has it; of voice only the middle is sent.
    std::optional<Packet> push(dsp::ConstFrame mid, dsp::ConstFrame side,
                               Spurt spurt = Spurt::goes_on);
    /// 10 ms between spurts that are not sent.
    void skip();

    [[nodiscard]] const SenderCounters& counters() const { return counters_; }
    [[nodiscard]] bool in_spurt() const { return in_spurt_; }
    /// What half a packet holds goes nowhere; the next frame is the first of another.
    void drop_half_packet() { filled_samples_ = 0; }
    /// Whether the next frame is the first of a packet.
    [[nodiscard]] bool at_packet_border() const { return filled_samples_ == 0; }
    /// By how much what is decoded lags behind what was pushed, in samples.
    [[nodiscard]] std::size_t lookahead_samples() const { return encoder_.lookahead_samples(); }
    /// That the spurt is on, or the last one was.
    [[nodiscard]] StreamId stream() const { return stream_; }
    /// That what is said from now on is for.
    [[nodiscard]] StreamId next_stream() const { return next_stream_; }
    /// Whether what is pushed now is for the room, unless the codec takes it for silence.
    [[nodiscard]] bool speaks_to_room() const;
    /// Of the next sample to be captured.
    [[nodiscard]] dsp::MediaTime media_time() const { return captured_; }

private:
    VoiceSender(const VoiceIdentity& identity, Uplink& uplink, dsp::OpusEncoder encoder);

    struct Stream {
        std::optional<crypto::SFrameKey> key;
        std::uint64_t next_counter = 0;  // SFrame's: never restarts, whatever the key
        bool open = false;
    };

    Stream& at(StreamId stream);
    [[nodiscard]] bool is_open() const;
    void begin_packet();
    void take(dsp::ConstFrame mid, dsp::ConstFrame side);
    void fade_in();
    void fade_out_what_was_sent();
    void tune();
    std::optional<Packet> send_packet(Spurt spurt);
    std::optional<Packet> send_samples(Spurt spurt);
    [[nodiscard]] std::span<float> packet() {
        return std::span(samples_).first(channels() * packet_samples_);
    }
    [[nodiscard]] std::size_t channels() const { return music_ ? 2 : 1; }
    /// So long that the silence after it is decoded, too, before nothing more comes.
    [[nodiscard]] std::size_t fade_out_samples() const {
        return dsp::frame_samples - lookahead_samples();
    }
    dsp::OpusEncoder& encoder() { return music_ ? *music_ : encoder_; }
    ByteView seal(std::size_t opus_bytes, std::uint8_t flags);

    static constexpr std::size_t media_time_bytes = sizeof(dsp::MediaTime);
    static constexpr std::size_t plaintext_bytes_max = media_time_bytes + dsp::opus_bytes_max;
    static_assert(plaintext_bytes_max + crypto::sframe_header_bytes_max +
                      crypto::sframe_tag_bytes <=
                  wire::sealed_bytes_max);

    // Given.
    VoiceIdentity identity_;
    Uplink* uplink_;

    // Owned.
    dsp::OpusEncoder encoder_;
    std::array<Stream, streams_max> streams_;
    BitratePolicy bitrate_;
    std::shared_ptr<dsp::OpusEncoder> music_;  // while the packet that is filled is music
    std::shared_ptr<dsp::OpusEncoder> next_music_;
    std::array<float, 2 * dsp::packet_samples_max> samples_{};
    std::array<float, 2 * dsp::frame_samples> sent_last_{};  // fade_out_samples() of each channel
    std::array<std::byte, plaintext_bytes_max> plaintext_{};
    std::array<std::byte, wire::sealed_bytes_max> sealed_{};
    Bytes datagram_;  // of a capacity that is never exceeded

    std::size_t packet_samples_ = dsp::frame_samples;
    std::size_t next_packet_samples_ = dsp::frame_samples;
    std::size_t filled_samples_ = 0;
    dsp::MediaTime captured_ = 0;
    Route route_{};
    StreamId stream_{};
    StreamId next_stream_{};  // once no spurt is on
    bool in_spurt_ = false;
    bool was_closed_ = false;  // the last packet was not for those whom the next is for
    SenderCounters counters_;
};

}  // namespace partyline::client

#include "dsp/opus.hpp"

#include <opus/opus.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <string>
#include <utility>

#include "dsp/limits.hpp"

namespace partyline::dsp {
namespace {

// Deep PLC, Opus 1.5's neural concealment, starts at this complexity; above it come only costly
// enhancers that gained nothing when they were measured.
constexpr int deep_complexity = 5;
constexpr int plain_complexity = 0;

// At up to 5 % expected loss Opus would rather have no FEC than less than full bandwidth, which at
// 10 ms means none below 40 kb/s. From 6 % on it drops what lies above 12 kHz instead.
constexpr unsigned fec_loss_percent_min = 6;

// A packet this short is a bare table of contents: the codec had nothing to tell.
constexpr int dtx_bytes_max = 2;

const unsigned char* opus_bytes(ByteView packet) {
    return reinterpret_cast<const unsigned char*>(packet.data());
}

opus_int32 opus_length(ByteView packet) { return static_cast<opus_int32>(packet.size()); }

/// Of each channel.
int frame_length(std::span<const float> samples, std::size_t channels) {
    return static_cast<int>(samples.size() / channels);
}

Error opus_error(const char* what, int code) {
    return {.code = ErrorCode::unsupported,
            .message = std::string("Opus cannot make ") + what + ": " + opus_strerror(code) + "."};
}

struct DestroyEncoder {
    void operator()(::OpusEncoder* encoder) const { opus_encoder_destroy(encoder); }
};
struct DestroyDecoder {
    void operator()(::OpusDecoder* decoder) const { opus_decoder_destroy(decoder); }
};

}  // namespace

struct OpusEncoder::State {
    std::unique_ptr<::OpusEncoder, DestroyEncoder> codec;
    std::size_t channels = 1;
    std::size_t packet_samples = 0;
    bool dtx = true;
    unsigned lookahead_samples = 0;

    // Settings are within their ranges by construction, so that Opus cannot refuse them.
    template <class... Request>
    void set(Request... request) {
        [[maybe_unused]] const int result = opus_encoder_ctl(codec.get(), request...);
        assert(result == OPUS_OK);
    }
};

OpusEncoder::OpusEncoder(std::unique_ptr<State> state) : state_(std::move(state)) {}
OpusEncoder::~OpusEncoder() = default;
OpusEncoder::OpusEncoder(OpusEncoder&&) noexcept = default;
OpusEncoder& OpusEncoder::operator=(OpusEncoder&&) noexcept = default;

Result<OpusEncoder> OpusEncoder::create(const EncoderSettings& settings) {
    assert(settings.packet_samples == frame_samples ||
           settings.packet_samples == packet_samples_max);
    const bool voice = settings.content == Content::voice;
    int error = OPUS_OK;
    auto state = std::make_unique<State>();
    state->channels = settings.content == Content::music ? 2 : 1;
    state->codec.reset(opus_encoder_create(sample_rate_hz, static_cast<int>(state->channels),
                                           voice ? OPUS_APPLICATION_VOIP : OPUS_APPLICATION_AUDIO,
                                           &error));
    if (error != OPUS_OK) {
        return std::unexpected(opus_error("an encoder", error));
    }
    state->packet_samples = settings.packet_samples;
    state->set(OPUS_SET_VBR(1));
    state->set(OPUS_SET_INBAND_FEC(voice ? 1 : 0));
    // FEC exists only in SILK and hybrid packets; "voice" makes Opus choose those at every
    // bitrate at which they are as good.
    state->set(OPUS_SET_SIGNAL(voice ? OPUS_SIGNAL_VOICE : OPUS_SIGNAL_MUSIC));
    state->set(OPUS_SET_COMPLEXITY(static_cast<int>(std::min(settings.complexity, 10U))));
    opus_int32 lookahead = 0;
    state->set(OPUS_GET_LOOKAHEAD(&lookahead));
    state->lookahead_samples = static_cast<unsigned>(lookahead);

    OpusEncoder encoder(std::move(state));
    encoder.set_bitrate(settings.bitrate_bps);
    encoder.set_expected_loss(settings.expected_loss_percent);
    encoder.set_dtx(settings.dtx);
    return encoder;
}

void OpusEncoder::set_bitrate(unsigned bitrate_bps) {
    const auto bounded = std::clamp(bitrate_bps, bitrate_bps_min, bitrate_bps_max);
    state_->set(OPUS_SET_BITRATE(static_cast<int>(bounded)));
}

void OpusEncoder::set_expected_loss(unsigned percent) {
    const auto told = percent == 0 ? 0 : std::clamp(percent, fec_loss_percent_min, 100U);
    state_->set(OPUS_SET_PACKET_LOSS_PERC(static_cast<int>(told)));
}

void OpusEncoder::set_packet_samples(std::size_t samples) {
    assert(samples == frame_samples || samples == packet_samples_max);
    state_->packet_samples = samples;
}

void OpusEncoder::set_dtx(bool on) {
    state_->dtx = on;
    state_->set(OPUS_SET_DTX(on ? 1 : 0));
}

OpusEncoder::Packet OpusEncoder::encode(std::span<const float> samples, MutableByteView out) {
    assert(samples.size() == state_->channels * state_->packet_samples);
    const auto room = static_cast<opus_int32>(std::min(out.size(), opus_bytes_max));
    const int bytes = opus_encode_float(state_->codec.get(), samples.data(),
                                        frame_length(samples, state_->channels),
                                        reinterpret_cast<unsigned char*>(out.data()), room);
    // It fails only for arguments that the assertions above rule out.
    assert(bytes > 0);
    opus_int32 in_dtx = 0;
    state_->set(OPUS_GET_IN_DTX(&in_dtx));
    return {.bytes = static_cast<std::size_t>(std::max(bytes, 0)),
            .silent = state_->dtx && (in_dtx != 0 || bytes <= dtx_bytes_max)};
}

void OpusEncoder::reset() { state_->set(OPUS_RESET_STATE); }

unsigned OpusEncoder::lookahead_samples() const { return state_->lookahead_samples; }

struct OpusDecoder::State {
    std::unique_ptr<::OpusDecoder, DestroyDecoder> codec;
    std::size_t channels = 1;

    bool run(ByteView packet, std::span<float> out, bool fec) {
        const int length = frame_length(out, channels);
        return opus_decode_float(codec.get(), packet.empty() ? nullptr : opus_bytes(packet),
                                 opus_length(packet), out.data(), length, fec ? 1 : 0) == length;
    }
    [[nodiscard]] bool fits(ByteView packet, std::span<const float> out) const {
        return channels * samples_of(packet) == out.size();
    }
};

OpusDecoder::OpusDecoder(std::unique_ptr<State> state) : state_(std::move(state)) {}
OpusDecoder::~OpusDecoder() = default;
OpusDecoder::OpusDecoder(OpusDecoder&&) noexcept = default;
OpusDecoder& OpusDecoder::operator=(OpusDecoder&&) noexcept = default;

Result<OpusDecoder> OpusDecoder::create(unsigned channels, Concealment concealment) {
    assert(channels == 1 || channels == 2);
    int error = OPUS_OK;
    auto state = std::make_unique<State>();
    state->channels = channels;
    state->codec.reset(opus_decoder_create(sample_rate_hz, static_cast<int>(channels), &error));
    if (error != OPUS_OK) {
        return std::unexpected(opus_error("a decoder", error));
    }
    error = opus_decoder_ctl(
        state->codec.get(),
        OPUS_SET_COMPLEXITY(concealment == Concealment::deep ? deep_complexity : plain_complexity));
    // A libopus older than 1.5 has no such setting; it conceals without the neural network.
    if (error != OPUS_OK && error != OPUS_UNIMPLEMENTED) {
        return std::unexpected(opus_error("a decoder", error));
    }
    return OpusDecoder(std::move(state));
}

std::size_t OpusDecoder::samples_of(ByteView packet) {
    if (packet.empty() || packet.size() > opus_bytes_max) {
        return 0;
    }
    const int samples =
        opus_packet_get_nb_samples(opus_bytes(packet), opus_length(packet), sample_rate_hz);
    const auto count = static_cast<std::size_t>(std::max(samples, 0));
    return count == frame_samples || count == packet_samples_max ? count : 0;
}

bool OpusDecoder::is_stereo(ByteView packet) {
    return !packet.empty() && opus_packet_get_nb_channels(opus_bytes(packet)) == 2;
}

bool OpusDecoder::has_fec(ByteView packet) {
    // opus_packet_has_lbrr (1.5.2) looks at the first frame's first byte even when it has none.
    constexpr std::size_t frames_max = 48;
    std::array<opus_int16, frames_max> frame_bytes{};
    const int frames = packet.empty()
                           ? 0
                           : opus_packet_parse(opus_bytes(packet), opus_length(packet), nullptr,
                                               nullptr, frame_bytes.data(), nullptr);
    return frames > 0 && frame_bytes[0] > 0 &&
           opus_packet_has_lbrr(opus_bytes(packet), opus_length(packet)) == 1;
}

bool OpusDecoder::decode(ByteView packet, std::span<float> out) {
    if (state_->fits(packet, out) && state_->run(packet, out, false)) {
        return true;
    }
    conceal(out);
    return false;
}

bool OpusDecoder::recover(ByteView next, std::span<float> out) {
    if (has_fec(next) && state_->fits(next, out) && state_->run(next, out, true)) {
        return true;
    }
    conceal(out);
    return false;
}

void OpusDecoder::conceal(std::span<float> out) {
    if (!state_->run({}, out, false)) {
        std::ranges::fill(out, 0.0F);
    }
}

void OpusDecoder::reset() {
    [[maybe_unused]] const int result = opus_decoder_ctl(state_->codec.get(), OPUS_RESET_STATE);
    assert(result == OPUS_OK);
}

unsigned OpusDecoder::complexity() const {
    opus_int32 complexity = 0;
    const int result = opus_decoder_ctl(state_->codec.get(), OPUS_GET_COMPLEXITY(&complexity));
    return result == OPUS_OK ? static_cast<unsigned>(complexity) : 0;
}

}  // namespace partyline::dsp

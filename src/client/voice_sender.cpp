#include "client/voice_sender.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

#include "dsp/stereo.hpp"

namespace partyline::client {
namespace {

constexpr std::uint8_t stream_and_flags(StreamId stream, unsigned flags) {
    return static_cast<std::uint8_t>((unsigned{stream.value} << 4U) | flags);
}

bool is_zero(float sample) { return std::fpclassify(sample) == FP_ZERO; }

}  // namespace

VoiceSender::VoiceSender(const VoiceIdentity& identity, Uplink& uplink, dsp::OpusEncoder encoder)
    : identity_(identity), uplink_(&uplink), encoder_(std::move(encoder)) {
    datagram_.reserve(wire::datagram_bytes_max);
}

Result<VoiceSender> VoiceSender::create(const VoiceIdentity& identity, Uplink& uplink) {
    auto encoder = dsp::OpusEncoder::create({});
    if (!encoder) {
        return std::unexpected(std::move(encoder.error()));
    }
    return VoiceSender(identity, uplink, std::move(*encoder));
}

void VoiceSender::set_route(Route route) {
    route_ = route;
    // Half a long packet is not worth keeping: it belongs to the room before.
    filled_samples_ = 0;
}

Result<void> VoiceSender::set_frame_ms(unsigned frame_ms) {
    const std::size_t packet_samples = frame_ms / dsp::frame_ms * dsp::frame_samples;
    if (packet_samples != dsp::frame_samples && packet_samples != dsp::packet_samples_max) {
        return fail(ErrorCode::malformed, "The server asked for packets of an unknown length.");
    }
    next_packet_samples_ = packet_samples;
    return {};
}

void VoiceSender::set_stream(StreamId stream) {
    assert(stream.value < streams_max);
    next_stream_ = stream;
    filled_samples_ = 0;  // half a long packet belongs to those before
}

void VoiceSender::set_key(const crypto::SenderKeyMaterial& key, StreamId stream) {
    const auto kid = crypto::make_kid(key.generation, key.step);
    auto& held = at(stream).key;
    assert(!held || kid > held->kid());
    held.emplace(key.key.view(), kid);
}

void VoiceSender::set_open(bool open, StreamId stream) { at(stream).open = open; }

VoiceSender::Stream& VoiceSender::at(StreamId stream) {
    assert(stream.value < streams_max);
    return streams_[stream.value];
}

bool VoiceSender::is_open() const {
    return stream_ == next_stream_ && streams_[stream_.value].open;
}

// The next packet ends a whisper that is on; what comes after it is for the room.
bool VoiceSender::speaks_to_room() const {
    const auto& room = streams_.front();
    const bool whispers = in_spurt_ && stream_ != StreamId{};
    return route_ && room.key && room.open && !whispers && next_stream_ == StreamId{};
}

void VoiceSender::on_loss(const LossReport& report) {
    if (bitrate_.on_loss(report)) {
        tune();
    }
}

void VoiceSender::set_bitrate_cap(unsigned bits_per_second) {
    if (bitrate_.set_cap(bits_per_second)) {
        tune();
    }
}

void VoiceSender::tune() {
    encoder().set_bitrate(music_ ? bitrate_.music_bitrate_bps() : bitrate_.bitrate_bps());
    encoder().set_expected_loss(bitrate_.expected_loss_percent());
    encoder().set_packet_samples(packet_samples_);
}

void VoiceSender::skip() {
    assert(!in_spurt_);
    ++counters_.frames_captured;
    captured_ += static_cast<dsp::MediaTime>(dsp::frame_samples);
    filled_samples_ = 0;
    encoder().reset();  // it takes what comes next for new, and not for more of the silence before
}

// The settings may have changed while one was filled.
void VoiceSender::begin_packet() {
    const auto wanted_samples =
        bitrate_.wants_long_packets() ? dsp::packet_samples_max : next_packet_samples_;
    const bool other_content = music_ != next_music_;
    if (other_content) {
        music_ = next_music_;
        encoder().reset();  // what it heard last is of another time
        sent_last_.fill(0.0F);
    }
    if (other_content || packet_samples_ != wanted_samples) {
        packet_samples_ = wanted_samples;
        tune();
    }
}

void VoiceSender::take(dsp::ConstFrame mid, dsp::ConstFrame side) {
    if (music_) {
        dsp::join_stereo(mid, side,
                         std::span(samples_).subspan(2 * filled_samples_, 2 * mid.size()));
    } else {
        std::ranges::copy(mid, samples_.begin() + static_cast<std::ptrdiff_t>(filled_samples_));
    }
    filled_samples_ += mid.size();
}

std::optional<VoiceSender::Packet> VoiceSender::push(dsp::ConstFrame frame, Spurt spurt) {
    static constexpr std::array<float, dsp::frame_samples> alike{};
    return push(frame, alike, spurt);
}

std::optional<VoiceSender::Packet> VoiceSender::push(dsp::ConstFrame mid, dsp::ConstFrame side,
                                                     Spurt spurt) {
    ++counters_.frames_captured;
    captured_ += static_cast<dsp::MediaTime>(mid.size());
    if (filled_samples_ == 0) {
        begin_packet();
    }
    take(mid, side);
    if (filled_samples_ < packet_samples_) {
        return std::nullopt;
    }
    filled_samples_ = 0;
    return send_packet(spurt);
}

std::optional<VoiceSender::Packet> VoiceSender::send_packet(Spurt spurt) {
    if (!in_spurt_) {
        stream_ = next_stream_;
    }
    if (!route_ || !at(stream_).key) {
        was_closed_ = true;
        if (std::exchange(in_spurt_, false)) {
            encoder().reset();  // as below
        }
        return std::nullopt;
    }
    if (!is_open()) {
        was_closed_ = true;
        if (!in_spurt_) {
            return std::nullopt;
        }
        fade_out_what_was_sent();
    } else if (std::exchange(was_closed_, false)) {
        fade_in();
    }
    return send_samples(spurt);
}

void VoiceSender::fade_in() {
    const auto samples = packet().first(channels() * dsp::frame_samples);
    for (std::size_t i = 0; i < samples.size(); ++i) {
        const auto place = i / channels() + 1;
        samples[i] *= static_cast<float>(place) / static_cast<float>(dsp::frame_samples);
    }
}

// It goes on where it stopped, and nothing of it is new.
void VoiceSender::fade_out_what_was_sent() {
    samples_.fill(0.0F);
    const auto fade_samples = fade_out_samples();
    for (std::size_t i = 0; i < fade_samples; ++i) {
        const float gain = 1 - static_cast<float>(i + 1) / static_cast<float>(fade_samples);
        for (std::size_t channel = 0; channel < channels(); ++channel) {
            samples_[i * channels() + channel] =
                gain * sent_last_[(fade_samples - 1 - i) * channels() + channel];
        }
    }
}

std::optional<VoiceSender::Packet> VoiceSender::send_samples(Spurt spurt) {
    const auto encoded =
        encoder().encode(packet(), MutableByteView(plaintext_).subspan(media_time_bytes));
    const bool ends = spurt == Spurt::ends || !is_open();
    // Music is never taken for silence but where there is none.
    const bool nothing = music_ && std::ranges::all_of(packet(), is_zero);
    const bool silent = encoded.silent || nothing || ends;
    if (ends) {
        // The next packet may be for others, or of much later: it holds nothing of this one.
        encoder().reset();
    }
    if (encoded.bytes == 0 || (silent && !in_spurt_)) {
        return std::nullopt;
    }
    const bool starts = !in_spurt_;
    in_spurt_ = !silent;
    std::ranges::copy(packet().last(channels() * fade_out_samples()), sent_last_.begin());

    store_be<dsp::MediaTime>(plaintext_, captured_ - static_cast<dsp::MediaTime>(packet_samples_));
    const unsigned end = silent ? unsigned{wire::end_of_spurt} : 0U;
    const unsigned kept = spurt == Spurt::catches_up ? unsigned{wire::kept_frame} : 0U;
    const auto datagram = seal(encoded.bytes, stream_and_flags(stream_, end | kept));
    ++counters_.packets_sent;
    return Packet{.datagram = datagram, .starts_spurt = starts, .ends_spurt = silent};
}

ByteView VoiceSender::seal(std::size_t opus_bytes, std::uint8_t flags) {
    const auto metadata = crypto::frame_metadata({.server_id = identity_.server_id,
                                                  .speaker = identity_.session,
                                                  .stream_and_flags = flags});
    auto& stream = at(stream_);
    const auto sealed_bytes =
        stream.key->seal(stream.next_counter++, metadata,
                         ByteView(plaintext_).first(media_time_bytes + opus_bytes), sealed_);

    datagram_.resize(wire::uplink_header_bytes);
    wire::append_record(datagram_, {.speaker = identity_.session,
                                    .stream_and_flags = flags,
                                    .sealed = ByteView(sealed_).first(sealed_bytes)});
    uplink_->seal(datagram_, wire::DatagramKind::voice, route_);
    return datagram_;
}

}  // namespace partyline::client

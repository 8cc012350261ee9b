// What the tests of this folder share.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "client/uplink.hpp"
#include "client/voice_identity.hpp"
#include "client/voice_sender.hpp"
#include "crypto/hop.hpp"
#include "crypto/sender_key.hpp"
#include "crypto/sframe.hpp"
#include "dsp/format.hpp"
#include "wire/datagram.hpp"

namespace partyline::client::test {

using Samples = std::array<float, dsp::frame_samples>;

inline crypto::PublicKey server_id() {
    crypto::PublicKey id{};
    id.fill(std::byte{0x5E});
    return id;
}

inline crypto::HopKey hop_key() {
    std::array<std::byte, 16> bytes{};
    bytes.fill(std::byte{0x40});
    return crypto::HopKey(bytes);
}

inline VoiceIdentity identity_of(std::uint32_t session) {
    return {.server_id = server_id(), .session = SessionId{session}};
}

inline crypto::SenderKeyMaterial key_of(std::uint32_t generation, std::uint16_t step = 0,
                                        std::uint8_t seed = 1) {
    std::array<std::byte, 32> bytes{};
    bytes.fill(static_cast<std::byte>(seed + generation));
    crypto::SenderKeyMaterial material{
        .generation = generation, .step = 0, .key = crypto::Secret<32>(bytes)};
    for (; material.step < step; ++material.step) {
        material.key = crypto::ratchet(material.key);
    }
    return material;
}

/// A buzz of moving pitch in four syllables a second: nothing that a codec takes for silence, nor,
/// being steady, for noise.
inline Samples buzz(dsp::MediaTime from) {
    constexpr double turn = 2 * std::numbers::pi;
    Samples samples{};
    for (std::size_t i = 0; i < samples.size(); ++i) {
        const double t = (from + static_cast<double>(i)) / dsp::sample_rate_hz;
        const double phase = turn * 140 * t - 20 * std::cos(turn * 1.3 * t);
        double sum = 0;
        for (int harmonic = 1; harmonic <= 12; ++harmonic) {
            sum += std::sin(harmonic * phase) / harmonic;
        }
        samples[i] = static_cast<float>(0.2 * sum * (0.6 + 0.4 * std::sin(turn * 4 * t)));
    }
    return samples;
}

inline double energy(std::span<const float> samples) {
    double sum = 0;
    for (const float sample : samples) {
        sum += double{sample} * double{sample};
    }
    return sum;
}

/// What a record holds for whoever has this key: the media time, and then the codec's packet.
inline std::optional<Bytes> open_record(const wire::Record& record,
                                        const crypto::SenderKeyMaterial& key) {
    const auto header = crypto::parse_sframe_header(record.sealed).value().header;
    crypto::SFrameKey sframe(key.key.view(), header.kid);
    Bytes plaintext(record.sealed.size());
    const auto metadata = crypto::frame_metadata({.server_id = server_id(),
                                                  .speaker = record.speaker,
                                                  .stream_and_flags = record.stream_and_flags});
    const auto bytes = sframe.open(record.sealed, metadata, plaintext);
    if (!bytes) {
        return std::nullopt;
    }
    plaintext.resize(*bytes);
    return plaintext;
}

/// What the relay makes of an uplink voice datagram for one listener.
inline Bytes to_downlink(ByteView uplink) {
    Bytes out{wire::downlink_voice_lead};
    append(out, uplink.subspan(wire::uplink_header_bytes));
    return out;
}

/// A talkie that buzzes, or is silent, as told.
class Talker {
public:
    explicit Talker(std::uint32_t session)
        : session_(session), uplink_(hop_key(), 0), sender_(make()) {
        sender_.set_route(Route{7});
        sender_.set_open(true);
    }

    VoiceSender& sender() { return sender_; }
    [[nodiscard]] SessionId session() const { return SessionId{session_}; }

    /// 10 ms: the downlink datagram, if there is one.
    std::optional<Bytes> talk() { return push(buzz(sender_.media_time())); }
    std::optional<Bytes> pause() { return push(Samples{}); }
    std::optional<Bytes> push(const Samples& samples,
                              VoiceSender::Spurt spurt = VoiceSender::Spurt::goes_on) {
        const auto packet = sender_.push(samples, spurt);
        return packet ? std::optional(to_downlink(packet->datagram)) : std::nullopt;
    }

private:
    VoiceSender make() { return VoiceSender::create(identity_of(session_), uplink_).value(); }

    std::uint32_t session_;
    Uplink uplink_;
    VoiceSender sender_;
};

/// How often this program has allocated; voice_sender_test.cpp counts.
std::uint64_t allocations();

}  // namespace partyline::client::test

#include "sim/talkie.hpp"

#include <algorithm>
#include <cmath>

#include "sim/speech.hpp"
#include "wire/datagram.hpp"

namespace partyline::sim {
namespace {

constexpr std::chrono::seconds ping_interval{1};

crypto::HopKey hop_key(SessionId session, std::uint8_t direction) {
    std::array<std::byte, 16> bytes{};
    store_be(bytes, session.value);
    bytes[4] = std::byte{direction};
    return crypto::HopKey(bytes);
}

net::Endpoint address_of(SessionId session, std::uint16_t port) {
    return net::Endpoint::v4({10, 0, static_cast<std::uint8_t>(session.value >> 8U),
                              static_cast<std::uint8_t>(session.value)},
                             port);
}

client::VoiceIdentity identity_of(SessionId session) {
    return {.server_id = Talkie::server_id(), .session = session};
}

}  // namespace

crypto::PublicKey Talkie::server_id() {
    crypto::PublicKey id{};
    id.fill(std::byte{0x51});
    return id;
}

Talkie::Talkie(const TalkieSettings& settings, TimePoint start)
    : up(settings.up, settings.seed * 2),
      down(settings.down, settings.seed * 2 + 1),
      receiver(identity_of(settings.session)),
      settings_(settings),
      random_(settings.seed),
      // Each starts its device at a moment of its own.
      clock_(start + std::chrono::microseconds(random_.below(10'000)), settings.clock_ppm),
      uplink_(hop_key(settings.session, 1), 0),
      sender_(client::VoiceSender::create(identity_of(settings.session), uplink_).value()),
      address_(address_of(settings.session, 4000)),
      next_ping_(start + std::chrono::milliseconds(random_.below(50))) {}

void Talkie::sit_down(relay::Relay& relay) {
    auto seated = relay.open_seat(
        session(), {.epoch = 0, .up = hop_key(session(), 1), .down = hop_key(session(), 2)});
    seat_ = std::move(seated.seat);
    route_ = seated.route;
    relay.set_downlink(seat_, relay::DownlinkLane::udp);
    use_key();
}

void Talkie::enter(relay::Relay& relay, ChannelId room) {
    room_ = room;
    route_ = relay.move(seat_, room);
    sender_.set_route(route_);
    sender_.set_frame_ms(settings_.frame_ms).value();
    update_open();
    receiver.clear_room();
}

void Talkie::set_flags(relay::Relay& relay, relay::VoiceFlags flags) {
    flags_ = flags;
    relay.set_flags(seat_, flags);
    update_open();
}

void Talkie::update_open() {
    sender_.set_open(static_cast<bool>(room_) && !flags_.muted);
    for (const auto stream : whisper_streams) {
        sender_.set_open(whispers_open_.at(stream.value - 1U) && !flags_.muted, stream);
    }
}

void Talkie::whisper(StreamId stream) {
    whispering_ = stream;
    sender_.set_stream(stream);
}

void Talkie::set_whisper_open(StreamId stream, bool open) {
    whispers_open_.at(stream.value - 1U) = open;
    update_open();
}

void Talkie::fresh_whisper_key(StreamId stream) {
    auto& fresh = whisper_keys_.at(stream.value - 1U);
    fresh.rotate();
    sender_.set_key(fresh.material(), stream);
}

void Talkie::set_talking(bool talking) {
    if (talking && !talking_) {
        speech_at_ = random_.below(recorded_speech().size() / dsp::frame_samples);
    }
    talking_ = talking;
}

void Talkie::fill(std::span<float, dsp::frame_samples> frame) {
    const auto speech = recorded_speech();
    if (!talking_) {
        std::ranges::fill(frame, 0.0F);
        return;
    }
    if ((speech_at_ + 1) * dsp::frame_samples > speech.size()) {
        speech_at_ = 0;
    }
    std::ranges::copy(speech.subspan(speech_at_ * dsp::frame_samples, dsp::frame_samples),
                      frame.begin());
    ++speech_at_;
}

void Talkie::capture(TimePoint now) {
    // A frame is there when its last sample has been captured.
    while (clock_.at((frames_captured_ + 1) * dsp::frame_samples) <= now) {
        std::array<float, dsp::frame_samples> frame{};
        fill(frame);
        ++frames_captured_;
        if (const auto packet = sender_.push(frame)) {
            on_voice_sent(packet->datagram);
            up.send(packet->datagram, now);
        }
    }
    if (now >= next_ping_) {
        ping(now);
        next_ping_ = now + ping_interval;
    }
}

void Talkie::ping(TimePoint now) {
    const auto body = wire::encode(
        wire::Ping{.sent = 1, .downlink_loss_permille = receiver.take_loss_permille()});
    probe(wire::DatagramKind::ping, body, now);
}

void Talkie::probe(wire::DatagramKind kind, ByteView body, TimePoint now) {
    Bytes datagram(wire::uplink_header_bytes);
    append(datagram, body);
    uplink_.seal(datagram, kind, route_);
    up.send(datagram, now);
}

void Talkie::receive(ByteView datagram, TimePoint now) {
    const auto parsed = wire::parse_header(datagram);
    const bool is_probe = parsed && (parsed->header.kind == wire::DatagramKind::pong ||
                                     parsed->header.kind == wire::DatagramKind::challenge);
    if (!is_probe) {
        receiver.receive(datagram, now);
        return;
    }
    if (!crypto::hop_verify(hop_key(session(), 2), datagram)) {
        return;
    }
    if (parsed->header.kind == wire::DatagramKind::challenge) {
        probe(wire::DatagramKind::echo, parsed->body, now);
    } else if (const auto pong = wire::parse_pong(parsed->body)) {
        sender_.on_loss({.uplink_permille = pong->uplink_loss_permille,
                         .room_permille = pong->room_loss_permille});
    }
}

bool Talkie::play(TimePoint now) {
    bool sound = false;
    while (clock_.at(frames_played_ * dsp::frame_samples) <= now) {
        std::array<float, dsp::frame_samples> frame{};
        sound = receiver.play(frame, now) || sound;
        ++frames_played_;
        samples_out_of_range_ += static_cast<std::uint64_t>(std::ranges::count_if(
            frame, [](float sample) { return !(std::abs(sample) <= dsp::Limiter::ceiling); }));
    }
    return sound;
}

void Talkie::rebind() { address_ = address_.with_port(address_.port() + 1); }

client::SpeakerStats Talkie::heard_of(SessionId speaker) const {
    std::vector<client::SpeakerStats> all;
    receiver.collect_stats(all);
    const auto found = std::ranges::find(all, speaker, &client::SpeakerStats::speaker);
    return found == all.end() ? client::SpeakerStats{} : *found;
}

}  // namespace partyline::sim

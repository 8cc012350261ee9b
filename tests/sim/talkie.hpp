// A talkie's whole voice path in one thread, between two bad networks.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "base/ids.hpp"
#include "base/random.hpp"
#include "client/uplink.hpp"
#include "client/voice_receiver.hpp"
#include "client/voice_sender.hpp"
#include "crypto/hop.hpp"
#include "crypto/sender_key.hpp"
#include "net/endpoint.hpp"
#include "server/relay/relay.hpp"
#include "sim/drifting_clock.hpp"
#include "sim/network_link.hpp"

namespace partyline::sim {

/// That talkies whisper on.
inline constexpr std::array whisper_streams{StreamId{1}, StreamId{2}};

struct TalkieSettings {
    SessionId session{};
    std::uint64_t seed = 0;
    LinkSettings up;
    LinkSettings down;
    double clock_ppm = 0;
    unsigned frame_ms = 10;
};

/// Client code for all that voice needs, and by hand what the control lane would do: room and keys
/// are given by whoever owns it. Owned by Party, or by a test. One thread; time is passed in.
class Talkie {
public:
    Talkie(const TalkieSettings& settings, TimePoint start);

    /// What the login gave: a seat at the relay.
    void sit_down(relay::Relay& relay);
    /// Another room, or none.
    void enter(relay::Relay& relay, ChannelId room);
    void set_flags(relay::Relay& relay, relay::VoiceFlags flags);

    /// What is said goes to this set of whispers; 0: to the room.
    void whisper(StreamId stream);
    /// Whether anybody is in the set.
    void set_whisper_open(StreamId stream, bool open);
    /// Nobody has it yet. In use at once: what arrives before it waits for it.
    void fresh_whisper_key(StreamId stream);
    [[nodiscard]] const crypto::SenderKey& whisper_key(StreamId stream) const {
        return whisper_keys_.at(stream.value - 1U);
    }

    /// Talks until told otherwise, from a random place of the recording; otherwise is silent.
    void set_talking(bool talking);
    /// Captures what is due: the datagrams that leave, and pings.
    void capture(TimePoint now);
    /// A datagram arrives here from the relay.
    void receive(ByteView datagram, TimePoint now);
    /// Plays what is due. True if there was sound.
    bool play(TimePoint now);

    /// The network gives it another address.
    void rebind();

    [[nodiscard]] SessionId session() const { return settings_.session; }
    [[nodiscard]] ChannelId room() const { return room_; }
    [[nodiscard]] const relay::SeatPtr& seat() const { return seat_; }
    /// Where its words go.
    [[nodiscard]] StreamId whispering() const { return whispering_; }
    [[nodiscard]] const relay::VoiceFlags& flags() const { return flags_; }
    [[nodiscard]] const net::Endpoint& address() const { return address_; }
    [[nodiscard]] bool talking() const { return talking_; }
    [[nodiscard]] const TalkieSettings& settings() const { return settings_; }
    [[nodiscard]] client::SpeakerStats heard_of(SessionId speaker) const;

    /// Told of each voice datagram when it leaves.
    std::function<void(ByteView datagram)> on_voice_sent = [](ByteView) {};

    NetworkLink up;
    NetworkLink down;
    client::VoiceReceiver receiver;
    crypto::SenderKey key;

    /// The key in use is `key` as it is now.
    void use_key() { sender_.set_key(key.material()); }
    [[nodiscard]] const client::SenderCounters& sent() const { return sender_.counters(); }
    [[nodiscard]] std::uint64_t samples_out_of_range() const { return samples_out_of_range_; }
    /// What talkies of one party share.
    static crypto::PublicKey server_id();

private:
    void update_open();
    void fill(std::span<float, dsp::frame_samples> frame);
    void probe(wire::DatagramKind kind, ByteView body, TimePoint now);
    void ping(TimePoint now);

    // Given.
    TalkieSettings settings_;

    // Owned.
    Random random_;
    DriftingClock clock_;
    client::Uplink uplink_;
    client::VoiceSender sender_;
    relay::SeatPtr seat_;
    Route route_{};
    ChannelId room_{};
    StreamId whispering_{};
    std::array<crypto::SenderKey, whisper_streams.size()> whisper_keys_;
    std::array<bool, whisper_streams.size()> whispers_open_{};
    relay::VoiceFlags flags_;
    net::Endpoint address_;

    bool talking_ = false;
    std::size_t speech_at_ = 0;
    std::uint64_t frames_captured_ = 0;
    std::uint64_t frames_played_ = 0;
    TimePoint next_ping_;
    std::uint64_t samples_out_of_range_ = 0;
};

}  // namespace partyline::sim

// The thread that listens: datagrams in from both lanes, sound out, and the judging of UDP.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <thread>

#include "audio/source.hpp"
#include "base/clock.hpp"
#include "client/lane.hpp"
#include "client/voice_identity.hpp"
#include "client/voice_link.hpp"
#include "client/voice_receiver.hpp"
#include "crypto/replay_window.hpp"
#include "wire/datagram.hpp"

namespace partyline::client {

/// Sleeps until a datagram or a command comes, the sink is due, or a ping is; a sink that wants no silence is
/// looked after once in receiver_upkeep_interval while there is nothing else. All pings and echoes are sent from
/// here, microphone or not. Owned by the talkie's control thread.
class VoiceDown final : private HeardListener {
public:
    /// All outlive it.
    VoiceDown(const VoiceIdentity& identity, VoiceLink& link, audio::Sink& sink,
              const Clock& clock);
    /// [control] Joins the thread; the sink is then closed by whoever owns it.
    ~VoiceDown() override;
    VoiceDown(const VoiceDown&) = delete;
    VoiceDown& operator=(const VoiceDown&) = delete;

private:
    /// What comes under the keys of one connection.
    struct Downlink {
        std::shared_ptr<Hop> hop;
        crypto::ReplayWindow window{};
    };

    // [voice-down]
    void run();
    void sleep();
    void take_commands();
    void take(std::monostate) {}
    void take(const MemberEntered& command) { receiver_.add_member(command.session); }
    void take(const MemberGone& command) { receiver_.remove_member(command.session); }
    void take(const WhispererEntered& command) {
        receiver_.add_whisperer(command.session, command.stream);
    }
    void take(const WhispererGone& command) {
        receiver_.remove_whisperer(command.session, command.stream, clock_.now());
    }
    void take(const SessionGone& command) { receiver_.forget_session(command.session); }
    void take(const RoomCleared&) { receiver_.clear_room(); }
    void take(UseSpeakerKey& command) { receiver_.add_key(std::move(command.key), clock_.now()); }
    void take(const SetRoute& command);
    void take(const SetRoomTalking& command) { room_talking_ = command.talking; }
    void take(const SetDeafened& command) {
        deafened_ = command.deafened;
        receiver_.set_deafened(command.deafened);
    }
    void take(const SetHearing& command) {
        receiver_.set_hearing(command.session,
                              {.gain = command.gain, .priority = command.priority});
    }
    void take(const StartPlaying&) { playing_ = true; }
    void take(const UseHop& command);

    void receive_all();
    void receive(ByteView datagram);
    /// Null for one that is not, or no longer, ours.
    Downlink* downlink_of(std::uint8_t epoch);
    [[nodiscard]] net::UdpSocket* socket() const { return newest_.hop->socket(); }
    void on_pong(ByteView body);
    void echo(ByteView nonce);
    void judge_lane();
    void send_probe(wire::DatagramKind kind, ByteView body);
    /// Whether what would be played is silence that nobody needs.
    [[nodiscard]] bool rests() const;
    void play();
    void play_frame(TimePoint now);
    void heard(SessionId speaker, StreamId stream, dsp::ConstFrame frame) override;
    void report();
    bool send_report(VoiceReport report);

    // Given.
    VoiceLink& link_;
    audio::Sink& sink_;
    const Clock& clock_;

    // Owned by the thread.
    Downlink newest_;
    Downlink before_;  // what was asked under it is still answered, until
    TimePoint let_go_at_;
    VoiceReceiver receiver_;
    LaneJudge judge_;
    Route route_{};
    bool room_talking_ = false;
    bool deafened_ = false;
    bool playing_ = false;
    Placement frame_;            // that is played, or was played last
    std::size_t silent_frames_;  // in a row, with nothing coming in; as many as it takes, at first
    bool whisper_in_frame_ = false;
    bool told_started_;  // or by the one before us
    Duration round_trip_{};
    Lane told_lane_ = Lane::tunnel;
    TimePoint next_heard_report_{};
    HeardReport told_heard_;
    std::array<std::byte, wire::datagram_bytes_max + 1> buffer_{};  // longer ones show as such

    std::atomic<bool> ending_{false};
    std::thread thread_;
};

}  // namespace partyline::client

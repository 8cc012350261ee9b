// What passes between the control thread and the two voice threads. Nothing here locks; who owns
// which end is in docs/threads.md.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/ids.hpp"
#include "base/spsc_ring.hpp"
#include "client/bitrate.hpp"
#include "client/capture.hpp"
#include "client/hop.hpp"
#include "client/key_exchange.hpp"
#include "client/limits.hpp"
#include "client/recorder.hpp"
#include "client/talkie.hpp"
#include "client/voice_receiver.hpp"
#include "client/whisperers.hpp"
#include "dsp/capture_chain.hpp"
#include "net/udp.hpp"
#include "wire/limits.hpp"

namespace partyline::client {

// --- commands --------------------------------------------------------------------------------

/// How long the packets are to be, from the next one on.
struct SetFrameLength {
    unsigned frame_ms = 10;
};
/// As BitratePolicy::set_cap() has it.
struct SetBitrateCap {
    unsigned bits_per_second = 0;
};
/// Zero: nothing can be sent.
struct SetRoute {
    Route route{};
};
/// Whether what is said to the room, or whispered to a set, may leave this machine.
struct SetOpen {
    bool open = false;
    StreamId stream{};
};
/// Where what is said goes from now on: 0 is the room.
struct SetStream {
    StreamId stream{};
};
/// The connection was resumed: from the next datagram on.
struct UseHop {
    std::shared_ptr<Hop> hop;
};
/// What becomes of the voice before it is sent. The chain comes with the first that needs one: control
/// makes it, so that voice-up allocates nothing.
struct UseCapture {
    CaptureSettings settings;
    std::shared_ptr<dsp::CaptureChain> chain;
    std::shared_ptr<dsp::OpusEncoder> music;  // while settings.music
    bool pressed = false;
};
struct SetPressed {
    bool pressed = false;
};
/// It failed, or another serves in its place, or it is back.
struct MicrophoneChanged {};
/// The same of what is played: the echo comes another way.
struct LoudspeakerChanged {};
using UpCommand =
    std::variant<std::monostate, UseSenderKey, SetRoute, SetFrameLength, SetBitrateCap, SetOpen,
                 SetStream, UseHop, UseCapture, SetPressed, MicrophoneChanged, LoudspeakerChanged>;

/// Whether the server says that somebody in the room talks.
struct SetRoomTalking {
    bool talking = false;
};
struct SetDeafened {
    bool deafened = false;
};
/// How somebody is to be heard, on whatever stream.
struct SetHearing {
    SessionId session{};
    float gain = 1;
    bool priority = false;  // the others are lowered while they speak

    bool operator==(const SetHearing&) const = default;
};
struct StartPlaying {};
using DownCommand = std::variant<std::monostate, MemberEntered, MemberGone, WhispererEntered,
                                 WhispererGone, SessionGone, RoomCleared, UseSpeakerKey, SetRoute,
                                 SetRoomTalking, SetDeafened, SetHearing, StartPlaying, UseHop>;

// --- reports ---------------------------------------------------------------------------------

/// We have begun to talk, or paused.
struct SpurtChanged {
    bool talking = false;
    StreamId stream{};
};
struct HeardReport {
    std::vector<SpeakerStats> speakers;
    Duration round_trip{};
};
using VoiceReport =
    std::variant<std::monostate, SpurtChanged, AudioStarted, MicFinished, VoiceLowered,
                 SpeakingChange, KeyNeed, LaneChanged, std::unique_ptr<HeardReport>>;

/// A datagram by value, so that handing it on allocates nothing.
struct DatagramSlot {
    std::uint16_t bytes = 0;
    std::array<std::byte, wire::datagram_bytes_max> storage{};

    static DatagramSlot of(ByteView datagram) {
        DatagramSlot slot{.bytes = static_cast<std::uint16_t>(datagram.size())};
        std::ranges::copy(datagram, slot.storage.begin());
        return slot;
    }
    [[nodiscard]] ByteView view() const { return ByteView(storage).first(bytes); }
};

/// Commands are never lost: what the ring has no room for waits on the control side, in order.
template <class Command>
class CommandQueue {
public:
    /// [control] False when the voice thread has not looked for so long that it must be stuck.
    bool push(Command command) {
        backlog_.push_back(std::move(command));
        return flush() || backlog_.size() < voice_backlog_max;
    }
    /// [control] True when nothing is left over.
    bool flush() {
        while (!backlog_.empty() && ring_.push(std::move(backlog_.front()))) {
            backlog_.pop_front();
        }
        return backlog_.empty();
    }
    /// [the voice thread]
    std::optional<Command> pop() { return ring_.pop(); }

private:
    SpscRing<Command> ring_{voice_commands_max};
    std::deque<Command> backlog_;
};

/// Written by voice-up, read by whoever asks for figures, before and after the link's life.
struct UpCounters {
    std::atomic<std::uint64_t> frames_captured{0};
    std::atomic<std::uint64_t> packets_sent{0};
    std::atomic<std::uint64_t> frames_slow{0};
    // As CaptureStats has them.
    std::atomic<double> delay_ms{0};
    std::atomic<double> gain_db{0};
    std::atomic<bool> echo_passed_by{false};
    std::atomic<std::optional<NoiseSuppression>> noise_lowered_to{};
    std::atomic<std::uint64_t> times_lowered{0};
    static_assert(decltype(noise_lowered_to)::is_always_lock_free);
};

/// Made when the server has let us in; outlives both voice threads.
struct VoiceLink {
    VoiceLink(std::shared_ptr<Hop> first_hop, UpCounters& counters)
        : up_counters(counters), hop(std::move(first_hop)) {}

    // Never changes while the voice threads run.
    UpCounters& up_counters;
    /// Null in tests. It outlives the link.
    Recorder* recorder = nullptr;
    /// [control] The newest. The voice threads begin with it, and are given those that follow.
    std::shared_ptr<Hop> hop;

    // From control.
    CommandQueue<UpCommand> to_up;
    CommandQueue<DownCommand> to_down;
    SpscRing<DatagramSlot> tunnel_down{tunnel_datagrams_max};
    net::WakeFd down_wake;  // for to_down and tunnel_down; voice-up is woken by each frame

    // To control.
    SpscRing<VoiceReport> from_up{voice_reports_max};
    SpscRing<VoiceReport> from_down{voice_reports_max};
    SpscRing<DatagramSlot> tunnel_up{tunnel_datagrams_max};
    net::WakeFd control_wake;

    /// From voice-down to voice-up: what the loudspeaker was given.
    SpscRing<float> played{played_samples_max};

    // From voice-down to voice-up: the newest word is all that counts.
    std::atomic<Lane> lane{Lane::tunnel};
    std::atomic<std::uint64_t> pong{0};  // count << 32 | uplink loss << 16 | room loss

    // From voice-up to voice-down.
    std::atomic<bool> talking{false};
};

}  // namespace partyline::client

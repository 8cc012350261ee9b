// From datagrams to sound: opening, waiting for keys, playout of each speaker, mixing.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/ids.hpp"
#include "client/voice_identity.hpp"
#include "crypto/sender_key.hpp"
#include "dsp/ducker.hpp"
#include "dsp/format.hpp"
#include "dsp/gain_ramp.hpp"
#include "dsp/limiter.hpp"
#include "dsp/playout.hpp"

namespace partyline::client {

class Speaker;
class SpeakerStream;

/// What was heard of one speaker, in the room and whispered. Packets are counted by SFrame counters, so each number is
/// exact as soon as a later packet of the same speaker has been opened.
struct SpeakerStats {
    SessionId speaker{};
    std::uint64_t packets_received = 0;  // opened
    std::uint64_t packets_lost = 0;      // counters that never came
    std::uint64_t packets_late = 0;
    std::uint64_t packets_unopened = 0;  // no key, wrong key or replayed
    std::uint64_t frames_played = 0;
    std::uint64_t frames_recovered = 0;
    std::uint64_t frames_concealed = 0;
    Duration delay_target{};
    Duration delay_current{};

    bool operator==(const SpeakerStats&) const = default;
};

struct ReceiverCounters {
    std::uint64_t datagrams = 0;
    std::uint64_t dropped_malformed = 0;        // datagrams
    std::uint64_t dropped_unknown_speaker = 0;  // records
    std::uint64_t dropped_keys = 0;             // shares that ReceiverKeys refused
};

/// A frame came that we hold no key for.
struct KeyNeed {
    SessionId speaker{};
    std::uint64_t kid = 0;
    StreamId stream{};
};

struct SpeakingChange {
    SessionId speaker{};
    bool speaking = false;
    StreamId stream{};
};

struct SpeakerKey {
    SessionId speaker{};
    StreamId stream{};
    crypto::SenderKeyMaterial material;
};

/// How a speaker is to be heard.
struct HeardAs {
    float gain = 1;         // 0: not at all
    bool priority = false;  // while they speak to the room, the others are lowered
};

/// Is given what each speaker says to the room, or whispers, before it is mixed. Called by play(): it waits for
/// nothing.
class HeardListener {
public:
    virtual ~HeardListener() = default;
    virtual void heard(SessionId speaker, StreamId stream, dsp::ConstFrame frame) = 0;
};

/// Everybody whom this talkie can hear. Decoders are made at a speaker's first opened frame, anew after a minute of
/// silence or in another room; between these nothing is allocated, nor when anybody leaves (docs/threads.md says what
/// is). No socket; time is passed in. Owned by the voice-down thread, or by a test. One thread.
class VoiceReceiver {
public:
    explicit VoiceReceiver(const VoiceIdentity& identity);
    ~VoiceReceiver();
    VoiceReceiver(VoiceReceiver&&) noexcept;
    VoiceReceiver& operator=(VoiceReceiver&&) noexcept;

    /// Another room, or none: nobody is a member any more; keys are wiped, figures start again. What is being
    /// heard fades out within a frame. Who whispers to us still does.
    void clear_room();
    /// Only members of the room are heard, and whisperers; all others' records are dropped unopened.
    void add_member(SessionId member);
    /// Wipes the member's keys; its figures are still told. What has come is played to its end.
    void remove_member(SessionId member);
    /// They may whisper to us on that stream, 1 to 7; others do nothing.
    void add_whisperer(SessionId whisperer, StreamId stream);
    /// What is on its way is still heard: the keys are wiped when an old generation would be.
    void remove_whisperer(SessionId whisperer, StreamId stream, TimePoint now);
    /// As usual for whoever it was never called for; it holds until the session ends.
    void set_hearing(SessionId speaker, HeardAs heard_as);
    /// The session has ended, and with it as with remove_member(). Until then what stops replays is kept,
    /// wherever the member went; of those heard in this room the figures are still told.
    void forget_session(SessionId session);
    /// A share that key exchange has opened. Frames that waited for it are played.
    void add_key(SpeakerKey key, TimePoint now);

    /// A downlink voice datagram, from either lane.
    void receive(ByteView datagram, TimePoint now);

    /// It outlives the receiver.
    void set_listener(HeardListener* listener) { listener_ = listener; }
    /// The next 10 ms of all speakers together, as stereo.hpp has it; what there is none of is zero.
    dsp::Heard play(dsp::Frame mid, dsp::Frame side, TimePoint now);
    /// The same, mixed down. False when there is nothing to hear.
    bool play(dsp::Frame out, TimePoint now);

    /// A key that should be asked for now; at most one a second for each speaker. Call until it
    /// returns nothing.
    std::optional<KeyNeed> take_key_need(TimePoint now);
    /// A speaking light that went on or off during play(). Call until it returns nothing.
    std::optional<SpeakingChange> take_speaking_change();
    [[nodiscard]] bool anyone_speaking() const;

    /// We were deafened, or are no longer: what nobody sends us counts as no loss. What is heard fades within a frame.
    void set_deafened(bool deafened);
    /// Loss over all speakers since the last call, for the next ping.
    std::uint16_t take_loss_permille();
    /// Replaces `out` by the figures of everybody heard in this room, those who left included.
    void collect_stats(std::vector<SpeakerStats>& out) const;
    [[nodiscard]] const ReceiverCounters& counters() const { return counters_; }

private:
    struct Sound {
        dsp::Frame mid;
        dsp::Frame side;
        dsp::Heard heard = dsp::Heard::nothing;
    };
    enum class End : std::uint8_t { is_played, fades };  // fades: within a frame
    /// What had come of somebody whom we are not to hear any more.
    struct Ending {
        SessionId speaker{};
        StreamId stream{};
        dsp::SpeakerPlayout playout;
        dsp::GainRamp ramp;
        End how = End::is_played;
    };

    /// Null for one that we are not to hear.
    Speaker* find(SessionId session, StreamId stream);
    void hear(SessionId session, StreamId stream);
    void hear_no_more(Speaker& speaker, StreamId stream, End how);
    void let_end(SpeakerStream& stream, End how);
    void activate(SpeakerStream& stream);
    void retire(SpeakerStream& stream);
    void note_speaking(SpeakerStream& stream);
    [[nodiscard]] bool is_priority_heard() const;
    void add(SpeakerStream& stream, float gain, Sound& mix, TimePoint now);
    void add_endings(Sound& mix, TimePoint now);
    static void add(const Sound& sound, dsp::GainRamp& ramp, float gain, Sound& mix);
    dsp::Heard unless_deafened(const Sound& mix);
    Speaker& known(SessionId session);
    void end_due_whispers(Speaker& speaker, TimePoint now);
    void upkeep(TimePoint now);

    // Given.
    VoiceIdentity identity_;
    HeardListener* listener_ = nullptr;
    bool deafened_ = false;

    // Owned.
    std::unordered_map<SessionId, std::unique_ptr<Speaker>> speakers_;
    std::vector<SpeakerStats> departed_;            // of sessions that have ended, oldest first
    std::vector<SpeakingChange> speaking_changes_;  // oldest first; once many, one of a light
    std::vector<Ending> endings_;                   // oldest first, at most as many as are active
    dsp::Ducker ducker_;
    dsp::Limiter limiter_;
    dsp::GainRamp own_ears_;  // silent while we are deafened
    ReceiverCounters counters_;

    TimePoint next_upkeep_{};

    // Derived.
    std::vector<SpeakerStream*> active_;  // those of speakers_ that each tick looks at
};

}  // namespace partyline::client

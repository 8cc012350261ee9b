// One stream of one speaker as this talkie hears it: keys, frames that wait for them, playout, figures.
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/ids.hpp"
#include "client/counter_tally.hpp"
#include "client/limits.hpp"
#include "client/voice_identity.hpp"
#include "client/voice_receiver.hpp"
#include "client/waiting_frames.hpp"
#include "crypto/receiver_keys.hpp"
#include "dsp/delay_target.hpp"
#include "dsp/gain_ramp.hpp"
#include "dsp/playout.hpp"
#include "wire/datagram.hpp"

namespace partyline::client {

/// What somebody says to the room, or whispers to one set. Lives as long as the speaker's session is
/// known, because its replay window must. Owned by Speaker. One thread.
class SpeakerStream {
public:
    struct Name {
        SessionId speaker{};
        StreamId stream{};
    };
    SpeakerStream(const VoiceIdentity& identity, Name name) : identity_(identity), name_(name) {}

    [[nodiscard]] const Name& name() const { return name_; }
    /// Wipes keys and decoder; figures stay, and what was learnt of the network.
    void close();
    /// What the relay does not send us from now on, or has not sent until now, is no loss.
    void interrupt_tally() { tally_.interrupt(); }
    void reset_stats();

    /// Plays the frames that waited for it.
    Result<void> add_key(crypto::SenderKeyMaterial material, TimePoint now);
    void receive(const wire::Record& record, TimePoint now);
    /// Gives up on frames that have waited too long.
    void expire_waiting(TimePoint now);
    void expire_keys(TimePoint now) { keys_.expire(now); }

    /// As SpeakerPlayout::pull().
    dsp::Heard pull(dsp::Frame mid, dsp::Frame side, TimePoint now);
    [[nodiscard]] bool speaking() const { return playout_ && playout_->speaking(); }
    /// Frees the decoder of one who has been silent for long. What was learnt of the network stays.
    void drop_playout() { take_playout(); }
    /// The same, but what has come and was not heard yet is the caller's, to be played to its end.
    std::optional<dsp::SpeakerPlayout> take_playout();
    /// Whether a tick has anything to do here.
    [[nodiscard]] bool busy() const { return playout_.has_value() || !waiting_.empty(); }
    [[nodiscard]] TimePoint heard_at() const { return heard_at_; }

    std::optional<KeyNeed> take_key_need(TimePoint now);

    struct Loss {
        std::uint64_t expected = 0;
        std::uint64_t came = 0;
    };
    /// Since the last mark_loss_told().
    [[nodiscard]] Loss untold_loss() const;
    void mark_loss_told() { loss_told_ = total_loss(); }

    void add_to(SpeakerStats& stats) const;
    [[nodiscard]] bool ever_heard() const;

    HeardAs heard_as;
    dsp::GainRamp ramp;
    bool light = false;               // what was last told of speaking()
    bool is_active = false;           // in VoiceReceiver's list
    std::optional<TimePoint> ends{};  // its speaker may not whisper to us any more: when it closes

private:
    std::optional<crypto::OpenFailure> open(ByteView sealed, std::uint8_t stream_and_flags,
                                            std::uint64_t counter, TimePoint arrived,
                                            TimePoint now);
    void push(ByteView plaintext, std::uint8_t flags, std::uint64_t counter, TimePoint arrived);
    void give_up_oldest();
    [[nodiscard]] Loss total_loss() const;

    // Given.
    VoiceIdentity identity_;
    Name name_;

    // Owned.
    crypto::ReceiverKeys keys_;
    CounterTally tally_;
    WaitingFrames waiting_;
    std::optional<dsp::SpeakerPlayout> playout_;
    std::optional<dsp::DelayTarget> network_;  // as the last playout knew it, while there is none

    TimePoint heard_at_{};
    std::optional<TimePoint> key_asked_at_;
    std::uint64_t unopened_ = 0;
    Loss loss_told_;
    SpeakerStats past_;  // of playouts that are gone
};

}  // namespace partyline::client

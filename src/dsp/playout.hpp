// One speaker as heard: packets in whenever they come, 10 ms of sound out on every tick.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "dsp/delay_target.hpp"
#include "dsp/format.hpp"

namespace partyline::dsp {

/// One opened frame of a speaker.
struct VoicePacket {
    MediaTime media_time = 0;  // of its first sample
    ByteView opus;
    bool ends_spurt = false;
    bool kept = false;  // from before the microphone opened: sent later than it was said
    TimePoint arrived;
    /// Each that the speaker sends has the next one: what was lost is told by it from what was never said.
    std::optional<std::uint64_t> number = {};
};

/// Exact counts, in frames of 10 ms unless said otherwise; each only grows.
struct PlayoutCounters {
    std::uint64_t packets = 0;            // pushed
    std::uint64_t packets_late = 0;       // came after their time was played: dropped
    std::uint64_t packets_duplicate = 0;  // dropped
    std::uint64_t packets_overflow = 0;   // beyond what the buffer may hold: dropped
    std::uint64_t packets_malformed = 0;  // not Opus of 10 or 20 ms: dropped
    std::uint64_t played = 0;             // frames decoded from their own packet
    std::uint64_t recovered = 0;          // lost, and decoded out of the next packet's FEC
    std::uint64_t concealed = 0;          // lost within a spurt, and invented
    std::uint64_t silent = 0;             // between spurts
    /// Added by time-scale modification, by waiting, or invented where nothing had been said.
    std::uint64_t stretched_samples = 0;
    std::uint64_t shortened_samples = 0;  // removed by it
};

struct PlayoutDelay {
    Duration target{};  // what the jitter buffer aims at
    Duration
        current{};  // what it holds: from arrival to playout of a packet that came at best speed
};

/// What there is to hear.
enum class Heard : std::uint8_t { nothing, mono, stereo };

/// The adaptive jitter buffer, decoder and time-scale modification of one speaker. The target
/// starts at 10 ms, or where it was before, and follows a high percentile of the inter-arrival spread; media time tells
/// silence from loss; clock drift shows as a slowly moving delay and is absorbed by time-scale
/// modification like any other change. push() and pull() allocate nothing after construction, but for
/// the first stereo packet of a speaker. One thread; time is passed in.
class SpeakerPlayout {
public:
    /// `network` is what an earlier playout of this speaker has learnt.
    static Result<SpeakerPlayout> create(std::optional<DelayTarget> network = std::nullopt);
    ~SpeakerPlayout();
    SpeakerPlayout(SpeakerPlayout&&) noexcept;
    SpeakerPlayout& operator=(SpeakerPlayout&&) noexcept;

    void push(const VoicePacket& packet);

    /// The next 10 ms, as stereo.hpp has it; both are zero when there is nothing to hear, and `side` is
    /// when it is mono.
    Heard pull(Frame mid, Frame side, TimePoint now);
    /// The same, mixed down. False when there is nothing to hear.
    bool pull(Frame out, TimePoint now);

    [[nodiscard]] const PlayoutCounters& counters() const;
    [[nodiscard]] PlayoutDelay delay() const;
    /// What is known of how far the network holds this speaker's packets up.
    [[nodiscard]] const DelayTarget& network() const;
    /// Whether a talk spurt is being played: the light beside the name.
    [[nodiscard]] bool speaking() const;
    /// Nothing of what has come is still to be heard.
    [[nodiscard]] bool idle() const;

private:
    struct State;
    explicit SpeakerPlayout(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace partyline::dsp

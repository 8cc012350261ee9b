#include "dsp/playout.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "dsp/delay_control.hpp"
#include "dsp/delay_target.hpp"
#include "dsp/jitter_buffer.hpp"
#include "dsp/opus.hpp"
#include "dsp/speaker_decoder.hpp"
#include "dsp/time_scale.hpp"

namespace partyline::dsp {
namespace {

constexpr auto frame_length = static_cast<Samples>(frame_samples);

// A packet this short says only that there is silence (RFC 6716 section 2.1.9).
constexpr std::size_t dtx_bytes_max = 2;

// Concealment fades from here to concealed_samples_max. What follows a faded hole fades in.
constexpr std::size_t fade_from_samples = 2 * frame_samples;
constexpr std::size_t fade_in_samples = 240;

// Packets that come after sound was invented in their place: from so many frames on they are played
// all the same, and the delay grows by the wait; fewer are as well concealed as they are, and the
// delay is kept, unless it is to grow anyway.
constexpr Samples stall_frames_min = 3;

// Later than this is not late but from another clock.
constexpr Samples late_by_most = sample_rate_hz;

std::uint64_t frames(Samples samples) { return static_cast<std::uint64_t>(samples / frame_length); }

/// Multiplies by a line from `from` to `to`.
void ramp(std::span<float> samples, float from, float to) {
    const auto count = static_cast<float>(samples.size());
    for (std::size_t i = 0; i < samples.size(); ++i) {
        samples[i] *= std::lerp(from, to, static_cast<float>(i) / count);
    }
}

void ramp(const SpeakerDecoder::Sound& sound, std::size_t samples, float from, float to) {
    ramp(sound.mid.first(samples), from, to);
    if (!sound.side.empty()) {
        ramp(sound.side.first(samples), from, to);
    }
}

bool is_silent(ConstFrame samples) {
    return std::ranges::all_of(samples,
                               [](float sample) { return std::fpclassify(sample) == FP_ZERO; });
}

bool ends_spurt(const BufferedPacket& packet) {
    return packet.ends_spurt || packet.opus.size() <= dtx_bytes_max;
}

/// The gain after so many samples of concealment in a row.
float concealment_gain(std::size_t samples) {
    constexpr auto length = static_cast<float>(concealed_samples_max - fade_from_samples);
    const auto faded = static_cast<float>(samples - std::min(samples, fade_from_samples));
    return std::max(0.0F, 1.0F - faded / length);
}

}  // namespace

/// How it plays: `line` holds decoded sound, `next` is the media time that is decoded next, and
/// `delay` follows from both. While `playing` each pull takes a frame from the line and decodes
/// what is then missing: the packet at `next`; or the copy of it in the packet after; or, if a
/// later packet shows that it is lost, concealment in its place; or, if there is no packet at all,
/// concealment that counts as `invented` until the next packet shows what it was in place of.
struct SpeakerPlayout::State {
    explicit State(SpeakerDecoder opus) : decoder(std::move(opus)) {}

    void push(const VoicePacket& packet);
    Heard pull(Frame mid, Frame side, TimePoint now);

    bool is_late(Samples media);
    void start_over();
    bool produce(Samples tick);
    bool start_if_due(Samples tick);
    void correct(Samples tick);
    void fill(std::size_t samples);
    void fill_ahead(std::size_t samples);
    [[nodiscard]] bool next_is_here() const;
    [[nodiscard]] Samples unheard_before(const BufferedPacket& first) const;
    void decode_next();
    void settle_invented();
    void play_first();
    void recover_before_first();
    void recover_end_before_first();
    void conceal_lost();
    bool conceal_frame();
    void fade_in(const SpeakerDecoder::Sound& sound);

    SpeakerDecoder decoder;
    JitterBuffer buffer;
    DelayTarget target;
    DelayControl control;
    PullClock clock;
    TimeScale line;
    MediaClock media_clock;
    PlayoutCounters counters;

    bool playing = false;  // if not, the line is empty
    bool ended = false;    // the spurt ends with what is in the line
    bool known = false;    // `next` means something
    Samples next = 0;
    Samples invented = 0;
    std::optional<std::uint64_t> number;  // of the last packet played
    Samples missed = 0;                   // of what was sent since, and is accounted for
    Samples delay = 0;  // from arrival to playout of the quickest packets, on the last tick
    std::size_t packet_samples = frame_samples;  // of the last packet played
    std::size_t concealed_samples = 0;           // in a row
    float gain = 1.0F;                           // of concealment, as it fades
    unsigned packets_out_of_time = 0;            // in a row
};

void SpeakerPlayout::State::push(const VoicePacket& packet) {
    ++counters.packets;
    const auto samples = OpusDecoder::samples_of(packet.opus);
    if (samples == 0) {
        ++counters.packets_malformed;
        return;
    }
    decoder.prepare(packet.opus, line);
    const BufferedPacket entry{.media = media_clock.unwrap(packet.media_time),
                               .arrived = to_samples(packet.arrived),
                               .samples = samples,
                               .ends_spurt = packet.ends_spurt,
                               .has_fec = OpusDecoder::has_fec(packet.opus),
                               .number = packet.number,
                               .opus = packet.opus};
    const DelayTarget::Arrival arrival{.media = entry.media,
                                       .arrived = entry.arrived,
                                       .samples = samples,
                                       .has_fec = entry.has_fec,
                                       .ends_spurt = ends_spurt(entry),
                                       .kept = packet.kept};
    if (is_late(entry.media)) {
        ++counters.packets_late;
        // How late it was is worth knowing, unless it is from another clock.
        if (next - entry.media <= late_by_most) {
            target.observe(arrival);
        }
        return;
    }
    const auto added = buffer.add(entry);
    counters.packets_overflow += added.dropped;
    if (added.duplicate) {
        ++counters.packets_duplicate;
        return;
    }
    media_clock.keep(entry.media);
    target.observe(arrival);
}

/// From before what has been played. When many packets in a row are from long before, the
/// speaker's clock was set back, and what comes now is played as if it were the first.
bool SpeakerPlayout::State::is_late(Samples media) {
    if (!known || media >= next) {
        packets_out_of_time = 0;
        return false;
    }
    if (next - media <= late_by_most) {
        return true;
    }
    if (++packets_out_of_time < late_packets_before_restart) {
        return true;
    }
    start_over();
    return false;
}

void SpeakerPlayout::State::start_over() {
    buffer.clear();
    target.forget_clock();
    counters.concealed += frames(std::exchange(invented, 0));
    packets_out_of_time = 0;
    number.reset();
    known = false;
    ended = true;
}

Heard SpeakerPlayout::State::pull(Frame mid, Frame side, TimePoint now) {
    const bool heard = produce(clock.tick(to_samples(now)));
    if (line.waiting() < frame_samples) {
        decoder.pause();  // the line fills up with silence
    }
    bool stereo = false;
    if (line.is_wide()) {
        line.take(mid, side);
        stereo = !is_silent(side);
    } else {
        line.take(mid);
        std::ranges::fill(side, 0.0F);
    }
    if (!heard) {
        ++counters.silent;
        return Heard::nothing;
    }
    return stereo ? Heard::stereo : Heard::mono;
}

/// Sees to it that a frame of sound waits, or the last of a spurt. False if there is nothing to
/// hear.
bool SpeakerPlayout::State::produce(Samples tick) {
    // Twice, as a spurt may turn out to be over and the next one to be due already.
    for (int spurt = 0; spurt < 2; ++spurt) {
        if (!playing && !start_if_due(tick)) {
            return false;
        }
        correct(tick);
        fill(frame_samples);
        if (line.waiting() > 0) {
            return true;
        }
        playing = false;
    }
    return false;
}

bool SpeakerPlayout::State::start_if_due(Samples tick) {
    const auto* const first = buffer.first();
    if (first == nullptr) {
        return false;
    }
    // A first packet that was held up on its way need not wait on top of that. Still it waits the
    // least delay: for those that it overtook, and in case the network has become slower.
    const auto due =
        std::max(first->media + target.fastest_transit(first->samples) + target.value(),
                 first->arrived + to_samples(delay_target_min));
    if (tick < due - DelayControl::early_start) {
        return false;
    }
    settle_invented();
    next = first->media;
    known = true;
    playing = true;
    ended = false;
    packet_samples = first->samples;
    concealed_samples = 0;
    control.reset();
    return true;
}

void SpeakerPlayout::State::correct(Samples tick) {
    const auto waiting = static_cast<Samples>(line.waiting());
    delay = tick - (next - waiting) - target.fastest_transit(packet_samples);
    const auto correction = control.next(
        {.delay = delay, .slack = delay - waiting % frame_length, .target = target.value()});
    if (correction.kind == Correction::Kind::none || ended || concealed_samples > 0) {
        return;
    }
    const TimeScale::Splice splice{.samples_most = correction.samples_most,
                                   .likeness_least = correction.likeness_least};
    std::size_t spliced = 0;
    if (correction.kind == Correction::Kind::shorten) {
        fill_ahead(TimeScale::shorten_samples_min);
        spliced = line.shorten(splice);
        counters.shortened_samples += spliced;
    } else {
        fill_ahead(frame_samples);
        spliced = line.lengthen(splice);
        counters.stretched_samples += spliced;
    }
    if (spliced > 0) {
        control.done();
    }
}

/// Decodes what is here without inventing anything.
void SpeakerPlayout::State::fill_ahead(std::size_t samples) {
    while (line.waiting() < samples && invented == 0 && next_is_here()) {
        play_first();
    }
}

void SpeakerPlayout::State::fill(std::size_t samples) {
    while (line.waiting() < samples) {
        // An end that is followed at once was none.
        ended = ended && !next_is_here();
        if (ended) {
            return;
        }
        decode_next();
    }
}

bool SpeakerPlayout::State::next_is_here() const {
    const auto* const first = buffer.first();
    // Less than a frame is not a gap but a sender that counts unevenly.
    return known && first != nullptr && first->media - next < frame_length;
}

/// How much of what was sent before it is neither played nor accounted for. Where the packet that ended a spurt is
/// lost, what is missing before the next spurt is a pause but for that. Without numbers it may be all of it.
Samples SpeakerPlayout::State::unheard_before(const BufferedPacket& first) const {
    if (!number || !first.number || *first.number <= *number) {
        return buffered_samples_max;
    }
    const auto packets = std::min<std::uint64_t>(*first.number - *number - 1, buffered_packets_max);
    const auto longest = std::max(packet_samples, first.samples);
    return std::max<Samples>(0, static_cast<Samples>(packets * longest) - missed);
}

void SpeakerPlayout::State::decode_next() {
    settle_invented();
    const auto* const first = buffer.first();
    if (first == nullptr) {
        if (conceal_frame()) {
            invented += frame_length;
        }
        return;
    }
    const auto gap = first->media - next;
    const auto copy = static_cast<Samples>(first->samples);
    if (gap < frame_length) {
        play_first();
    } else if (first->has_fec && gap >= copy && gap < copy + frame_length) {
        recover_before_first();
    } else if (first->has_fec && gap < copy && concealed_samples >= frame_samples) {
        // Of a long packet the first half was concealed before this one came.
        recover_end_before_first();
    } else {
        conceal_lost();
    }
}

/// Now that there is a packet: what was invented before it stands for what is missing between, and
/// the rest of it for having waited. What is missing, but was never sent, was a pause.
void SpeakerPlayout::State::settle_invented() {
    const auto* first = buffer.first();
    if (invented == 0 || first == nullptr) {
        return;
    }
    const auto missing = (first->media - next) / frame_length * frame_length;
    const auto passed = std::min(invented, missing);
    const auto lost = std::min(passed, unheard_before(*first));
    for (Samples settled = 0; settled < lost; settled += frame_length) {
        target.observe_frame(true);
    }
    counters.concealed += frames(lost);
    counters.stretched_samples += static_cast<std::uint64_t>(passed - lost);
    missed += lost;
    next += passed;
    const auto waited = std::exchange(invented, 0) - passed;
    if (!playing || waited >= stall_frames_min * frame_length || delay <= target.value() ||
        waited % static_cast<Samples>(first->samples) != 0) {
        counters.stretched_samples += static_cast<std::uint64_t>(waited);
        return;
    }
    // The end of the spurt is played all the same: it fades out, and what it is late by is made up for with the next.
    const auto waited_until = next + waited;
    while (first != nullptr && first->media < waited_until && !ends_spurt(*first)) {
        ++counters.packets_late;
        buffer.pop();
        first = buffer.first();
    }
    const bool end_is_here = first != nullptr && first->media < waited_until;
    const auto dropped = end_is_here ? (first->media - next) / frame_length * frame_length : waited;
    counters.concealed += frames(dropped);
    counters.stretched_samples += static_cast<std::uint64_t>(waited - dropped);
    missed += dropped;
    next += dropped;
}

void SpeakerPlayout::State::play_first() {
    const auto& packet = *buffer.first();
    const auto sound = decoder.decode(packet.opus, packet.samples, line);
    auto& counter = sound.genuine ? counters.played : counters.concealed;
    counter += frames(static_cast<Samples>(packet.samples));
    fade_in(sound);
    target.observe_frame(false);
    next = packet.end();
    number = packet.number;
    missed = 0;
    packet_samples = packet.samples;
    ended = ends_spurt(packet);
    buffer.pop();
}

void SpeakerPlayout::State::recover_before_first() {
    const auto& packet = *buffer.first();
    const auto sound = decoder.recover(packet.opus, packet.samples, line);
    auto& counter = sound.genuine ? counters.recovered : counters.concealed;
    counter += frames(static_cast<Samples>(packet.samples));
    fade_in(sound);
    target.observe_frame(true);
    missed += static_cast<Samples>(packet.samples);
    next += static_cast<Samples>(packet.samples);
}

void SpeakerPlayout::State::recover_end_before_first() {
    const auto& packet = *buffer.first();
    const auto sound = decoder.recover_end(packet.opus, packet.samples, line);
    ++(sound.genuine ? counters.recovered : counters.concealed);
    fade_in(sound);
    target.observe_frame(true);
    missed += frame_length;
    next += frame_length;
}

void SpeakerPlayout::State::conceal_lost() {
    const bool was_sent = unheard_before(*buffer.first()) > 0;
    if (!conceal_frame()) {
        return;
    }
    next += frame_length;
    if (was_sent) {
        ++counters.concealed;
        target.observe_frame(true);
        missed += frame_length;
    } else {
        counters.stretched_samples += frame_samples;
    }
}

/// False, and the spurt over, when the hole has become too long.
bool SpeakerPlayout::State::conceal_frame() {
    if (concealed_samples >= concealed_samples_max) {
        ended = true;
        return false;
    }
    const auto sound = decoder.conceal(frame_samples, line);
    concealed_samples += frame_samples;
    const float gain_after = concealment_gain(concealed_samples);
    if (gain_after < 1.0F) {
        ramp(sound, frame_samples, gain, gain_after);
    }
    gain = gain_after;
    return true;
}

void SpeakerPlayout::State::fade_in(const SpeakerDecoder::Sound& sound) {
    concealed_samples = 0;
    if (gain < 1.0F) {
        ramp(sound, fade_in_samples, std::exchange(gain, 1.0F), 1.0F);
    }
}

SpeakerPlayout::SpeakerPlayout(std::unique_ptr<State> state) : state_(std::move(state)) {}
SpeakerPlayout::~SpeakerPlayout() = default;
SpeakerPlayout::SpeakerPlayout(SpeakerPlayout&&) noexcept = default;
SpeakerPlayout& SpeakerPlayout::operator=(SpeakerPlayout&&) noexcept = default;

Result<SpeakerPlayout> SpeakerPlayout::create(std::optional<DelayTarget> network) {
    auto decoder = SpeakerDecoder::create();
    if (!decoder) {
        return std::unexpected(std::move(decoder.error()));
    }
    auto state = std::make_unique<State>(std::move(*decoder));
    if (network) {
        state->target = *network;
        state->target.forget_clock();  // media time is unwrapped anew
    }
    return SpeakerPlayout(std::move(state));
}

void SpeakerPlayout::push(const VoicePacket& packet) { state_->push(packet); }

Heard SpeakerPlayout::pull(Frame mid, Frame side, TimePoint now) {
    return state_->pull(mid, side, now);
}

bool SpeakerPlayout::pull(Frame out, TimePoint now) {
    std::array<float, frame_samples> side;
    return state_->pull(out, side, now) != Heard::nothing;
}

const PlayoutCounters& SpeakerPlayout::counters() const { return state_->counters; }

PlayoutDelay SpeakerPlayout::delay() const {
    return {.target = to_duration(state_->target.value()), .current = to_duration(state_->delay)};
}

const DelayTarget& SpeakerPlayout::network() const { return state_->target; }

bool SpeakerPlayout::speaking() const { return state_->playing; }

bool SpeakerPlayout::idle() const { return !state_->playing && state_->buffer.size() == 0; }

}  // namespace partyline::dsp

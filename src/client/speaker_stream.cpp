#include "client/speaker_stream.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/bytes.hpp"

namespace partyline::client {
namespace {

constexpr std::size_t media_time_bytes = sizeof(dsp::MediaTime);

void add_counters(SpeakerStats& stats, const dsp::PlayoutCounters& counters) {
    stats.packets_late += counters.packets_late;
    stats.frames_played += counters.played;
    stats.frames_recovered += counters.recovered;
    stats.frames_concealed += counters.concealed;
}

/// Of a speaker that we hear twice, the worse is told.
void add_delay(SpeakerStats& stats, Duration target, Duration current) {
    stats.delay_target = std::max(stats.delay_target, target);
    stats.delay_current = std::max(stats.delay_current, current);
}

}  // namespace

void SpeakerStream::close() {
    ends.reset();
    waiting_.take_all();
    drop_playout();
    keys_.forget_keys();
    interrupt_tally();
}

void SpeakerStream::reset_stats() {
    tally_ = {};
    unopened_ = 0;
    loss_told_ = {};
    past_ = {};
}

Result<void> SpeakerStream::add_key(crypto::SenderKeyMaterial material, TimePoint now) {
    if (auto added = keys_.add(std::move(material), now); !added) {
        return added;
    }
    for (const auto& frame : waiting_.take_all()) {
        const auto failure =
            open(frame.sealed(), frame.stream_and_flags, frame.header.counter, frame.arrived, now);
        if (failure == crypto::OpenFailure::unknown_key) {
            const wire::Record record{.speaker = name_.speaker,
                                      .stream_and_flags = frame.stream_and_flags,
                                      .sealed = frame.sealed()};
            waiting_.add(record, frame.header, frame.arrived);
        } else if (failure) {
            ++unopened_;
        }
    }
    return {};
}

void SpeakerStream::receive(const wire::Record& record, TimePoint now) {
    heard_at_ = now;
    const auto parsed = crypto::parse_sframe_header(record.sealed);
    if (!parsed) {
        ++unopened_;
        return;
    }
    const auto failure =
        open(record.sealed, record.stream_and_flags, parsed->header.counter, now, now);
    if (failure != crypto::OpenFailure::unknown_key) {
        unopened_ += failure ? 1U : 0U;
        return;
    }
    if (waiting_.full()) {
        give_up_oldest();
    }
    waiting_.add(record, parsed->header, now);
}

std::optional<crypto::OpenFailure> SpeakerStream::open(ByteView sealed,
                                                       std::uint8_t stream_and_flags,
                                                       std::uint64_t counter, TimePoint arrived,
                                                       TimePoint now) {
    std::array<std::byte, wire::sealed_bytes_max> plaintext;
    const auto opened = keys_.open(sealed,
                                   {.server_id = identity_.server_id,
                                    .speaker = name_.speaker,
                                    .stream_and_flags = stream_and_flags},
                                   plaintext, now);
    if (!opened) {
        return opened.error();
    }
    tally_.opened(counter);
    push(ByteView(plaintext).first(*opened), stream_and_flags, counter, arrived);
    return std::nullopt;
}

void SpeakerStream::push(ByteView plaintext, std::uint8_t flags, std::uint64_t counter,
                         TimePoint arrived) {
    if (plaintext.size() <= media_time_bytes) {
        return;
    }
    if (!playout_) {
        auto made = dsp::SpeakerPlayout::create(std::exchange(network_, std::nullopt));
        if (!made) {
            return;
        }
        playout_.emplace(std::move(*made));
    }
    playout_->push({.media_time = load_be<dsp::MediaTime>(plaintext),
                    .opus = plaintext.subspan(media_time_bytes),
                    .ends_spurt = (flags & wire::end_of_spurt) != 0,
                    .kept = (flags & wire::kept_frame) != 0,
                    .arrived = arrived,
                    .number = counter});
}

void SpeakerStream::give_up_oldest() {
    ++unopened_;
    tally_.unopened(waiting_.oldest().header.counter);
    waiting_.drop_oldest();
}

void SpeakerStream::expire_waiting(TimePoint now) {
    while (!waiting_.empty() && now - waiting_.oldest().arrived > waiting_time_max) {
        give_up_oldest();
    }
}

dsp::Heard SpeakerStream::pull(dsp::Frame mid, dsp::Frame side, TimePoint now) {
    return playout_ ? playout_->pull(mid, side, now) : dsp::Heard::nothing;
}

std::optional<dsp::SpeakerPlayout> SpeakerStream::take_playout() {
    if (playout_) {
        add_counters(past_, playout_->counters());
        past_.delay_target = playout_->delay().target;
        past_.delay_current = playout_->delay().current;
        network_ = playout_->network();
    }
    return std::exchange(playout_, std::nullopt);
}

std::optional<KeyNeed> SpeakerStream::take_key_need(TimePoint now) {
    if (waiting_.empty() || now - waiting_.oldest().arrived < key_request_after ||
        (key_asked_at_ && now - *key_asked_at_ < key_request_interval)) {
        return std::nullopt;
    }
    key_asked_at_ = now;
    return KeyNeed{
        .speaker = name_.speaker, .kid = waiting_.newest().header.kid, .stream = name_.stream};
}

SpeakerStream::Loss SpeakerStream::total_loss() const {
    return {.expected = tally_.expected(), .came = tally_.came()};
}

SpeakerStream::Loss SpeakerStream::untold_loss() const {
    const auto total = total_loss();
    return {.expected = total.expected - loss_told_.expected, .came = total.came - loss_told_.came};
}

void SpeakerStream::add_to(SpeakerStats& stats) const {
    stats.packets_unopened += unopened_;
    stats.packets_received += tally_.opened();
    stats.packets_lost += tally_.lost();
    stats.packets_late += past_.packets_late;
    stats.frames_played += past_.frames_played;
    stats.frames_recovered += past_.frames_recovered;
    stats.frames_concealed += past_.frames_concealed;
    if (playout_) {
        add_counters(stats, playout_->counters());
        add_delay(stats, playout_->delay().target, playout_->delay().current);
    } else {
        add_delay(stats, past_.delay_target, past_.delay_current);
    }
}

bool SpeakerStream::ever_heard() const {
    return unopened_ > 0 || tally_.expected() > 0 || !waiting_.empty();
}

}  // namespace partyline::client

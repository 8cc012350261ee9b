#include "client/speaker.hpp"

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

}  // namespace

void Speaker::leave() {
    member_ = false;
    waiting_.take_all();
    drop_playout();
    for (const auto& stream : streams_) {
        if (stream) {
            stream->keys.forget_keys();
        }
    }
    interrupt_tally();
}

void Speaker::interrupt_tally() {
    for (const auto& stream : streams_) {
        if (stream) {
            stream->tally.interrupt();
        }
    }
}

void Speaker::reset_stats() {
    for (const auto& stream : streams_) {
        if (stream) {
            stream->tally = {};
        }
    }
    unopened_ = 0;
    loss_told_ = {};
    past_ = {};
}

Result<void> Speaker::add_key(StreamId stream, crypto::SenderKeyMaterial material, TimePoint now) {
    if (stream.value >= streams_max) {
        return fail(ErrorCode::bad_key_share, "A key share is for a stream that cannot be.");
    }
    if (auto added = stream_at(stream.value).keys.add(std::move(material), now); !added) {
        return added;
    }
    for (const auto& frame : waiting_.take_all()) {
        const auto failure =
            open(frame.sealed(), frame.stream_and_flags, frame.header.counter, frame.arrived, now);
        if (failure == crypto::OpenFailure::unknown_key) {
            const wire::Record record{.speaker = session_,
                                      .stream_and_flags = frame.stream_and_flags,
                                      .sealed = frame.sealed()};
            waiting_.add(record, frame.header, frame.arrived);
        } else if (failure) {
            ++unopened_;
        }
    }
    return {};
}

void Speaker::receive(const wire::Record& record, TimePoint now) {
    heard_at_ = now;
    const auto parsed = crypto::parse_sframe_header(record.sealed);
    if (!parsed || record.stream().value >= streams_max) {
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

std::optional<crypto::OpenFailure> Speaker::open(ByteView sealed, std::uint8_t stream_and_flags,
                                                 std::uint64_t counter, TimePoint arrived,
                                                 TimePoint now) {
    auto& stream = stream_at(stream_and_flags >> 4U);
    std::array<std::byte, wire::sealed_bytes_max> plaintext;
    const auto opened = stream.keys.open(sealed,
                                         {.server_id = identity_.server_id,
                                          .speaker = session_,
                                          .stream_and_flags = stream_and_flags},
                                         plaintext, now);
    if (!opened) {
        return opened.error();
    }
    stream.tally.opened(counter);
    push(ByteView(plaintext).first(*opened), (stream_and_flags & wire::end_of_spurt) != 0, arrived);
    return std::nullopt;
}

void Speaker::push(ByteView plaintext, bool ends_spurt, TimePoint arrived) {
    if (plaintext.size() <= media_time_bytes) {
        return;
    }
    if (!playout_) {
        auto made = dsp::SpeakerPlayout::create();
        if (!made) {
            return;
        }
        playout_.emplace(std::move(*made));
    }
    playout_->push({.media_time = load_be<dsp::MediaTime>(plaintext),
                    .opus = plaintext.subspan(media_time_bytes),
                    .ends_spurt = ends_spurt,
                    .arrived = arrived});
}

void Speaker::give_up_oldest() {
    const auto& frame = waiting_.oldest();
    ++unopened_;
    stream_at(frame.stream_and_flags >> 4U).tally.unopened(frame.header.counter);
    waiting_.drop_oldest();
}

void Speaker::expire_waiting(TimePoint now) {
    while (!waiting_.empty() && now - waiting_.oldest().arrived > waiting_time_max) {
        give_up_oldest();
    }
}

void Speaker::expire_keys(TimePoint now) {
    for (const auto& stream : streams_) {
        if (stream) {
            stream->keys.expire(now);
        }
    }
}

bool Speaker::pull(dsp::Frame out, TimePoint now) { return playout_ && playout_->pull(out, now); }

void Speaker::drop_playout() {
    if (playout_) {
        add_counters(past_, playout_->counters());
        past_.delay_target = playout_->delay().target;
        past_.delay_current = playout_->delay().current;
        playout_.reset();
    }
}

std::optional<KeyNeed> Speaker::take_key_need(TimePoint now) {
    if (waiting_.empty() || now - waiting_.oldest().arrived < key_request_after ||
        (key_asked_at_ && now - *key_asked_at_ < key_request_interval)) {
        return std::nullopt;
    }
    key_asked_at_ = now;
    return KeyNeed{.speaker = session_, .kid = waiting_.newest().header.kid};
}

Speaker::Loss Speaker::total_loss() const {
    Loss total;
    for (const auto& stream : streams_) {
        if (stream) {
            total.expected += stream->tally.expected();
            total.came += stream->tally.came();
        }
    }
    return total;
}

Speaker::Loss Speaker::untold_loss() const {
    const auto total = total_loss();
    return {.expected = total.expected - loss_told_.expected, .came = total.came - loss_told_.came};
}

SpeakerStats Speaker::stats() const {
    auto stats = past_;
    stats.speaker = session_;
    stats.packets_unopened = unopened_;
    for (const auto& stream : streams_) {
        if (stream) {
            stats.packets_received += stream->tally.opened();
            stats.packets_lost += stream->tally.lost();
        }
    }
    if (playout_) {
        add_counters(stats, playout_->counters());
        stats.delay_target = playout_->delay().target;
        stats.delay_current = playout_->delay().current;
    }
    return stats;
}

bool Speaker::ever_heard() const {
    return unopened_ > 0 || total_loss().expected > 0 || !waiting_.empty();
}

Speaker::Stream& Speaker::stream_at(std::size_t index) {
    auto& stream = streams_[index];
    if (!stream) {
        stream = std::make_unique<Stream>();
    }
    return *stream;
}

}  // namespace partyline::client

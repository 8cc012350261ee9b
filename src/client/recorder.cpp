#include "client/recorder.hpp"

#include <algorithm>
#include <chrono>
#include <format>
#include <utility>

#include "client/limits.hpp"

namespace partyline::client {
namespace {

constexpr std::chrono::milliseconds write_period{250};
/// Silence is filled in so far behind now: what is still on its way has its place.
constexpr std::chrono::seconds fill_behind{2};

std::int64_t samples_between(TimePoint from, TimePoint to) {
    using Samples = std::chrono::duration<std::int64_t, std::ratio<1, dsp::sample_rate_hz>>;
    return std::chrono::round<Samples>(to - from).count();
}

}  // namespace

Recorder::~Recorder() {
    stop();
    join();
}

void Recorder::start(const RecordRoom& wish) {
    join();
    if (!from_up_) {
        from_up_ = std::make_unique<Ring>(recording_up_frames_max);
        from_down_ = std::make_unique<Ring>(recording_down_frames_max);
    }
    why_.reset();
    lost_frames_.store(0);
    // What a voice thread was still putting in when the one before ended has a time from before this.
    const auto began = clock_.now();
    state_.store(wish.kind == RecordingKind::everything ? State::everything : State::conversation);
    writer_ = std::jthread(
        [this, wish, began](const std::stop_token& stop) { write_until(stop, wish, began); });
}

void Recorder::stop(std::optional<Error> why) {
    state_.store(State::off);
    if (!writer_.joinable() || writer_.get_stop_token().stop_requested()) {
        return;
    }
    {
        const std::scoped_lock lock(sleep_mutex_);
        why_ = std::move(why);
    }
    writer_.request_stop();
}

void Recorder::join() {
    if (writer_.joinable()) {
        writer_.join();
    }
}

// --- on the voice threads --------------------------------------------------------------------

void Recorder::captured(Placement at, dsp::ConstFrame frame) {
    if (state_.load(std::memory_order_acquire) == State::everything) {
        put(from_up_.get(), {.kind = Track::Kind::captured}, at, frame);
    }
}

void Recorder::sent(Placement at, dsp::ConstFrame frame) {
    if (state_.load(std::memory_order_acquire) != State::off) {
        put(from_up_.get(), {.kind = Track::Kind::sent}, at, frame);
    }
}

void Recorder::received(SessionId speaker, Placement at, dsp::ConstFrame frame) {
    if (state_.load(std::memory_order_acquire) != State::off) {
        put(from_down_.get(), {.kind = Track::Kind::received, .speaker = speaker}, at, frame);
    }
}

void Recorder::played(Placement at, dsp::ConstFrame frame) {
    if (state_.load(std::memory_order_acquire) == State::everything) {
        put(from_down_.get(), {.kind = Track::Kind::played}, at, frame);
    }
}

void Recorder::put(Ring* ring, const Track& track, Placement at, dsp::ConstFrame frame) {
    std::array<float, dsp::frame_samples> samples;
    std::ranges::copy(frame, samples.begin());
    if (!ring->push({.track = track, .placement = at, .samples = samples})) {
        lost_frames_.fetch_add(1, std::memory_order_relaxed);
    }
}

// --- on the writer's -------------------------------------------------------------------------

namespace {

/// What the writer does between two sleeps.
class Writing {
public:
    Writing(const RecordRoom& wish, const Recorder::NameOf& name_of, TimePoint began)
        : folder_(wish.folder, name_of, wish.format), began_(began) {}

    template <class Ring>
    void take_all(Ring& ring) {
        while (auto slot = ring.pop()) {
            const Placed placed{.at = samples_between(began_, slot->placement.at),
                                .tick = slot->placement.tick,
                                .late = slot->placement.late_samples};
            note(folder_.write(slot->track, placed, slot->samples));
        }
    }
    void fill(TimePoint up_to) { note(folder_.fill_up_to(samples_between(began_, up_to))); }
    void flush() { folder_.flush(); }
    void close() { note(folder_.close()); }

    [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }
    [[nodiscard]] const std::vector<std::string>& files() const { return folder_.files(); }

private:
    void note(const Result<void>& done) {
        if (!done && !failure_) {
            failure_ = done.error();
        }
    }

    TrackFolder folder_;
    const TimePoint began_;
    std::optional<Error> failure_;
};

}  // namespace

std::string Recorder::name_in(RecordingKind kind, const Track& track) const {
    return kind == RecordingKind::everything && track.kind == Track::Kind::sent ? "sent"
                                                                                : name_of_(track);
}

void Recorder::write_until(const std::stop_token& stop, const RecordRoom& wish, TimePoint began) {
    Writing writing(wish, [&](const Track& track) { return name_in(wish.kind, track); }, began);
    std::optional<Error> why;
    while (!stop.stop_requested() && !writing.failure() && !why) {
        {
            std::unique_lock lock(sleep_mutex_);
            sleep_.wait_for(lock, stop, write_period, [] { return false; });
        }
        // Before what waits is taken: that may take longer than a slow disk has.
        const auto filled_up_to = clock_.now() - fill_behind;
        writing.take_all(*from_up_);
        writing.take_all(*from_down_);
        writing.fill(filled_up_to);
        writing.flush();
        if (clock_.now() - began >= recording_time_max) {
            why = Error{
                .code = ErrorCode::too_large,
                .message = std::format("A recording is {} long at most.", recording_time_max)};
        }
    }
    state_.store(State::off);
    writing.take_all(*from_up_);
    writing.take_all(*from_down_);
    if (!writing.failure()) {
        writing.fill(clock_.now());
    }
    writing.close();
    {
        const std::scoped_lock lock(sleep_mutex_);
        why = why ? why : why_;
    }
    on_end_({.on = false,
             .folder = wish.folder,
             .files = writing.files(),
             .lost_ms = lost_frames_.load() * dsp::frame_ms,
             .error = writing.failure() ? writing.failure() : why});
}

}  // namespace partyline::client

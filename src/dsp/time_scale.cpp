#include "dsp/time_scale.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <numbers>
#include <numeric>

namespace partyline::dsp {
namespace {

constexpr std::size_t fade_samples = 240;  // 5 ms
constexpr std::size_t window_samples = frame_samples;
// Lags are first compared at a quarter of the rate, then refined around the best.
constexpr std::size_t coarse = 4;
constexpr std::size_t coarse_window = window_samples / coarse;
constexpr std::size_t coarse_lags = splice_samples_max / coarse;
static_assert(window_samples % coarse == 0 && splice_samples_max % coarse == 0);
static_assert(fade_samples <= window_samples);

// Sound this faint (-60 dB) may be cut anywhere.
constexpr float faint_power = 1e-6F;

float dot(std::span<const float> a, const float* b) {
    float sum = 0.0F;
    for (std::size_t i = 0; i < a.size(); ++i) {
        sum += a[i] * b[i];
    }
    return sum;
}

/// Normalised cross-correlation; 1 for silence against silence.
float correlate(std::span<const float> a, const float* b) {
    const float powers = dot(a, a.data()) * dot({b, a.size()}, b);
    return powers > 0.0F ? dot(a, b) / std::sqrt(powers) : 1.0F;
}

/// The lag of the window at `head` at which it is most like itself, among those from `from` to
/// `to`, both included; `sign` says in which direction.
struct Search {
    std::size_t from = 0;
    std::size_t to = 0;
    std::ptrdiff_t sign = 1;
};
struct Match {
    std::size_t lag = 0;
    float likeness = -1.0F;
};

Match best_match(std::span<const float> window, const Search& search) {
    Match best{.lag = search.from};
    for (auto lag = search.from; lag <= search.to; ++lag) {
        const auto* const other = window.data() + search.sign * static_cast<std::ptrdiff_t>(lag);
        const float likeness = correlate(window, other);
        if (likeness > best.likeness) {
            best = {.lag = lag, .likeness = likeness};
        }
    }
    return best;
}

/// The weight of the incoming side of a cross-fade: half a cosine.
const std::array<float, fade_samples>& fade_in() {
    static const auto table = [] {
        std::array<float, fade_samples> weights{};
        for (std::size_t i = 0; i < fade_samples; ++i) {
            const double along = (static_cast<double>(i) + 0.5) / fade_samples;
            weights[i] = static_cast<float>(0.5 - 0.5 * std::cos(std::numbers::pi * along));
        }
        return weights;
    }();
    return table;
}

}  // namespace

TimeScale::TimeScale() : line_(head_min + 2 * waiting_max) { fade_in(); }

void TimeScale::widen() {
    if (side_.empty()) {
        side_.resize(line_.size());
    }
}

void TimeScale::recentre() {
    for (auto* line : {&line_, &side_}) {
        if (line->empty()) {
            continue;
        }
        const auto old = line->begin() + static_cast<std::ptrdiff_t>(head_ - history_samples);
        const auto end = line->begin() + static_cast<std::ptrdiff_t>(tail_);
        const auto fresh = line->begin() + (head_min - history_samples);
        if (head_ > head_min) {
            std::copy(old, end, fresh);
        } else {
            std::copy_backward(old, end, fresh + (end - old));
        }
    }
    tail_ = head_min + waiting();
    head_ = head_min;
}

std::span<float> TimeScale::append(std::size_t count) {
    assert(count <= packet_samples_max && waiting() + count <= waiting_max);
    if (tail_ + count > line_.size()) {
        recentre();
    }
    tail_ += count;
    if (is_wide()) {
        std::ranges::fill(appended_side(count), 0.0F);
    }
    return std::span(line_).subspan(tail_ - count, count);
}

std::span<float> TimeScale::appended_side(std::size_t count) {
    assert(is_wide() && count <= tail_);
    return std::span(side_).subspan(tail_ - count, count);
}

void TimeScale::copy_next(const std::vector<float>& line, Frame out) const {
    const auto count = std::min(waiting(), out.size());
    const auto rest = std::ranges::copy_n(line.begin() + static_cast<std::ptrdiff_t>(head_),
                                          static_cast<std::ptrdiff_t>(count), out.begin())
                          .out;
    std::fill(rest, out.end(), 0.0F);
}

void TimeScale::take(Frame out) {
    copy_next(line_, out);
    head_ += std::min(waiting(), out.size());
}

void TimeScale::take(Frame out, Frame side) {
    assert(is_wide());
    copy_next(side_, side);
    take(out);
}

std::size_t TimeScale::shorten(const Splice& splice) {
    if (waiting() < frame_samples + splice_samples_min) {
        return 0;
    }
    const auto most = std::min(splice.samples_most, waiting() - frame_samples);
    const auto lag =
        find_lag(Direction::ahead, {.samples_most = most, .likeness_least = splice.likeness_least});
    if (lag == 0) {
        return 0;
    }
    cut(line_.data() + head_, lag);
    if (is_wide()) {
        cut(side_.data() + head_, lag);
    }
    head_ += lag;
    return lag;
}

void TimeScale::cut(float* head, std::size_t lag) {
    std::array<float, fade_samples> before{};
    std::copy_n(head, fade_samples, before.begin());
    for (std::size_t i = 0; i < fade_samples; ++i) {
        head[i + lag] = std::lerp(before[i], head[i + lag], fade_in()[i]);
    }
    // What was played last is to stand right before the new head.
    std::copy_backward(head - history_samples, head, head + lag);
}

std::size_t TimeScale::lengthen(const Splice& splice) {
    if (waiting() < frame_samples || waiting() + splice_samples_max > waiting_max) {
        return 0;
    }
    if (head_ < head_min) {
        recentre();
    }
    const auto lag = find_lag(Direction::back, splice);
    if (lag == 0) {
        return 0;
    }
    repeat(line_.data() + head_, lag);
    if (is_wide()) {
        repeat(side_.data() + head_, lag);
    }
    head_ -= lag;
    return lag;
}

void TimeScale::repeat(float* head, std::size_t lag) {
    std::array<float, fade_samples> before{};
    std::array<float, history_samples> history{};
    std::copy_n(head, fade_samples, before.begin());
    std::copy_n(head - history_samples, history_samples, history.begin());
    for (std::size_t i = 0; i < fade_samples; ++i) {
        head[i - lag] = std::lerp(before[i], head[i - lag], fade_in()[i]);
    }
    std::copy(history.begin(), history.end(), head - lag - history_samples);
}

/// Where both lines can be cut: the louder one tells, as what is masked by it tells nothing.
std::size_t TimeScale::find_lag(Direction direction, const Splice& splice) const {
    const float* head = line_.data() + head_;
    if (is_wide()) {
        const float* side = side_.data() + head_;
        if (dot({side, window_samples}, side) > dot({head, window_samples}, head)) {
            head = side;
        }
    }
    return find_lag(head, direction, splice);
}

std::size_t TimeScale::find_lag(const float* head, Direction direction, const Splice& splice) {
    const auto most = std::min(splice.samples_most, splice_samples_max);
    if (most < splice_samples_min) {
        return 0;
    }
    const auto sign = static_cast<std::ptrdiff_t>(direction);
    const std::span window(head, window_samples);
    const auto* const farthest = window.data() + sign * static_cast<std::ptrdiff_t>(most);
    const float power = dot(window, window.data()) + dot({farthest, window_samples}, farthest);
    if (power < 2 * window_samples * faint_power) {
        return most;
    }
    const auto rough = coarse_lag(head, direction, most);
    const auto match = best_match(window, {.from = std::max(rough - coarse, splice_samples_min),
                                           .to = std::min(rough + coarse, most),
                                           .sign = sign});
    return match.likeness >= splice.likeness_least ? match.lag : 0;
}

std::size_t TimeScale::coarse_lag(const float* head, Direction direction, std::size_t most) {
    // Means of `coarse` samples each, from the earliest to the latest that any lag reaches.
    const auto lags = most / coarse;
    const auto before = direction == Direction::back ? lags : 0;
    const float* from = head - before * coarse;
    std::array<float, coarse_window + coarse_lags> line{};
    for (auto& mean : std::span(line).first(coarse_window + lags)) {
        mean = std::accumulate(from, from + coarse, 0.0F);
        from += coarse;
    }
    return coarse * best_match(std::span(line).subspan(before, coarse_window),
                               {.from = splice_samples_min / coarse,
                                .to = lags,
                                .sign = static_cast<std::ptrdiff_t>(direction)})
                        .lag;
}

}  // namespace partyline::dsp

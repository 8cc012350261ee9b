#include "dsp/echo_canceller.hpp"

#include <algorithm>
#include <cmath>

namespace partyline::dsp {
namespace {

constexpr std::size_t samples_per_ms = sample_rate_hz / 1000;
/// Where in the filter the echo may begin before the reference is moved: later than the first, so
/// that an estimate that is a little off does no harm; early enough to leave room for reverberation.
constexpr double echo_begins_ms_min = 4;
constexpr double echo_begins_ms_max = 140;
/// Where it is put then.
constexpr unsigned echo_put_ms = 15;
/// Frames given to AEC3 are not delayed by the reference's slack.
constexpr double slack_ms = static_cast<double>(EchoReference::slack_samples) / samples_per_ms;

/// So much of the filter's guess has to be found in what was captured, or its output is passed over,
/// and for some frames more.
constexpr float likeness_min = 0.5F;
constexpr unsigned doubt_frames = 30;

}  // namespace

void EchoCanceller::render(ConstFrame played) {
    reference_.write(played);
    whole_.render(played);
    rest_.render(played);
}

// A filter that heard nothing of what is played would learn that there is no way. So it is given nothing then, and
// misses that for as long as it remembers.
void EchoCanceller::read_reference(Samples& played, bool deaf) {
    reference_.set_drift(drift_.ppm());
    reference_.read(played);
    blind_ -= std::min(blind_, 1U);
    const auto is_sound = [](float sample) { return std::fpclassify(sample) != FP_ZERO; };
    const bool sounds = std::ranges::any_of(played, is_sound);
    unheard_ = deaf ? std::min(unheard_ + (sounds ? 1U : 0U), unheard_frames_min + 1) : 0;
    if (unheard_ > unheard_frames_min) {
        blind_ = sounds ? blind_frames : blind_;
        played.fill(0.0F);
    }
}

void EchoCanceller::process(Frame captured, bool deaf) {
    align();
    Samples played;
    read_reference(played, deaf);
    drift_.update(captured, played);
    curve_.bend(played);
    Samples linear;
    linear_.process(captured, played, linear);
    if (trust_.judge(captured, played, linear) == FilterTrust::Verdict::wrong) {
        linear_.reset();
        weight_.reset();
    }
    const float weight = weight_.update(linear_.heard(), linear);
    const bool doubted = !trust_.trusted() || weight_.likeness() < likeness_min;
    doubt_ = doubted ? doubt_frames : doubt_ - std::min(doubt_, 1U);
    lost_frames_ = doubt_ == 0 ? 0 : std::min(lost_frames_ + 1, lost_frames_max);
    if (doubt_ == 0 && blind_ == 0 && weight >= 1) {
        curve_.learn(linear_.heard(), linear);  // nobody talks
    }
    before_rest_.push(linear);
    whole_.process(captured);
    rest_.process(linear);
    mix(captured, linear, trust_.trusted() && blind_ == 0 ? weight : 1.0F);
}

void EchoCanceller::mix(Frame whole, const Samples& rest, float weight) {
    const auto linear = before_rest_.late(ResidualEcho::latency_samples);
    const float weight_step = (weight - suppressed_) / frame_samples;
    const bool passed_over = doubt_ > 0 || blind_ > 0;
    const float whole_step = ((passed_over ? 1.0F : 0.0F) - whole_share_) / frame_samples;
    for (std::size_t i = 0; i < frame_samples; ++i) {
        suppressed_ += weight_step;
        whole_share_ += whole_step;
        const float quiet = rest[i] + whole_share_ * (whole[i] - rest[i]);
        whole[i] = linear[i] + suppressed_ * (quiet - linear[i]);
    }
}

double EchoCanceller::echo_begins_ms(unsigned delay_ms) const {
    return delay_ms - slack_ms - reference_.lag_samples() / static_cast<double>(samples_per_ms);
}

void EchoCanceller::align() {
    const auto delay_ms = whole_.delay_ms();
    if (!delay_ms || trust_.trusted()) {
        return;
    }
    const double begins_ms = echo_begins_ms(*delay_ms);
    if (begins_ms >= echo_begins_ms_min && begins_ms <= echo_begins_ms_max) {
        return;
    }
    const auto least = static_cast<unsigned>(slack_ms) + echo_put_ms;
    const auto lag = std::min(samples_per_ms * (*delay_ms > least ? *delay_ms - least : 0),
                              EchoReference::lag_samples_max);
    if (lag == reference_.wanted_lag()) {
        return;  // earlier than that it cannot be
    }
    reference_.set_lag(lag);
    linear_.reset();
    drift_.restart();
    trust_.reset();
    weight_.reset();
    ++realignments_;
}

void EchoCanceller::reset() {
    reference_.reset();
    drift_.reset();
    curve_.reset();
    linear_.reset();
    trust_.reset();
    weight_.reset();
    before_rest_.reset();
    suppressed_ = 1;
    whole_share_ = 1;
    doubt_ = 0;
    unheard_ = 0;
    blind_ = 0;
    lost_frames_ = lost_frames_max;
    realignments_ = 0;
}

EchoLeft EchoCanceller::echo_left() const {
    return {.power = trust_.trusted() ? weight_.echo() : 0,
            .lost = doubt_ > 0 && lost_frames_ < lost_frames_max};
}

EchoReport EchoCanceller::report() const {
    return {.delay_ms = whole_.delay_ms(),
            .drift_ppm = drift_.ppm(),
            .linear = trust_.trusted(),
            .realignments = realignments_};
}

}  // namespace partyline::dsp

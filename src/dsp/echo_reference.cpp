#include "dsp/echo_reference.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numbers>

namespace partyline::dsp {
namespace {

/// Blackman's window over `width`, centred.
double window(double distance, double width) {
    const double x = distance / width;
    if (std::abs(x) >= 0.5) {
        return 0;
    }
    constexpr double turn = 2 * std::numbers::pi;
    return 0.42 + 0.5 * std::cos(turn * x) + 0.08 * std::cos(2 * turn * x);
}

double sinc(double x) {
    return std::abs(x) < 1e-9 ? 1.0 : std::sin(std::numbers::pi * x) / (std::numbers::pi * x);
}

}  // namespace

EchoReference::EchoReference() : ring_(ring_samples), filters_(phases + 1) {
    for (std::size_t phase = 0; phase <= phases; ++phase) {
        const double fraction = static_cast<double>(phase) / phases;
        for (std::size_t tap = 0; tap < taps; ++tap) {
            const double distance =
                static_cast<double>(tap) - (static_cast<double>(taps) / 2 - 1) - fraction;
            filters_[phase][tap] = static_cast<float>(sinc(distance) * window(distance, taps));
        }
    }
}

void EchoReference::write(ConstFrame played) {
    for (const float sample : played) {
        ring_[written_++ % ring_samples] = std::isfinite(sample) ? sample : 0.0F;
    }
    fresh_ = true;
    ahead_ = std::max(ahead_, static_cast<std::int64_t>(written_ - read_));
}

void EchoReference::read(Frame out) {
    if (!anchored_ && fresh_) {
        put(true);
    }
    if (!anchored_) {
        std::ranges::fill(out, 0.0F);
        return;
    }
    const bool lost = runs_dry() && fresh_ && starved_ >= starved_frames_max;
    if (lost || overrun()) {
        ++breaks_;
        put(true);
    }
    starved_ = runs_dry() ? starved_ + 1 : 0;
    for (auto& sample : out) {
        sample = at(place_);
        place_ += step_;
    }
    count_read();
}

void EchoReference::count_read() {
    read_ += frame_samples;
    fresh_ = false;
    if (++ahead_age_ == ahead_reads) {
        ahead_age_ = 0;
        ahead_before_ = ahead_;
        ahead_ = static_cast<std::int64_t>(written_ - read_);
    }
}

double EchoReference::nearest() const {
    const auto ahead = static_cast<double>(std::max(ahead_, ahead_before_));
    return static_cast<double>(read_) + ahead - (slack_samples + frame_samples);
}

void EchoReference::put(bool anew) {
    if (anew) {
        ahead_ = ahead_before_ = static_cast<std::int64_t>(written_ - read_);
        ahead_age_ = 0;
        starved_ = 0;
        anchored_ = true;
    }
    place_ = nearest() - static_cast<double>(wanted_lag_);
}

void EchoReference::set_lag(std::size_t samples) {
    assert(samples <= lag_samples_max);
    wanted_lag_ = samples;
    if (anchored_) {
        put(false);
    }
}

double EchoReference::lag_samples() const {
    return anchored_ ? nearest() - place_ : static_cast<double>(wanted_lag_);
}

void EchoReference::reset() {
    std::ranges::fill(ring_, 0.0F);
    written_ = ring_samples;
    read_ = 0;
    ahead_ = ahead_before_ = 0;
    ahead_age_ = 0;
    place_ = 0;
    step_ = 1;
    wanted_lag_ = 0;
    starved_ = 0;
    fresh_ = false;
    anchored_ = false;
    breaks_ = 0;
}

float EchoReference::at(double position) const {
    const double whole = std::floor(position);
    const auto centre = static_cast<std::uint64_t>(whole);
    const double fraction = position - whole;
    if (centre + (fraction > 0 ? taps / 2 : 0) >= written_) {
        return 0;
    }
    if (!(fraction > 0)) {
        return ring_[centre % ring_samples];  // to the last bit: without drift nothing is changed
    }
    const auto first = centre - (taps / 2 - 1);
    const double phase = fraction * phases;
    const auto index = static_cast<std::size_t>(phase);
    const auto part = static_cast<float>(phase - static_cast<double>(index));
    const auto& below = filters_[index];
    const auto& above = filters_[index + 1];
    float sum = 0;
    for (std::size_t tap = 0; tap < taps; ++tap) {
        const float weight = below[tap] + part * (above[tap] - below[tap]);
        sum += weight * ring_[(first + tap) % ring_samples];
    }
    return sum;
}

bool EchoReference::runs_dry() const {
    const double last = place_ + step_ * (frame_samples - 1);
    const double needed = last > std::floor(last) ? taps / 2.0 : 0;
    return std::floor(last) + needed >= static_cast<double>(written_);
}

bool EchoReference::overrun() const {
    return static_cast<double>(written_) - place_ > ring_samples - 2.0 * frame_samples;
}

}  // namespace partyline::dsp

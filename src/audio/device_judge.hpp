// Whether a device still plays or captures, whatever its backend says of it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "audio/limits.hpp"
#include "base/clock.hpp"
#include "dsp/format.hpp"

namespace partyline::audio {

/// Judges by how often the device calls back, and for how much. Time is passed in. One thread.
class DeviceJudge {
public:
    /// A device has been opened; `samples`: what all before it have asked for together.
    void opened(TimePoint now, std::uint64_t samples) {
        opened_at_ = looked_at_ = now;
        samples_seen_ = samples;
    }

    /// What is wrong with the device since the last look; nothing while all is well. `called`: when any device called
    /// back last; `samples`: what all have asked for together.
    std::optional<std::string_view> fault(TimePoint now, TimePoint called, std::uint64_t samples) {
        const bool first_came = called >= opened_at_;
        const auto silent = now - (first_came ? called : opened_at_);
        if (silent > (first_came ? device_silent_max : device_first_callback_max)) {
            return "stopped";
        }
        using std::chrono::milliseconds;
        const auto passed = std::chrono::duration_cast<milliseconds>(now - looked_at_).count();
        const auto in_real_time = static_cast<std::uint64_t>(passed) * (dsp::sample_rate_hz / 1000);
        const bool too_fast =
            first_came &&
            samples - samples_seen_ > device_rate_factor_max * (in_real_time + device_ring_samples);
        samples_seen_ = samples;
        looked_at_ = now;
        if (too_fast) {
            return "does not keep time";
        }
        return std::nullopt;
    }

private:
    TimePoint opened_at_;
    TimePoint looked_at_;
    std::uint64_t samples_seen_ = 0;
};

}  // namespace partyline::audio

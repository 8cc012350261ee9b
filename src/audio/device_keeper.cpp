#include "audio/device_keeper.hpp"

#include <algorithm>
#include <format>
#include <utility>

#include "audio/limits.hpp"

namespace partyline::audio {

DeviceKeeper::DeviceKeeper(DevicePort& port, const Clock& clock, Direction direction,
                           std::string chosen)
    : port_(port), clock_(clock), direction_(direction), chosen_(std::move(chosen)) {}

Result<void> DeviceKeeper::begin() {
    auto begun = take_up(WhichDevice::chosen);
    if (begun) {
        told_ = State::back;
    }
    return begun;
}

void DeviceKeeper::look() {
    const auto now = clock_.now();
    if (device_) {
        const auto signs = port_.signs();
        if (const auto what = judge_.fault(now, signs.called, signs.samples)) {
            end_faulty(now, signs.called, *what);
            return;
        }
        note_callbacks(signs.called);
    }
    if (now < retry_at_) {
        return;
    }
    if (!device_) {
        replace(now, {});
    } else if (which_ == WhichDevice::stand_in) {
        look_for_chosen(now);
    }
}

Result<void> DeviceKeeper::take_up(WhichDevice which) {
    auto opened = port_.open_device(which);
    if (!opened) {
        return std::unexpected(std::move(opened).error());
    }
    auto started = (*opened)->start();
    if (started) {
        use(*std::move(opened), which);
    }
    return started;
}

void DeviceKeeper::use(std::unique_ptr<OpenedDevice> device, WhichDevice which) {
    device_ = std::move(device);
    which_ = which;
    opened_at_ = clock_.now();
    judge_.opened(opened_at_, port_.signs().samples);
}

// That a device was opened says little. Once it calls back it is believed, and after a while trusted.
void DeviceKeeper::note_callbacks(TimePoint called) {
    if (called < opened_at_) {
        return;
    }
    tell_which_serves();
    if (which_ == WhichDevice::chosen && called - opened_at_ >= device_trusted_after) {
        rest_ = {};
    }
}

void DeviceKeeper::tell_which_serves() {
    if (which_ == WhichDevice::chosen) {
        tell(State::back, std::format("The {} runs again.", word_for(direction_)));
        return;
    }
    const bool is_there = opened_at_ < chosen_not_before_;
    tell(State::stand_in,
         std::format("The {} \"{}\" {}. The default one is used until it {}.", word_for(direction_),
                     chosen_, is_there ? "does not run" : "is gone or busy",
                     is_there ? "does" : "is back"));
}

void DeviceKeeper::end_faulty(TimePoint now, TimePoint called, std::string_view what) {
    if (told_ == State::back) {
        told_.reset();
    }
    const bool has_run = called >= opened_at_ && now - called > device_silent_max;
    const auto faulty = which_;
    if (faulty == WhichDevice::chosen && !has_run && !chosen_.empty()) {
        leave_chosen_alone(now);
    }
    replace(now, what);
    if (device_ && which_ == faulty && !has_run) {
        // There is no other.
        tell(State::lost, std::format("The {} does not run. It is tried again and again.",
                                      word_for(direction_)));
    }
}

// What has vanished meanwhile may run once it is back.
void DeviceKeeper::leave_chosen_alone(TimePoint now) {
    if (!port_.has_chosen()) {
        end_rest(now);
        return;
    }
    rest_ = std::clamp<Duration>(2 * rest_, device_rest_min, device_rest_max);
    chosen_not_before_ = now + rest_;
}

// `why`: what was wrong with the device in use; empty when there was none, or only a stand-in.
void DeviceKeeper::replace(TimePoint now, std::string_view why) {
    device_.reset();
    retry_at_ = now + retry_period;
    const bool rests = now < chosen_not_before_;
    auto taken = take_up(rests ? WhichDevice::stand_in : WhichDevice::chosen);
    if (!taken && !chosen_.empty()) {
        // Where nothing plays a rest spares nobody.
        taken = take_up(rests ? WhichDevice::chosen : WhichDevice::stand_in);
    }
    if (!taken) {
        tell_lost(why, taken.error());
    }
}

// Whoever unplugs a device that does not run, and plugs it in again, waits for no rest.
void DeviceKeeper::look_for_chosen(TimePoint now) {
    retry_at_ = now + retry_period;
    if (now >= chosen_not_before_) {
        return_to_chosen(now);
    } else if (!port_.has_chosen()) {
        end_rest(now);
    }
}

void DeviceKeeper::end_rest(TimePoint now) {
    rest_ = {};
    chosen_not_before_ = now;
}

// The stand-in serves until the chosen device is open, which may be listed and in another program's hands. Never do
// both call back.
void DeviceKeeper::return_to_chosen(TimePoint now) {
    auto chosen = port_.open_device(WhichDevice::chosen);
    if (!chosen) {
        return;
    }
    device_.reset();
    if ((*chosen)->start()) {
        use(*std::move(chosen), WhichDevice::chosen);
        return;
    }
    chosen->reset();
    leave_chosen_alone(now);
    replace(now, {});
}

void DeviceKeeper::tell_lost(std::string_view why, const Error& error) {
    tell(State::lost,
         std::format("The {} {}, and {}. It is tried again every second.", word_for(direction_),
                     why.empty() ? "was to change" : why, error.message));
}

// Once, however often it comes to the same again.
void DeviceKeeper::tell(State state, std::string message) {
    if (std::exchange(told_, state) != state) {
        port_.tell({.state = state, .message = std::move(message)});
    }
}

}  // namespace partyline::audio

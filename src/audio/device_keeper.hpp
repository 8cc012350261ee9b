// Which device serves, and when another is tried in its place.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "audio/device_choice.hpp"
#include "audio/device_judge.hpp"
#include "audio/source.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"

namespace partyline::audio {

/// A device in our hands. It calls back from start() on, until it is gone.
class OpenedDevice {
public:
    virtual ~OpenedDevice() = default;
    virtual Result<void> start() = 0;
};

enum class WhichDevice : std::uint8_t { chosen, stand_in };

/// What devices have done so far, whichever they were.
struct DeviceSigns {
    TimePoint called;           // when one called back last
    std::uint64_t samples = 0;  // that all have asked for together
};

/// What a keeper needs of the sound system, and whom it tells. Nothing here calls back into it.
class DevicePort {
public:
    virtual ~DevicePort() = default;
    /// Fails with io where it is not there, or in another program's hands. It does not call back yet.
    virtual Result<std::unique_ptr<OpenedDevice>> open_device(WhichDevice which) = 0;
    /// Whether the chosen one is there, whatever becomes of it when it is opened.
    [[nodiscard]] virtual bool has_chosen() const = 0;
    [[nodiscard]] virtual DeviceSigns signs() const = 0;
    virtual void tell(const DeviceChange& change) = 0;
};

/// The chosen device serves while it runs, and the system's default while it does not; of two no more than one calls
/// back at a time. A chosen one that can be opened, but does not run, is left alone for a while, and for longer each
/// time: to try it means that nothing is heard meanwhile. Where nothing can stand in, or it was unplugged meanwhile,
/// it is tried all the same. One thread.
class DeviceKeeper {
public:
    /// How soon a device that is gone, or the chosen one while another stands in, is looked for again.
    static constexpr std::chrono::milliseconds retry_period{1'000};

    /// Both outlive it. `chosen`: empty for the system's default, which nothing stands in for.
    DeviceKeeper(DevicePort& port, const Clock& clock, Direction direction, std::string chosen);

    /// With the chosen device; fails as that does.
    Result<void> begin();
    /// To be called often: sees how the device does, and does what is due.
    void look();
    /// The end: no callback comes after.
    void close() { device_.reset(); }

private:
    using State = DeviceChange::State;

    Result<void> take_up(WhichDevice which);
    void use(std::unique_ptr<OpenedDevice> device, WhichDevice which);
    void end_faulty(TimePoint now, TimePoint called, std::string_view what);
    void note_callbacks(TimePoint called);
    void tell_which_serves();
    void replace(TimePoint now, std::string_view why);
    void look_for_chosen(TimePoint now);
    void return_to_chosen(TimePoint now);
    void leave_chosen_alone(TimePoint now);
    void end_rest(TimePoint now);
    void tell_lost(std::string_view why, const Error& error);
    void tell(State state, std::string message);

    // Given.
    DevicePort& port_;
    const Clock& clock_;
    const Direction direction_;
    const std::string chosen_;

    // Owned.
    std::unique_ptr<OpenedDevice> device_;
    WhichDevice which_ = WhichDevice::chosen;
    DeviceJudge judge_;
    TimePoint opened_at_;
    TimePoint retry_at_;
    Duration rest_{};  // that the chosen one was given last
    TimePoint chosen_not_before_;
    std::optional<State> told_;  // nothing once it does not hold any more
};

}  // namespace partyline::audio

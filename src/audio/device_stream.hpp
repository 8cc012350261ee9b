// One sound device in one direction, kept running whatever happens to the hardware.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "audio/device_choice.hpp"
#include "audio/device_client.hpp"
#include "audio/device_keeper.hpp"
#include "audio/source.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"

namespace partyline::audio {

/// Opens the chosen device and watches it. A backend does not say that an explicitly chosen device
/// vanished, or that the sound server died: its callbacks just stop. So a thread looks whether they
/// come; when they do not its DeviceKeeper closes the device, starts the backend anew and takes the system's
/// default until the chosen one is back. The default device is followed by the backend itself.
class DeviceStream final : private DevicePort {
public:
    /// `wanted`: as pick_device() takes it; empty: the system's default. `client` outlives the
    /// stream. Fails with io, naming the devices there are.
    static Result<std::unique_ptr<DeviceStream>> open(Direction direction, std::string wanted,
                                                      DeviceClient& client);
    /// No callback comes after.
    ~DeviceStream() override;
    DeviceStream(const DeviceStream&) = delete;
    DeviceStream& operator=(const DeviceStream&) = delete;

    /// [any] As Source::on_device_change().
    void on_change(OnDeviceChange listener);

    /// [any] When the device last called back; zero before the first time.
    [[nodiscard]] TimePoint last_callback() const {
        return TimePoint(Duration(last_callback_.load(std::memory_order_acquire)));
    }

private:
    struct Device;  // miniaudio's

    DeviceStream(Direction direction, std::string wanted, DeviceClient& client);

    // DevicePort, for the keeper.
    Result<std::unique_ptr<OpenedDevice>> open_device(WhichDevice which) override;
    [[nodiscard]] bool has_chosen() const override;
    [[nodiscard]] DeviceSigns signs() const override;
    void tell(const DeviceChange& change) override;

    void watch(const std::stop_token& stop);
    void called_back(std::size_t samples);

    const Direction direction_;
    const std::string wanted_;
    DeviceClient& client_;
    const SystemClock clock_;

    // [audio] writes, the watch reads.
    std::atomic<Duration::rep> last_callback_{0};
    std::atomic<std::uint64_t> samples_{0};

    // miniaudio's number of the sound system that we started with and keep to.
    std::optional<int> sound_system_;

    // [watch] once its thread runs.
    DeviceKeeper keeper_;

    std::mutex listener_mutex_;
    OnDeviceChange listener_;

    std::mutex sleep_mutex_;
    std::condition_variable_any sleep_;
    std::jthread watch_;  // last: it uses all of the above
};

}  // namespace partyline::audio

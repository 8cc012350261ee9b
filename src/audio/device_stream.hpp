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
#include <string_view>
#include <thread>

#include "audio/device_choice.hpp"
#include "audio/device_client.hpp"
#include "audio/device_judge.hpp"
#include "audio/source.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"

namespace partyline::audio {

/// Opens the chosen device and watches it. A backend does not say that an explicitly chosen device
/// vanished, or that the sound server died: its callbacks just stop. So a thread looks whether they
/// come; when they do not it closes the device, starts the backend anew and takes the system's
/// default until the chosen one is back. The default device is followed by the backend itself.
class DeviceStream {
public:
    /// `wanted`: as pick_device() takes it; empty: the system's default. `client` outlives the
    /// stream. Fails with io, naming the devices there are.
    static Result<std::unique_ptr<DeviceStream>> open(Direction direction, std::string wanted,
                                                      DeviceClient& client);
    /// No callback comes after.
    ~DeviceStream();
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
    struct Opened {
        std::unique_ptr<Device> device;
        bool is_stand_in = false;  // not the one that was chosen
    };
    enum class Which : std::uint8_t { wanted, stand_in };

    DeviceStream(Direction direction, std::string wanted, DeviceClient& client);

    /// Opened, but it does not call back yet.
    Result<Opened> prepare(Which which);
    static Result<void> start(Opened& opened);
    Result<Opened> open_device(Which which);
    void watch(const std::stop_token& stop);
    void reopen(TimePoint now, std::string_view why);
    void return_to_wanted(TimePoint now);
    void use(Opened opened);
    void tell(DeviceChange::State state, std::string message);
    void called_back(std::size_t samples);

    const Direction direction_;
    const std::string wanted_;
    DeviceClient& client_;

    // [audio] writes, the watch reads.
    std::atomic<Duration::rep> last_callback_{0};
    std::atomic<std::uint64_t> samples_{0};

    // miniaudio's number of the sound system that we started with and keep to.
    std::optional<int> sound_system_;

    // [watch] once its thread runs.
    Opened opened_;
    bool is_lost_ = false;  // and told
    DeviceJudge judge_;
    TimePoint retry_at_;

    std::mutex listener_mutex_;
    OnDeviceChange listener_;

    std::mutex sleep_mutex_;
    std::condition_variable_any sleep_;
    std::jthread watch_;  // last: it uses all of the above
};

}  // namespace partyline::audio

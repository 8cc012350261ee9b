// What a device calls, on its own thread.
#pragma once

#include <cstddef>

#include "base/real_time.hpp"

namespace partyline::audio {

/// Where a device's samples go to or come from.
class DeviceClient {
public:
    virtual ~DeviceClient() = default;
    /// [audio] The device's own thread: no allocation, lock, log or system call in here. `in` for a
    /// capture device, `out` for a playback device; the other is null. So many samples of each of
    /// device_channels, interleaved.
    virtual void exchange(float* out, const float* in, std::size_t samples) = 0;
};

/// [audio] The one way in which a device's thread gets to a client: under the guard.
inline void call_back(DeviceClient& client, float* out, const float* in, std::size_t samples) {
    const RealTimeScope scope;
    client.exchange(out, in, samples);
}

}  // namespace partyline::audio

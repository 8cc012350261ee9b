// The program ends, whatever it still waits for.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

#include "base/clock.hpp"

namespace partyline::cli {

/// Lives while the program ends. If that takes longer than `time`, as of a disk that does not answer, `too_late` is
/// called once, on a thread of its own.
class EndInTime {
public:
    EndInTime(Duration time, std::function<void()> too_late)
        : thread_([this, time, too_late = std::move(too_late)](const std::stop_token& stop) {
              std::unique_lock lock(mutex_);
              ended_.wait_for(lock, stop, time, [] { return false; });
              if (!stop.stop_requested()) {
                  too_late();
              }
          }) {}

private:
    std::mutex mutex_;
    std::condition_variable_any ended_;
    std::jthread thread_;  // last: it uses the above
};

}  // namespace partyline::cli

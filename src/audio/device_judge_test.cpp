#include "audio/device_judge.hpp"

#include <gtest/gtest.h>

namespace partyline::audio {
namespace {

using namespace std::chrono_literals;

class Judged : public testing::Test {
protected:
    Judged() { judge.opened(opened, 1'000); }

    /// At `now`, of a device that called back last at `called` and has asked for so many samples.
    [[nodiscard]] std::string_view at(TimePoint now, TimePoint called, std::uint64_t samples) {
        return judge.fault(now, called, 1'000 + samples).value_or("");
    }

    DeviceJudge judge;
    const TimePoint opened = TimePoint(1h);
};

TEST_F(Judged, TheFirstCallMayTakeLong) {
    const auto before = opened - 1ms;  // of the device before
    EXPECT_EQ(at(opened + device_first_callback_max, before, 0), "");
    EXPECT_EQ(at(opened + device_first_callback_max + 1ns, before, 0), "stopped");
}

TEST_F(Judged, LaterOnesMayNot) {
    EXPECT_EQ(at(opened + device_silent_max, opened, 480), "");
    EXPECT_EQ(at(opened + device_silent_max + 1ns, opened, 480), "stopped");
}

TEST_F(Judged, ADeviceMayBeAheadButNotManyTimesTooFast) {
    constexpr std::uint64_t second = dsp::sample_rate_hz;
    constexpr auto most = device_rate_factor_max * (second + device_ring_samples);
    EXPECT_EQ(at(opened + 1s, opened + 1s, most), "");
    EXPECT_EQ(at(opened + 2s, opened + 2s, 2 * most), "") << "since the last look";
    EXPECT_EQ(at(opened + 3s, opened + 3s, 3 * most + 1), "does not keep time");
    judge.opened(opened + 4s, 1'000 + 4 * most);
    EXPECT_EQ(at(opened + 5s, opened + 5s, 4 * most + second), "") << "the one that took its place";
}

}  // namespace
}  // namespace partyline::audio

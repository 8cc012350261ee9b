#include "audio/device_keeper.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "audio/limits.hpp"

namespace partyline::audio {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

enum class Fate : std::uint8_t {
    runs,
    is_gone,
    is_busy,         // it cannot be opened, and does not call back any more
    does_not_start,  // it can be opened
    never_calls,     // and started
    is_too_fast,
};

/// A machine with a chosen device and a default one.
class Machine final : public DevicePort {
public:
    explicit Machine(ManualClock& clock) : clock_(clock) {}

    Result<std::unique_ptr<OpenedDevice>> open_device(WhichDevice which) override {
        const auto fate = fate_of(which);
        if (fate == Fate::is_gone || fate == Fate::is_busy) {
            return fail(ErrorCode::io, "it is busy");
        }
        return std::make_unique<Device>(*this, which);
    }
    [[nodiscard]] bool has_chosen() const override { return chosen != Fate::is_gone; }
    [[nodiscard]] DeviceSigns signs() const override { return signs_; }
    void tell(const DeviceChange& change) override { told.push_back(change); }

    /// True if a device has called back.
    bool call() {
        if (!runs_) {
            return false;
        }
        const auto fate = fate_of(*runs_);
        if (fate != Fate::runs && fate != Fate::is_too_fast) {
            return false;
        }
        signs_.called = clock_.now();
        signs_.samples += fate == Fate::runs ? 4'800U : 100'000'000U;
        return true;
    }
    [[nodiscard]] std::vector<DeviceChange::State> states() const {
        std::vector<DeviceChange::State> states;
        for (const auto& change : told) {
            states.push_back(change.state);
        }
        return states;
    }
    [[nodiscard]] std::size_t starts(WhichDevice which) const { return times_of(which).size(); }
    /// Between the last two starts of the chosen one.
    [[nodiscard]] Duration last_wait() const {
        return chosen_started_.back() - chosen_started_[chosen_started_.size() - 2];
    }
    [[nodiscard]] std::optional<WhichDevice> in_use() const { return runs_; }

    Fate chosen = Fate::runs;
    Fate standing_in = Fate::runs;
    std::vector<DeviceChange> told;

private:
    class Device final : public OpenedDevice {
    public:
        Device(Machine& machine, WhichDevice which) : machine_(machine), which_(which) {}
        ~Device() override {
            if (started_) {
                machine_.runs_.reset();
            }
        }
        Device(const Device&) = delete;
        Device& operator=(const Device&) = delete;

        Result<void> start() override {
            EXPECT_FALSE(machine_.runs_) << "another calls back";
            if (machine_.fate_of(which_) == Fate::does_not_start) {
                return fail(ErrorCode::io, "it does not start");
            }
            started_ = true;
            machine_.runs_ = which_;
            auto& times = which_ == WhichDevice::chosen ? machine_.chosen_started_
                                                        : machine_.stand_in_started_;
            times.push_back(machine_.clock_.now());
            machine_.clock_.advance(milliseconds(1));
            return {};
        }

    private:
        Machine& machine_;
        const WhichDevice which_;
        bool started_ = false;
    };

    [[nodiscard]] Fate fate_of(WhichDevice which) const {
        return which == WhichDevice::chosen ? chosen : standing_in;
    }
    [[nodiscard]] const std::vector<TimePoint>& times_of(WhichDevice which) const {
        return which == WhichDevice::chosen ? chosen_started_ : stand_in_started_;
    }

    ManualClock& clock_;
    std::optional<WhichDevice> runs_;
    DeviceSigns signs_;
    std::vector<TimePoint> chosen_started_;
    std::vector<TimePoint> stand_in_started_;
};

using State = DeviceChange::State;
using States = std::vector<State>;

class Kept : public testing::Test {
protected:
    /// For how long of it devices called back.
    Duration run(Duration time) {
        Duration heard{};
        for (Duration passed{}; passed < time; passed += look_period) {
            clock.advance(look_period);
            heard += machine.call() ? look_period : milliseconds(0);
            keeper.look();
        }
        return heard;
    }
    void run_until_started(std::size_t times) {
        for (int i = 0; i < 10'000 && machine.starts(WhichDevice::chosen) < times; ++i) {
            run(look_period);
        }
        ASSERT_EQ(machine.starts(WhichDevice::chosen), times);
    }

    static constexpr milliseconds look_period{100};

    ManualClock clock;
    Machine machine{clock};
    DeviceKeeper keeper{machine, clock, Direction::playback, "headset"};
};

TEST_F(Kept, WhatRunsIsLeftAlone) {
    ASSERT_TRUE(keeper.begin());
    EXPECT_EQ(run(minutes(1)), minutes(1));
    EXPECT_EQ(machine.starts(WhichDevice::chosen), 1U);
    EXPECT_TRUE(machine.told.empty());
    keeper.close();
    EXPECT_FALSE(machine.in_use());
}

TEST_F(Kept, AChosenDeviceThatIsNotThereAtTheStartIsAnError) {
    machine.chosen = Fate::is_busy;
    const auto begun = keeper.begin();
    ASSERT_FALSE(begun);
    EXPECT_EQ(begun.error().message, "it is busy");
    EXPECT_EQ(machine.starts(WhichDevice::stand_in), 0U);
}

TEST_F(Kept, TheStandInPlaysOnWhileTheChosenDeviceIsBusy) {
    ASSERT_TRUE(keeper.begin());
    run(seconds(1));
    machine.chosen = Fate::is_busy;
    run(seconds(1));
    EXPECT_EQ(machine.states(), States{State::stand_in});
    EXPECT_TRUE(machine.told.back().message.contains("\"headset\" is gone or busy"));
    EXPECT_EQ(run(seconds(30)), seconds(30)) << "without a hole";
    EXPECT_EQ(machine.starts(WhichDevice::stand_in), 1U);
    machine.chosen = Fate::runs;
    run(2 * DeviceKeeper::retry_period);
    EXPECT_EQ(machine.in_use(), WhichDevice::chosen);
    EXPECT_EQ(machine.states(), (States{State::stand_in, State::back}));
}

TEST_F(Kept, OneThatVanishesBeforeItHasCalledIsGoneAndBackAtOnce) {
    machine.chosen = Fate::never_calls;
    ASSERT_TRUE(keeper.begin());
    run(seconds(1));
    machine.chosen = Fate::is_gone;
    run(device_first_callback_max);
    ASSERT_EQ(machine.states(), States{State::stand_in});
    EXPECT_TRUE(machine.told.back().message.contains("\"headset\" is gone or busy"));
    machine.chosen = Fate::runs;
    run(2 * DeviceKeeper::retry_period);
    EXPECT_EQ(machine.states(), (States{State::stand_in, State::back}));
}

TEST_F(Kept, OneThatIsOpenedAndNeverCallsIsTriedLessAndLessOften) {
    machine.chosen = Fate::never_calls;
    ASSERT_TRUE(keeper.begin());
    Duration rest = device_rest_min;
    for (std::size_t starts = 2; starts < 12; ++starts) {
        ASSERT_NO_FATAL_FAILURE(run_until_started(starts));
        EXPECT_GE(machine.last_wait(), device_first_callback_max + rest);
        EXPECT_LE(machine.last_wait(), device_first_callback_max + rest + 2 * look_period);
        rest = std::min<Duration>(2 * rest, device_rest_max);
    }
    EXPECT_EQ(rest, device_rest_max);
    EXPECT_EQ(machine.states(), States{State::stand_in}) << "once";
    EXPECT_TRUE(machine.told.back().message.contains("\"headset\" does not run"));
    EXPECT_GT(run(minutes(60)), minutes(59)) << "by the stand-in";
    machine.chosen = Fate::runs;
    run(device_rest_max + seconds(5));
    EXPECT_EQ(machine.in_use(), WhichDevice::chosen);
    EXPECT_EQ(machine.states(), (States{State::stand_in, State::back}));
}

TEST_F(Kept, SoIsOneThatDoesNotStart) {
    ASSERT_TRUE(keeper.begin());
    run(seconds(1));
    machine.chosen = Fate::does_not_start;
    run(seconds(1));
    EXPECT_GT(run(minutes(60)), minutes(59));
    EXPECT_LT(machine.starts(WhichDevice::stand_in), 30U);
    EXPECT_EQ(machine.states(), States{State::stand_in});
}

TEST_F(Kept, AndOneThatKeepsNoTime) {
    machine.chosen = Fate::is_too_fast;
    ASSERT_TRUE(keeper.begin());
    run(minutes(60));
    EXPECT_LT(machine.starts(WhichDevice::chosen), 30U);
    EXPECT_EQ(machine.states(), States{State::stand_in});
}

TEST_F(Kept, WhatHasRunForAWhileIsTrustedAgain) {
    machine.chosen = Fate::never_calls;
    ASSERT_TRUE(keeper.begin());
    for (const bool long_enough : {false, true}) {
        const auto before = machine.starts(WhichDevice::chosen);
        ASSERT_NO_FATAL_FAILURE(run_until_started(before + 1));
        machine.chosen = Fate::runs;
        run(device_trusted_after + (long_enough ? 2 : -2) * look_period);
        machine.chosen = Fate::never_calls;
        // It is tried at once, as it has run, and then after a rest.
        ASSERT_NO_FATAL_FAILURE(run_until_started(before + 3));
        if (long_enough) {
            EXPECT_LE(machine.last_wait(),
                      device_first_callback_max + device_rest_min + 2 * look_period);
        } else {
            EXPECT_GE(machine.last_wait(), device_first_callback_max + 2 * device_rest_min);
        }
    }
}

TEST_F(Kept, OneThatIsUnpluggedAndPluggedInAgainWaitsForNoRest) {
    machine.chosen = Fate::never_calls;
    ASSERT_TRUE(keeper.begin());
    ASSERT_NO_FATAL_FAILURE(run_until_started(6));
    run(seconds(10));
    ASSERT_EQ(machine.in_use(), WhichDevice::stand_in);
    machine.chosen = Fate::is_gone;
    run(2 * DeviceKeeper::retry_period);
    machine.chosen = Fate::runs;
    run(2 * DeviceKeeper::retry_period);
    EXPECT_EQ(machine.in_use(), WhichDevice::chosen);
    EXPECT_EQ(machine.states(), (States{State::stand_in, State::back}));
    machine.chosen = Fate::never_calls;
    run(seconds(1));
    ASSERT_NO_FATAL_FAILURE(run_until_started(9));
    EXPECT_LE(machine.last_wait(), device_first_callback_max + device_rest_min + seconds(1))
        << "nor does the next begin where that one was";
}

TEST_F(Kept, WhereNothingIsLeftThatIsToldOnce) {
    ASSERT_TRUE(keeper.begin());
    run(seconds(1));
    machine.chosen = machine.standing_in = Fate::is_busy;
    run(seconds(30));
    EXPECT_EQ(machine.states(), States{State::lost});
    machine.standing_in = Fate::runs;
    run(seconds(2));
    EXPECT_EQ(machine.states(), (States{State::lost, State::stand_in}));
}

TEST_F(Kept, AStandInThatDoesNotRunEitherIsNotSaidToServe) {
    ASSERT_TRUE(keeper.begin());
    run(seconds(1));
    machine.chosen = Fate::is_busy;
    machine.standing_in = Fate::never_calls;
    run(seconds(30));
    EXPECT_EQ(machine.states(), States{State::lost}) << "once";
    machine.standing_in = Fate::runs;
    run(seconds(1));
    EXPECT_EQ(machine.states(), (States{State::lost, State::stand_in}));
}

TEST_F(Kept, WhereNothingStandsInTheChosenDeviceIsGivenNoRest) {
    machine.chosen = Fate::never_calls;
    machine.standing_in = Fate::is_busy;
    ASSERT_TRUE(keeper.begin());
    run(minutes(1));
    EXPECT_GT(machine.starts(WhichDevice::chosen), 15U);
    EXPECT_EQ(machine.states(), States{State::lost}) << "once";
    machine.chosen = Fate::runs;
    EXPECT_GT(run(seconds(10)), seconds(9));
    EXPECT_EQ(machine.states(), (States{State::lost, State::back}));
    EXPECT_EQ(machine.starts(WhichDevice::stand_in), 0U);
}

TEST(KeptDefault, ThatNeverCallsIsToldOfOnceAndTriedAgain) {
    ManualClock clock;
    Machine machine(clock);
    DeviceKeeper keeper(machine, clock, Direction::capture, "");
    machine.chosen = Fate::never_calls;
    ASSERT_TRUE(keeper.begin());
    const auto run = [&](int looks) {
        for (int i = 0; i < looks; ++i) {
            clock.advance(milliseconds(100));
            machine.call();
            keeper.look();
        }
    };
    run(300);
    EXPECT_EQ(machine.states(), States{State::lost});
    EXPECT_GT(machine.starts(WhichDevice::chosen), 5U);
    EXPECT_EQ(machine.starts(WhichDevice::stand_in), 0U);
    machine.chosen = Fate::runs;
    run(50);
    EXPECT_EQ(machine.states(), (States{State::lost, State::back}));
}

}  // namespace
}  // namespace partyline::audio

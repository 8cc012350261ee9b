#include "audio/device_choice.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace partyline::audio {
namespace {

const std::vector<DeviceName> devices{
    {.name = "Built-in Audio", .id = "alsa_input.pci"},
    {.name = "Headset", .id = "usb.1"},
    {.name = "Headset Pro", .id = "usb.2"},
    {.name = "Webcam", .id = ""},
};

TEST(DeviceChoice, TakesIdThenNameThenAnUnmistakablePart) {
    struct Case {
        const char* wanted;
        std::optional<std::size_t> picked;
    };
    for (const auto& [wanted, picked] : {Case{"usb.1", 1},
                                         {"USB.2", 2},
                                         {"headset", 1},
                                         {"Headset Pro", 2},
                                         {"pro", 2},
                                         {"web", 3},
                                         {"heads", std::nullopt},
                                         {"phone", std::nullopt}}) {
        EXPECT_EQ(pick_device(devices, wanted), picked) << wanted;
    }
}

TEST(DeviceChoice, SaysWhatThereIs) {
    EXPECT_EQ(no_such_device(Direction::capture, "phone", devices).message,
              "there is no microphone \"phone\"; the microphones are: \"Built-in Audio\" "
              "(alsa_input.pci), \"Headset\" (usb.1), \"Headset Pro\" (usb.2), \"Webcam\"");
    EXPECT_EQ(no_such_device(Direction::playback, "phone", {}).message,
              "there is no speaker \"phone\", nor any other");
}

TEST(DeviceChoice, SaysWhatIsThereAndDoesNotOpen) {
    const auto error = cannot_open(Direction::capture, "usb.1", "Device or resource busy");
    EXPECT_EQ(error.code, ErrorCode::io);
    EXPECT_EQ(error.message, "cannot open the microphone \"usb.1\" (Device or resource busy)");
    EXPECT_EQ(cannot_open(Direction::playback, "", "there is none").message,
              "cannot open the default speaker (there is none)");
}

}  // namespace
}  // namespace partyline::audio

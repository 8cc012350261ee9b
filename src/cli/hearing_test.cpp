#include "cli/hearing.hpp"

#include <gtest/gtest.h>

namespace partyline::cli {
namespace {

SetVolume volume(std::string_view argument) {
    const auto parsed = parse_hearing("volume", argument);
    EXPECT_TRUE(parsed) << argument;
    return parsed ? std::get<SetVolume>(*parsed) : SetVolume{};
}

TEST(Hearing, AVolumeIsAShareOrDecibels) {
    EXPECT_EQ(volume("bob 100%"), (SetVolume{.name = "bob", .gain_db = 0}));
    EXPECT_EQ(volume("bob 50%"), (SetVolume{.name = "bob", .gain_db = -6}));
    EXPECT_EQ(volume("bob 1%"), (SetVolume{.name = "bob", .gain_db = -40}));
    EXPECT_EQ(volume("bob 1000%"), (SetVolume{.name = "bob", .gain_db = 20}));
    EXPECT_EQ(volume("bob -6.25dB"), (SetVolume{.name = "bob", .gain_db = -6.3F}));
    EXPECT_EQ(volume("bob +3db"), (SetVolume{.name = "bob", .gain_db = 3}));
    EXPECT_EQ(volume("\"Bob the Builder\" 200%"),
              (SetVolume{.name = "Bob the Builder", .gain_db = 6}));
    EXPECT_EQ(volume("Bob the Builder off"), (SetVolume{.name = "Bob the Builder", .muted = true}));
    EXPECT_EQ(volume("bob on"), SetVolume{.name = "bob"});
    EXPECT_EQ(volume("bob 0%"), (SetVolume{.name = "bob", .muted = true}));
}

TEST(Hearing, WhatIsNoVolumeIsToldWhatOneIs) {
    for (const auto* bad :
         {"", "bob", "50%", "bob loud", "bob 0.9%", "bob 1010%", "bob -41dB", "bob 21dB", "bob -5%",
          "bob nandB", "bob nan%", "bob 50", "\"\" 50%", "\"bob 50%", "bob 5 0%x"}) {
        const auto parsed = parse_hearing("volume", bad);
        ASSERT_FALSE(parsed) << bad;
        EXPECT_EQ(parsed.error().code, ErrorCode::malformed) << bad;
    }
    EXPECT_TRUE(parse_hearing("volume", "bob").error().message.contains("1% to 1000%"));
}

TEST(Hearing, PriorityIsOnOrOff) {
    EXPECT_EQ(parse_hearing("priority", "on").value(), Hearing(SetPriority{.on = true}));
    EXPECT_EQ(parse_hearing("priority", "off").value(), Hearing(SetPriority{.on = false}));
    EXPECT_EQ(parse_hearing("priority", "").error().code, ErrorCode::malformed);
    EXPECT_TRUE(is_hearing("volume") && is_hearing("priority"));
    EXPECT_FALSE(is_hearing("voice"));
}

TEST(Hearing, WhoeverIsMutedKeepsTheVolumeTheyHad) {
    const std::vector<client::Person> people{
        {.session = SessionId{3}, .name = "bob", .volume = {.gain_db = -6}}};
    const auto off = resolve(volume("BOB off"), people).value();
    EXPECT_EQ(off.session, SessionId{3});
    EXPECT_EQ(off.volume, (client::Volume{.gain_db = -6, .muted = true}));
    EXPECT_EQ(resolve(volume("#3 on"), people).value().volume, client::Volume{.gain_db = -6});
    EXPECT_EQ(resolve(volume("ann on"), people).error().code, ErrorCode::unknown_person);
}

TEST(Hearing, VolumesInWords) {
    EXPECT_EQ(volume_words({}), "");
    EXPECT_EQ(volume_words({.gain_db = -6}), "at -6.0 dB");
    EXPECT_EQ(volume_words({.gain_db = 3, .muted = true}), "not heard here");
}

}  // namespace
}  // namespace partyline::cli

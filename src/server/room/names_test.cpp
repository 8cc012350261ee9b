#include "server/room/names.hpp"

#include <gtest/gtest.h>

#include <string>

namespace partyline::room {
namespace {

std::string repeat(std::string_view part, int times) {
    std::string whole;
    for (int i = 0; i < times; ++i) {
        whole += part;
    }
    return whole;
}

TEST(RoomNames, Person) {
    struct Case {
        std::string what;
        std::string name;
        bool good;
    };
    const Case cases[] = {
        {"plain", "Ada", true},
        {"inner space", "Ada Lovelace", true},
        {"not ASCII", "Zoë 好 🎤", true},
        {"joined emoji", "👩\u200D🚀", true},
        {"longest", repeat("ß", 32), true},
        {"longest in bytes", repeat("🎤", 32), true},
        {"too long", repeat("a", 33), false},
        {"empty", "", false},
        {"a space", " ", false},
        {"only a no-break space", "\u00A0", false},
        {"only a joiner", "\u200D", false},
        {"leading space", " Ada", false},
        {"trailing ideographic space", "Ada\u3000", false},
        {"line feed", "A\nda", false},
        {"right-to-left override", "\u202EadA", false},
        {"broken UTF-8", "Ad\xC3", false},
        {"zero byte", std::string("A\0da", 4), false},
    };
    for (const auto& [what, name, good] : cases) {
        const auto checked = check_person_name(name);
        EXPECT_EQ(checked.has_value(), good) << what;
        EXPECT_TRUE(checked || checked.error().code == ErrorCode::invalid_name) << what;
    }
}

TEST(RoomNames, WhatCountsAsTheSame) {
    struct Case {
        std::string_view one, other;
        bool same;
    };
    const Case cases[] = {
        {"Ada", "aDA", true},           {"Ada", "Ade", false},      {"A B", "A\u00A0b", true},
        {"A B", "AB", false},           {"A\u200Dda", "Ada", true}, {"Ä", "Ö", false},
        {"A\u2003B", "a\u2007b", true},
    };
    for (const auto& [one, other, same] : cases) {
        EXPECT_EQ(fold_name(one) == fold_name(other), same) << one << " / " << other;
    }
}

TEST(RoomNames, TopicsAndTexts) {
    EXPECT_TRUE(check_topic(""));
    EXPECT_TRUE(check_topic(repeat("t", 512)));
    EXPECT_EQ(check_topic(repeat("t", 513)).error().code, ErrorCode::too_large);
    EXPECT_EQ(check_topic("two\nlines").error().code, ErrorCode::not_permitted);
    EXPECT_TRUE(check_text("two\nlines\tand a tab"));
    EXPECT_TRUE(check_text(repeat("t", 4096)));
    EXPECT_EQ(check_text(repeat("t", 4097)).error().code, ErrorCode::too_large);
    EXPECT_EQ(check_text("").error().code, ErrorCode::not_permitted);
    EXPECT_EQ(check_text("bell \a").error().code, ErrorCode::not_permitted);
    EXPECT_EQ(check_text("\xFF").error().code, ErrorCode::not_permitted);
}

}  // namespace
}  // namespace partyline::room

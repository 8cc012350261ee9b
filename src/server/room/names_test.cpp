#include "server/room/names.hpp"

#include <gtest/gtest.h>

#include <string>

#include "server/room/gone_accounts.hpp"
#include "server/room/limits.hpp"

namespace partyline::room {
namespace {

std::string repeat(std::string_view part, std::size_t times) {
    std::string whole;
    for (std::size_t i = 0; i < times; ++i) {
        whole += part;
    }
    return whole;
}

std::string utf8(char32_t c) {
    const auto byte = [](char32_t bits) {
        return static_cast<char>(static_cast<unsigned char>(bits));
    };
    const auto tail = [&](int shift) { return byte(0x80U | ((c >> shift) & 0x3FU)); };
    if (c < 0x80) {
        return {byte(c)};
    }
    if (c < 0x800) {
        return {byte(0xC0U | (c >> 6)), tail(0)};
    }
    if (c < 0x10000) {
        return {byte(0xE0U | (c >> 12)), tail(6), tail(0)};
    }
    return {byte(0xF0U | (c >> 18)), tail(12), tail(6), tail(0)};
}

TEST(RoomNames, NobodyIsCalledAsTheMachine) {
    EXPECT_FALSE(check_person_name(at_the_machine_name));
    EXPECT_FALSE(check_person_name("(At The Machine)"));
    EXPECT_TRUE(check_person_name("at the machine"));
    EXPECT_TRUE(check_channel_name(at_the_machine_name));
    EXPECT_EQ(fold_name(at_the_machine_name), at_the_machine_name);
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
        {"longest", repeat("ß", name_code_points_max), true},
        {"longest in bytes", repeat("🎤", name_bytes_max / 4), true},
        {"too long in bytes", repeat("🎤", name_bytes_max / 4 + 1), false},
        {"too long", repeat("a", name_code_points_max + 1), false},
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
        {"Ada", "aDA", true},
        {"Ada", "Ade", false},
        {"A B", "A\u00A0b", true},
        {"A B", "AB", false},
        {"A\u200Dda", "Ada", true},
        {"Ä", "Ö", false},
        {"A\u2003B", "a\u2007b", true},
        {"Zoë", "ZOE\u0308", true},  // composed and decomposed
        {"Ada", "Ａｄａ", true},     // full width
        {"ﬁn", "FIN", true},         // ligature
        {"Straße", "STRASSE", true},
        {"ΣΊΣΥΦΟΣ", "σίσυφος", true},  // final sigma
        {"heart\u2764", "heart\u2764\uFE0F", true},
        {"A\u1680B", "A\u2800b", true},
        {"Zoë", "Zoe", false},
        {"Ada", "Аda", false},  // another alphabet's letter is another name
    };
    for (const auto& [one, other, same] : cases) {
        EXPECT_EQ(fold_name(one) == fold_name(other), same) << one << " / " << other;
    }
}

TEST(RoomNames, FoldingTwiceIsFoldingOnceForEveryCharacter) {
    for (char32_t c = 1; c <= 0x10FFFF; ++c) {
        if (c >= 0xD800 && c <= 0xDFFF) {
            continue;
        }
        const auto name = "a" + utf8(c) + "\u0301B";
        const auto folded = fold_name(name);
        ASSERT_EQ(fold_name(folded), folded) << std::hex << static_cast<std::uint32_t>(c);
        ASSERT_EQ(fold_name(normal_name(name)), folded)
            << std::hex << static_cast<std::uint32_t>(c);
    }
}

TEST(RoomNames, LengthCountsWhatIsKept) {
    EXPECT_EQ(normal_name("Zoe\u0308"), "Zoë");
    EXPECT_TRUE(check_person_name(repeat("e\u0308", 32)));
    // U+0344 is two marks when composed as NFC wants it.
    EXPECT_FALSE(check_person_name(repeat("\u0344", 17)));
}

TEST(RoomNames, NobodyIsCalledAsDeletedAccountsAre) {
    for (const auto* name : {"account:12", " Account:x", "ACCOUNT:", "\uFF41ccount\uFF1A7"}) {
        EXPECT_EQ(check_person_name(name).error().code, ErrorCode::invalid_name) << name;
    }
    EXPECT_TRUE(check_person_name("account 12"));
    EXPECT_TRUE(check_person_name("My account:12"));
    EXPECT_EQ(gone_account(gone_account_word(AccountId{12})), AccountId{12});
    for (const auto* word : {"account:", "account:0", "account:1x", "account:-1", "Ada"}) {
        EXPECT_FALSE(gone_account(word)) << word;
    }
}

TEST(RoomNames, TopicsAndTexts) {
    EXPECT_TRUE(check_channel_name(repeat("🎤", channel_name_code_points_max)));
    EXPECT_EQ(check_channel_name(repeat("🎤", channel_name_code_points_max + 1)).error().code,
              ErrorCode::invalid_name);
    EXPECT_TRUE(check_topic(""));
    EXPECT_TRUE(check_topic(repeat("t", topic_bytes_max)));
    EXPECT_EQ(check_topic(repeat("t", topic_bytes_max + 1)).error().code, ErrorCode::too_large);
    EXPECT_EQ(normal_topic("Zoe\u0308"), "Zoë");
    // U+0958 is two letters in normal form, of twice the bytes.
    EXPECT_EQ(normal_topic("\u0958"), "\u0915\u093C");
    EXPECT_EQ(normal_topic(repeat("\u0958", topic_bytes_max / 3)),
              repeat("\u0958", topic_bytes_max / 3));
    EXPECT_EQ(check_topic("two\nlines").error().code, ErrorCode::not_permitted);
    EXPECT_TRUE(check_text("two\nlines\tand a tab"));
    EXPECT_TRUE(check_text(repeat("t", text_bytes_max)));
    EXPECT_EQ(check_text(repeat("t", text_bytes_max + 1)).error().code, ErrorCode::too_large);
    EXPECT_EQ(check_text("").error().code, ErrorCode::not_permitted);
    EXPECT_EQ(check_text("bell \a").error().code, ErrorCode::not_permitted);
    EXPECT_EQ(check_text("\xFF").error().code, ErrorCode::not_permitted);
    EXPECT_TRUE(check_text("\u0645\u06CC\u200C\u062E\u0648\u0627\u0647\u0645")) << "Persian";
    EXPECT_FALSE(check_topic("\u0645\u06CC\u200C\u062E\u0648\u0627\u0647\u0645"));
    EXPECT_EQ(check_text("\u202Ereversed").error().code, ErrorCode::not_permitted);
}

}  // namespace
}  // namespace partyline::room

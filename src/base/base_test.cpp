#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "base/bytes.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/spsc_ring.hpp"
#include "base/text.hpp"

namespace partyline {
namespace {

TEST(Bytes, BigEndianRoundTrip) {
    Bytes out;
    append_be<std::uint16_t>(out, 0x0102);
    append_be<std::uint64_t>(out, 0x0304050607080910);
    EXPECT_EQ(to_hex(out), "01020304050607080910");
    EXPECT_EQ(load_be<std::uint16_t>(out), 0x0102);
    EXPECT_EQ(load_be<std::uint64_t>(ByteView(out).subspan(2)), 0x0304050607080910U);
}

TEST(Bytes, HexRefusesWhatIsNotHex) {
    EXPECT_EQ(from_hex("00fFA0"), (Bytes{std::byte{0}, std::byte{255}, std::byte{160}}));
    EXPECT_FALSE(from_hex("0"));
    EXPECT_FALSE(from_hex("0g"));
}

TEST(Bytes, Base64UrlVectorsOfRfc4648) {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
        {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"},
    };
    for (const auto& [plain, encoded] : cases) {
        EXPECT_EQ(to_base64url(as_bytes(plain)), encoded);
        EXPECT_EQ(from_base64url(encoded), to_bytes(as_bytes(plain))) << encoded;
    }
    EXPECT_FALSE(from_base64url("Zh")) << "left-over bits must be zero";
    EXPECT_FALSE(from_base64url("Z"));
    EXPECT_FALSE(from_base64url("Zg=="));
    EXPECT_FALSE(from_base64url("Zm9+"));
}

TEST(SpscRing, KeepsOrderAndRefusesWhenFull) {
    SpscRing<int> ring(4);
    for (int i = 0; i < 4; ++i) {
        EXPECT_TRUE(ring.push(int{i}));
    }
    EXPECT_FALSE(ring.push(4));
    EXPECT_EQ(ring.size(), 4U);
    EXPECT_EQ(ring.pop(), 0);
    EXPECT_TRUE(ring.push(4));
    for (int i = 1; i <= 4; ++i) {
        EXPECT_EQ(ring.pop(), i);
    }
    EXPECT_FALSE(ring.pop());
}

TEST(SpscRing, BlockWritesAreAllOrNothing) {
    SpscRing<float> ring(8);
    const std::vector<float> six(6, 1.0F);
    EXPECT_TRUE(ring.write(six));
    EXPECT_FALSE(ring.write(six));
    std::vector<float> out(10);
    EXPECT_EQ(ring.read(out), 6U);
    EXPECT_TRUE(ring.write(six));
}

TEST(SpscRing, ReadsAllThatWasWrittenAfterAPartialView) {
    SpscRing<int> ring(8);
    const std::vector<int> two{1, 2};
    std::vector<int> one(1);
    std::vector<int> rest(8);
    ASSERT_TRUE(ring.write(two));
    EXPECT_EQ(ring.read(one), 1U);
    ASSERT_TRUE(ring.write(two));
    EXPECT_EQ(ring.read(rest), 3U);
}

TEST(SpscRing, TwoThreadsLoseNothing) {
    constexpr int count = 100'000;
    SpscRing<int> ring(64);
    std::thread producer([&] {
        for (int i = 0; i < count;) {
            i += ring.push(int{i}) ? 1 : 0;
        }
    });
    for (int expected = 0; expected < count;) {
        if (const auto got = ring.pop()) {
            ASSERT_EQ(*got, expected);
            ++expected;
        }
    }
    producer.join();
}

TEST(Text, RefusesWhatIsNotUtf8) {
    const std::pair<std::string, bool> cases[] = {
        {"plain", true},
        {"gr\xC3\xBC\xC3\x9F", true},
        {"\xF0\x9F\x8E\x99", true},
        {"\xC0\xAF", false},          // overlong
        {"\xED\xA0\x80", false},      // surrogate
        {"\xF4\x90\x80\x80", false},  // beyond U+10FFFF
        {"\xE2\x82", false},          // cut short
        {"\x80", false},
    };
    for (const auto& [text, expected] : cases) {
        EXPECT_EQ(is_utf8(text), expected) << to_hex(as_bytes(text));
    }
}

TEST(Text, NamesMayNotDeceive) {
    EXPECT_TRUE(is_plain_line("Ren\xC3\xA9 \xF0\x9F\x8E\x99"));
    EXPECT_FALSE(is_plain_line("two\nlines"));
    EXPECT_FALSE(
        is_plain_line("abc\xE2\x80\xAE"
                      "cba"));  // right-to-left override
    EXPECT_FALSE(
        is_plain_line("a\xE2\x80\x8B"
                      "b"));  // zero width space
    EXPECT_TRUE(is_plain_text("two\nlines"));
    EXPECT_FALSE(is_plain_text("bell\x07"));
    EXPECT_EQ(code_points("gr\xC3\xBC\xC3\x9F"), 4U);
}

TEST(Text, WhatScriptsAreWrittenWithIsTextButNoName) {
    for (const std::string_view text : {
             "\u0645\u06CC\u200C\u062E\u0648\u0627\u0647\u0645",  // Persian, with a non-joiner
             "C++\u200E \u05D1\u05E1\u05D3\u05E8",  // Hebrew that begins with Latin letters
             "\u0627\u0644\u0633\u0644\u0627\u0645!\u200F",
             "5\u061C-3",
         }) {
        EXPECT_TRUE(is_plain_text(text)) << text;
        EXPECT_EQ(to_plain_text(text), text);
        EXPECT_FALSE(is_plain_line(text)) << text;
    }
    // A family, and a Devanagari word: joiners are in names, too, where they make no difference.
    for (const std::string_view text :
         {"\U0001F468\u200D\U0001F469\u200D\U0001F467", "\u0930\u094D\u200D\u092F"}) {
        EXPECT_TRUE(is_plain_text(text)) << text;
        EXPECT_TRUE(is_plain_line(text)) << text;
    }
}

TEST(Text, NothingTurnsAroundWhatFollowsIt) {
    for (const std::string_view text :
         {"a\u202A", "a\u202B", "a\u202C", "a\u202D", "a\u202E", "a\u2066", "a\u2067", "a\u2068",
          "a\u2069", "a\u200B", "a\u2060", "a\u00AD", "a\uFEFF", "a\u2028"}) {
        EXPECT_FALSE(is_plain_text(text)) << to_hex(as_bytes(text));
        EXPECT_FALSE(is_plain_line(text)) << to_hex(as_bytes(text));
        EXPECT_EQ(to_plain_text(text), "a?");
    }
}

TEST(Text, WhatTerminalsWouldObeyIsReplaced) {
    struct Case {
        std::string_view text, line, lines;
    };
    for (const auto& [text, line, lines] : {
             Case{"Ren\xC3\xA9 \xF0\x9F\x8E\x99", "Ren\xC3\xA9 \xF0\x9F\x8E\x99",
                  "Ren\xC3\xA9 \xF0\x9F\x8E\x99"},
             {"\x1B[2J", "?[2J", "?[2J"},
             {"\xC2\x9B"
              "2J",
              "?2J", "?2J"},  // the same in one C1 control character
             {"\x9B"
              "2J",
              "?2J", "?2J"},  // and as a byte that is no UTF-8
             {"\xC2\x9D"
              "0;title\x07",
              "?0;title?", "?0;title?"},
             {"a\r\nb\tc", "a??b?c", "a?\nb\tc"},
             {"\xE2\x80\xAE"
              "evil",
              "?evil", "?evil"},  // right to left
             {"a\xE2\x80\x8B"
              "b",
              "a?b", "a?b"},  // no width
             {"\xED\xA0\x80", "???", "???"},
             {"\xF0\x9F\x8E", "???", "???"},
             {"", "", ""},
         }) {
        EXPECT_EQ(to_plain_line(text), line);
        EXPECT_EQ(to_plain_text(text), lines);
        EXPECT_TRUE(is_plain_line(to_plain_line(text)));
        EXPECT_TRUE(is_plain_text(to_plain_text(text)));
    }
}

TEST(Random, SameSeedSameNumbers) {
    Random a(7);
    Random b(7);
    Random c(8);
    EXPECT_EQ(a.next(), b.next());
    EXPECT_NE(a.next(), c.next());
    for (int i = 0; i < 1000; ++i) {
        const auto u = a.uniform();
        EXPECT_TRUE(u >= 0.0 && u < 1.0);
    }
}

TEST(Log, AnyLineIsAJsonString) {
    EXPECT_EQ(log::to_json_string("plain"), R"("plain")");
    EXPECT_EQ(log::to_json_string("a \"b\" \\ c\nd\te"), R"("a \"b\" \\ c\nd\te")");
    EXPECT_EQ(log::to_json_string(std::string_view("\0\x1B[2J\x7F", 6)),
              R"("\u0000\u001b[2J\u007f")");
    EXPECT_EQ(log::to_json_string("caf\u00E9"), "\"caf\u00E9\"");
    EXPECT_EQ(log::to_json_string("\xFF!"), R"("?!")");
}

}  // namespace
}  // namespace partyline

#include "client/missed_texts.hpp"

#include <gtest/gtest.h>

#include <format>
#include <string>

namespace partyline::client {
namespace {

wire::History history(std::initializer_list<std::uint64_t> ids, bool more = false) {
    wire::History out{.channel = ChannelId{1}, .texts = {}, .more = more};
    for (const auto id : ids) {
        out.texts.push_back({.id = MessageId{id}, .text = "word"});
    }
    return out;
}

std::string take(MissedTexts& missed, const wire::History& history) {
    const auto found = missed.take(history);
    std::string out;
    for (const auto& text : found.texts) {
        out += std::format("{} ", text.id.value);
    }
    return out + (found.more ? "and more" : "");
}

TEST(MissedTexts, InANewRoomNothingIsMissedYet) {
    MissedTexts missed;
    EXPECT_TRUE(missed.knows_nothing());
    missed.go_away();
    EXPECT_FALSE(missed.any()) << "what would be missed cannot be told from what is old";
    EXPECT_EQ(take(missed, history({5}, true)), "");
    EXPECT_FALSE(missed.knows_nothing());
    EXPECT_EQ(missed.told_to(), MessageId{5});
    missed.go_away();
    EXPECT_TRUE(missed.any());
    EXPECT_EQ(take(missed, history({3, 5, 7, 8}, true)), "7 8 ");
    EXPECT_FALSE(missed.any());
    EXPECT_EQ(missed.told_to(), MessageId{8});
}

TEST(MissedTexts, InARoomWithoutTextsAllThatComesIsNew) {
    MissedTexts missed;
    take(missed, history({}));
    EXPECT_EQ(missed.told_to(), MessageId{});
    missed.go_away();
    EXPECT_EQ(take(missed, history({1, 2}, true)), "1 2 and more");
}

TEST(MissedTexts, WhatIsToldIsNotMissed) {
    MissedTexts missed(MessageId{5});
    EXPECT_TRUE(missed.any());
    missed.told(MessageId{9});
    missed.told(MessageId{10});
    EXPECT_EQ(missed.told_to(), MessageId{5}) << "as long as it is not looked up";
    EXPECT_EQ(take(missed, history({5, 7, 9, 10})), "7 ");
    EXPECT_EQ(missed.told_to(), MessageId{10});
    missed.told(MessageId{11});
    EXPECT_EQ(missed.told_to(), MessageId{11});
}

TEST(MissedTexts, AnAnswerThatComesLateChangesNothing) {
    MissedTexts missed;
    missed.told(MessageId{9});
    EXPECT_EQ(take(missed, history({8})), "");
    EXPECT_EQ(missed.told_to(), MessageId{9});
}

TEST(MissedTexts, WhatIsNotLookedUpIsMissedTheNextTime) {
    MissedTexts missed(MessageId{5});
    missed.go_away();
    EXPECT_EQ(take(missed, history({5, 6})), "6 ") << "away twice";
    missed.go_away();
    missed.give_up();
    EXPECT_FALSE(missed.any());
    missed.go_away();
    EXPECT_EQ(take(missed, history({5, 6, 7})), "7 ") << "after a refusal";
    missed.go_away();
    EXPECT_EQ(take(missed, history({5, 6, 7})), "") << "nothing was said";
    EXPECT_EQ(missed.told_to(), MessageId{7});
}

TEST(MissedTexts, DeletedOnesAreNotTold) {
    MissedTexts missed(MessageId{5});
    auto texts = history({6, 7});
    texts.texts.back().deleted = true;
    EXPECT_EQ(take(missed, texts), "6 ");
    EXPECT_EQ(missed.told_to(), MessageId{7});
}

TEST(MissedTexts, AServerMayBeginAnewWithItsNumbers) {
    MissedTexts missed(MessageId{500});
    missed.give_up();
    missed.told(MessageId{1});
    missed.go_away();
    EXPECT_EQ(take(missed, history({1, 2})), "2 ");
}

}  // namespace
}  // namespace partyline::client

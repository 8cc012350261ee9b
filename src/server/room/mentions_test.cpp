#include "server/room/mentions.hpp"

#include <gtest/gtest.h>

#include <map>

#include "server/room/names.hpp"

namespace partyline::room {
namespace {

/// The accounts that `text` mentions, when these are called so.
std::vector<std::uint64_t> found(std::string_view text) {
    const std::map<std::string, std::uint64_t> people{
        {fold_name("Ada"), 1}, {fold_name("Ada Lovelace"), 2}, {fold_name("Zoë"), 3},
        {fold_name("x_x"), 4}, {fold_name("Bob!"), 5},         {fold_name("Straße"), 6}};
    std::vector<std::uint64_t> ids;
    for (const auto& person :
         mentioned(text, [&](const std::string& folded) -> std::optional<Person> {
             const auto one = people.find(folded);
             return one == people.end() ? std::nullopt
                                        : std::optional(Person::of(AccountId{one->second}));
         })) {
        ids.push_back(person.account.value);
    }
    return ids;
}

using Ids = std::vector<std::uint64_t>;

struct Case {
    std::string_view text;
    Ids people;
};

TEST(Mentions, AreWholeNamesAfterAnAtSign) {
    const std::vector<Case> cases{
        {"@Ada", {1}},
        {"hello @ada, and @ADA's cat", {1}},
        {"@Ada Lovelace was here", {2}},
        {"@Ada Lovelacement", {1}},
        {"@Ada  Lovelace", {1}},
        {"@Ada\nLovelace", {1}},
        {"@Adamant", {}},
        {"@Ada2 @Ada_ @Adä", {}},
        {"Ada", {}},
        {"mail ada@Ada.example", {}},
        {"é@Ada", {}},
        {"(@Ada)", {1}},
        {"@@Ada", {1}},
        {"@zoe\u0308!", {3}},
        {"@ZOË", {3}},
        {"@zoe", {}},
        {"@x_x @Bob!you @strasse", {4, 5, 6}},
        {"@Bob", {}},
        {"@", {}},
        {"", {}},
        {"@Zoë and @Ada and @Zoë", {3, 1}},
    };
    for (const auto& [text, people] : cases) {
        EXPECT_EQ(found(text), people) << text;
    }
}

TEST(Mentions, LongTextsAreCutWhereNoNameReachesTo) {
    EXPECT_EQ(found("@Ada " + std::string(4000, 'x')), Ids{1});
    EXPECT_EQ(found("@Ada" + std::string(4000, 'x')), Ids{});
    std::string wide;
    for (int i = 0; i < 1000; ++i) {
        wide += "ë";
    }
    EXPECT_EQ(found("@Ada " + wide), Ids{1});
    EXPECT_EQ(found("@xx" + wide), Ids{});
}

TEST(Mentions, AreBounded) {
    std::string many;
    std::string idle;
    for (std::size_t i = 0; i < mentions_tried_max; ++i) {
        idle += "@nobody ";
    }
    EXPECT_EQ(found(idle.substr(8) + "@Ada"), Ids{1});
    EXPECT_EQ(found(idle + "@Ada"), Ids{});
    for (std::size_t i = 0; i <= mentions_max; ++i) {
        many += "@" + std::to_string(i) + " ";
    }
    const auto everybody = mentioned(many, [](const std::string& folded) {
        return std::optional(Person::of(AccountId{std::stoull(folded) + 1}));
    });
    EXPECT_EQ(everybody.size(), mentions_max);
}

}  // namespace
}  // namespace partyline::room

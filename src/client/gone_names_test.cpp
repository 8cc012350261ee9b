#include "client/gone_names.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <format>
#include <string>
#include <vector>

namespace partyline::client {
namespace {

Person called(std::uint32_t session, const std::string& name) {
    return {.session = SessionId{session}, .name = name};
}

TEST(GoneNames, WhoeverHasGoneIsStillCalledAsTheyWere) {
    const std::vector<Person> before{called(1, "ann"), called(3, "bob"), called(9, "eve")};
    const std::vector<Person> after{called(2, "dan"), called(3, "bob")};
    GoneNames gone;
    gone.follow(before, before);
    EXPECT_EQ(gone.name_of(SessionId{1}), "");
    gone.follow(before, after);
    EXPECT_EQ(gone.name_of(SessionId{1}), "ann");
    EXPECT_EQ(gone.name_of(SessionId{9}), "eve");
    EXPECT_EQ(gone.name_of(SessionId{3}), "") << "who is here";
    gone.follow(after, {});
    EXPECT_EQ(gone.name_of(SessionId{2}), "dan");
    EXPECT_EQ(gone.name_of(SessionId{1}), "ann");
}

TEST(GoneNames, OfTwoWithOneNumberItIsTheLater) {
    GoneNames gone;
    for (const auto* name : {"ann", "bob"}) {
        gone.follow(std::vector{called(1, name)}, {});
        EXPECT_EQ(gone.name_of(SessionId{1}), name);
    }
}

TEST(GoneNames, SoManyAreKept) {
    constexpr auto most = static_cast<std::uint32_t>(gone_names_max);
    GoneNames gone;
    for (std::uint32_t i = 0; i < most; ++i) {
        gone.follow(std::vector{called(i, std::format("{}", i))}, {});
    }
    EXPECT_EQ(gone.name_of(SessionId{0}), "0");
    gone.follow(std::vector{called(most, "another")}, {});
    EXPECT_EQ(gone.name_of(SessionId{0}), "");
    EXPECT_EQ(gone.name_of(SessionId{1}), "1");
    EXPECT_EQ(gone.name_of(SessionId{most}), "another");
}

}  // namespace
}  // namespace partyline::client

#include "client/gone_names.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <format>
#include <string>

namespace partyline::client {
namespace {

Person called(std::uint32_t session, const std::string& name) {
    return {.session = SessionId{session}, .name = name};
}

TEST(GoneNames, OfTwoWithOneNumberItIsTheLater) {
    GoneNames gone;
    for (const auto* name : {"ann", "bob"}) {
        gone.add(called(1, name));
        EXPECT_EQ(gone.name_of(SessionId{1}), name);
    }
}

TEST(GoneNames, SoManyAreKept) {
    constexpr auto most = static_cast<std::uint32_t>(gone_names_max);
    GoneNames gone;
    for (std::uint32_t i = 0; i < most; ++i) {
        gone.add(called(i, std::format("{}", i)));
    }
    EXPECT_EQ(gone.name_of(SessionId{0}), "0");
    gone.add(called(most, "another"));
    EXPECT_EQ(gone.name_of(SessionId{0}), "");
    EXPECT_EQ(gone.name_of(SessionId{1}), "1");
    EXPECT_EQ(gone.name_of(SessionId{most}), "another");
}

}  // namespace
}  // namespace partyline::client

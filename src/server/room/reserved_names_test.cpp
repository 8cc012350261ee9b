#include "server/room/reserved_names.hpp"

#include <gtest/gtest.h>

#include "server/room/rules_test_support.hpp"

namespace partyline::room {
namespace {

class ReservedNamesTest : public testing::Test {
protected:
    [[nodiscard]] bool may(Subject who, std::string_view name) const {
        return reserved.may_bear(house.directory, who, name).has_value();
    }

    const ReservedNames reserved{{"Admin", "server"}};
    RulesHouse house;
    const Subject guest;
    const Subject ada = house.person("Ada", {}, true);
    const Subject adam = house.person("Adam", {admin_role});
    const Subject mo = house.person("Mo", {moderator_role});
    const Subject old = house.person("Server", {});
};

TEST_F(ReservedNamesTest, NobodyIsCalledThatInAnySpelling) {
    const auto refused = reserved.may_bear(house.directory, guest, "aDMIN");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::name_taken);
    EXPECT_NE(refused.error().message.find("\"aDMIN\" is kept"), std::string::npos);
    EXPECT_FALSE(may(guest, "\uFF21dmin")) << "in full width";
    EXPECT_FALSE(may(guest, "Server"));
    EXPECT_FALSE(may(mo, "Admin")) << "no moderator either";
    EXPECT_TRUE(may(guest, "Admin 2"));
    EXPECT_TRUE(may(guest, "Gus"));
}

TEST_F(ReservedNamesTest, WhoLooksAfterTheServerMay) {
    EXPECT_TRUE(may(ada, "Admin"));
    EXPECT_TRUE(may(adam, "admin"));
}

TEST_F(ReservedNamesTest, AnAccountThatWasThereBeforeKeepsItsName) {
    EXPECT_TRUE(may(old, "server"));
    EXPECT_FALSE(may(old, "admin"));
}

TEST_F(ReservedNamesTest, WithoutAListEveryNameIsFree) {
    EXPECT_TRUE(ReservedNames().may_bear(house.directory, guest, "admin"));
}

}  // namespace
}  // namespace partyline::room

#include "platform/paths.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace partyline::platform {
namespace {

TEST(Paths, FollowTheXdgRules) {
    struct Case {
        HomeVariables variables;
        const char* data;
        const char* config;
    };
    const Case cases[] = {
        {{.home = "/home/ada"}, "/home/ada/.local/share/partyline", "/home/ada/.config/partyline"},
        {{.home = "/home/ada", .xdg_data_home = "/d", .xdg_config_home = "/c"},
         "/d/partyline",
         "/c/partyline"},
        {{.home = "/home/ada", .xdg_data_home = "d", .xdg_config_home = "./c"},
         "/home/ada/.local/share/partyline",
         "/home/ada/.config/partyline"},
        {{.xdg_data_home = "/d", .xdg_config_home = "/c"}, "/d/partyline", "/c/partyline"},
    };
    for (const auto& c : cases) {
        EXPECT_EQ(data_folder(c.variables), std::filesystem::path(c.data));
        EXPECT_EQ(config_folder(c.variables), std::filesystem::path(c.config));
    }
}

TEST(Paths, NoHomeIsASettingToFix) {
    for (const auto* home : {"", "ada"}) {
        const auto folder = data_folder({.home = home});
        ASSERT_FALSE(folder);
        EXPECT_EQ(folder.error().code, ErrorCode::config);
        EXPECT_NE(folder.error().message.find("HOME"), std::string::npos);
    }
}

}  // namespace
}  // namespace partyline::platform

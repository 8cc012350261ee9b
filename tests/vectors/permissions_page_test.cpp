// Holds the table of docs/permissions.md against the names that programs use.
#include <gtest/gtest.h>

#include <format>
#include <fstream>
#include <iterator>
#include <regex>
#include <string>
#include <vector>

#include "wire/permission_names.hpp"

namespace partyline {
namespace {

TEST(PermissionsPage, HasEveryPermissionUnderItsNumber) {
    std::ifstream in("docs/permissions.md");
    const std::string page{std::istreambuf_iterator<char>(in), {}};
    std::vector<std::string> found;
    const std::regex row(R"(\n\| (\d+) \| `(\w+)` \|)");
    for (std::sregex_iterator at(page.begin(), page.end(), row), end; at != end; ++at) {
        EXPECT_EQ((*at)[1].str(), std::to_string(found.size()));
        found.push_back((*at)[2]);
    }
    EXPECT_EQ(found, std::vector<std::string>(wire::permission_names.begin(),
                                              wire::permission_names.end()));
}

}  // namespace
}  // namespace partyline

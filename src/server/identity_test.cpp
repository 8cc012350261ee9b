#include "server/identity.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "platform/scratch_folder.hpp"
#include "server/data_folder.hpp"

namespace partyline::server {
namespace {

TEST(NewIdentity, ThatRootMakesIsWhoseTheDatabaseIs) {
    if (geteuid() != 0) {
        GTEST_SKIP() << "only root can give files away";
    }
    constexpr uid_t somebody_else = 54'321;
    const platform::ScratchFolder scratch;
    auto config = config::embedded_defaults();
    config.data_folder = scratch.path();
    const auto database = scratch.path() / database_file;
    std::ofstream(database) << "of a server that has run";
    ASSERT_EQ(chown(database.c_str(), somebody_else, somebody_else), 0);
    const auto made = make_new_identity(config);
    ASSERT_TRUE(made) << made.error().message;
    struct stat facts{};
    ASSERT_EQ(stat((scratch.path() / identity_file).c_str(), &facts), 0);
    EXPECT_EQ(facts.st_uid, somebody_else);
}

}  // namespace
}  // namespace partyline::server

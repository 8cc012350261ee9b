#include "platform/machine.hpp"

#include <gtest/gtest.h>

#include <iterator>

#include "platform/scratch_folder.hpp"

namespace partyline::platform {
namespace {

namespace fs = std::filesystem;

TEST(Machine, TellsHowMuchRoomThereIs) {
    const ScratchFolder folder;
    EXPECT_GT(disk_room(folder.path()).value().free_bytes, 0U);
    const auto missing = disk_room(folder.path() / "missing");
    ASSERT_FALSE(missing);
    EXPECT_TRUE(missing.error().message.ends_with("missing: No such file or directory"));
}

TEST(Machine, TryingToWriteLeavesNothing) {
    const ScratchFolder folder;
    EXPECT_TRUE(try_to_write(folder.path()));
    EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 0);
    EXPECT_FALSE(try_to_write(folder.path() / "missing"));
}

TEST(Machine, AsksForTheClockWithoutSettingIt) { EXPECT_NO_FATAL_FAILURE(clock_sync()); }

}  // namespace
}  // namespace partyline::platform

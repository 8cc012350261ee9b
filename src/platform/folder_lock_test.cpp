#include "platform/folder_lock.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <optional>
#include <utility>

#include "platform/scratch_folder.hpp"

namespace partyline::platform {
namespace {

TEST(FolderLock, OneAtATime) {
    const ScratchFolder scratch;
    const auto folder = scratch.path() / "new" / "data";
    auto first = FolderLock::take(folder);
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_TRUE(FolderLock::is_held(folder));
    const auto second = FolderLock::take(folder);
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().message.find("in use by another switchboard"), std::string::npos);
    EXPECT_NE(second.error().message.find(folder.string()), std::string::npos);
    {
        const auto moved = std::move(*first);
        EXPECT_FALSE(FolderLock::take(folder));
    }
    EXPECT_FALSE(FolderLock::is_held(folder));
    EXPECT_FALSE(FolderLock::is_held(scratch.path() / "absent"));
    EXPECT_TRUE(FolderLock::take(folder)) << "free again once its holder is gone";
}

TEST(FolderLock, AFolderThatCannotBeIsNamed) {
    const ScratchFolder scratch;
    std::ofstream(scratch.path() / "file") << "not a folder";
    const auto lock = FolderLock::take(scratch.path() / "file" / "data");
    ASSERT_FALSE(lock);
    EXPECT_EQ(lock.error().code, ErrorCode::io);
    EXPECT_NE(lock.error().message.find((scratch.path() / "file" / "data").string()),
              std::string::npos);
    EXPECT_NE(lock.error().message.find("--data"), std::string::npos);
}

}  // namespace
}  // namespace partyline::platform

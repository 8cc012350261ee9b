#include "platform/flush.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "platform/scratch_folder.hpp"

namespace partyline::platform {
namespace {

TEST(Flush, FilesAndFolders) {
    const ScratchFolder scratch;
    std::ofstream(scratch.path() / "file") << "words";
    EXPECT_TRUE(flush(scratch.path() / "file"));
    EXPECT_TRUE(flush(scratch.path()));
    const auto absent = flush(scratch.path() / "absent");
    ASSERT_FALSE(absent);
    EXPECT_EQ(absent.error().code, ErrorCode::io);
    EXPECT_TRUE(absent.error().message.contains("absent cannot be brought to the disk: No such"))
        << absent.error().message;
}

}  // namespace
}  // namespace partyline::platform

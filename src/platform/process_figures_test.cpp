#include "platform/process_figures.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <vector>

namespace partyline::platform {
namespace {

TEST(ProcessFigures, CountsWhatIsOpen) {
    const auto before = process_figures();
    const int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    EXPECT_EQ(process_figures().open_files, before.open_files + 1);
    close(fd);
    EXPECT_EQ(process_figures().open_files, before.open_files);
    EXPECT_GT(before.open_files_max, before.open_files);
}

TEST(ProcessFigures, SeesMemoryThatIsTouched) {
    constexpr std::size_t bytes = 64 << 20;
    const auto before = process_figures();
    const std::vector<char> touched(bytes, 'x');
    EXPECT_GE(process_figures().resident_bytes + (1 << 20), before.resident_bytes + bytes);
    EXPECT_GE(before.threads, 1U);
    EXPECT_EQ(touched.back(), 'x');
}

}  // namespace
}  // namespace partyline::platform

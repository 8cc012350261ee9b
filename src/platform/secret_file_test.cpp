#include "platform/secret_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>

#include "platform/scratch_folder.hpp"

namespace partyline::platform {
namespace {

namespace fs = std::filesystem;

constexpr uid_t somebody_else = 54'321;

class SecretFileTest : public testing::Test {
protected:
    /// A file with these rights that was not made by us.
    fs::path file(mode_t mode) {
        const auto at = folder.path() / "secret";
        std::ofstream(at) << "key";
        EXPECT_EQ(chmod(at.c_str(), mode), 0);
        return at;
    }

    /// What is read there, or "(none)", or the refusal.
    static std::string text_in(const fs::path& at) {
        const auto bytes = read_secret_file(at);
        if (!bytes) {
            return bytes.error().message;
        }
        return *bytes ? std::string(as_text(**bytes)) : "(none)";
    }

    static void expect_refused(const fs::path& at, const char* because) {
        const auto bytes = read_secret_file(at);
        ASSERT_FALSE(bytes);
        EXPECT_EQ(bytes.error().code, ErrorCode::io);
        EXPECT_NE(bytes.error().message.find(because), std::string::npos) << bytes.error().message;
        EXPECT_NE(bytes.error().message.find(at.string()), std::string::npos)
            << bytes.error().message;
    }

    static mode_t mode_of(const fs::path& at) {
        struct stat facts{};
        EXPECT_EQ(stat(at.c_str(), &facts), 0);
        return facts.st_mode & 07777U;
    }
    static uid_t owner_of(const fs::path& at) {
        struct stat facts{};
        EXPECT_EQ(stat(at.c_str(), &facts), 0);
        return facts.st_uid;
    }

    std::size_t entries() {
        return static_cast<std::size_t>(
            std::ranges::distance(fs::directory_iterator(folder.path())));
    }

    ScratchFolder folder;
};

TEST_F(SecretFileTest, WhatIsWrittenIsRead) {
    const auto at = folder.path() / "secret";
    EXPECT_EQ(text_in(at), "(none)");
    EXPECT_EQ(create_secret_file(at, as_bytes("key")), true);
    EXPECT_EQ(text_in(at), "key");
    EXPECT_EQ(mode_of(at), 0600U);
    EXPECT_EQ(entries(), 1U) << "no draft is left behind";
}

TEST_F(SecretFileTest, NothingIsEverReplaced) {
    const auto at = folder.path() / "secret";
    ASSERT_EQ(create_secret_file(at, as_bytes("first")), true);
    EXPECT_EQ(create_secret_file(at, as_bytes("second")), false);
    EXPECT_EQ(text_in(at), "first");
    EXPECT_EQ(entries(), 1U);

    const auto link = folder.path() / "link";
    fs::create_symlink(folder.path() / "nowhere", link);
    EXPECT_EQ(create_secret_file(link, as_bytes("third")), false);
    EXPECT_FALSE(fs::exists(folder.path() / "nowhere"));
}

TEST_F(SecretFileTest, MissingFoldersAreMadePrivate) {
    const auto at = folder.path() / "a" / "b" / "secret";
    EXPECT_EQ(create_secret_file(at, as_bytes("key")), true);
    EXPECT_EQ(text_in(at), "key");
    EXPECT_EQ(mode_of(folder.path() / "a"), 0700U);
    EXPECT_EQ(mode_of(folder.path() / "a" / "b"), 0700U);
}

TEST_F(SecretFileTest, WhatOthersCanGetAtIsRefused) {
    for (const mode_t mode : {0604U, 0602U, 0601U, 0640U, 0620U, 0610U, 0666U, 0777U}) {
        expect_refused(file(mode), "chmod 600");
    }
    for (const mode_t mode : {0600U, 0400U, 0700U}) {
        EXPECT_TRUE(read_secret_file(file(mode))) << mode;
    }
}

TEST_F(SecretFileTest, WhatIsSomebodyElsesIsRefused) {
    if (geteuid() != 0) {
        GTEST_SKIP() << "only root can give files away";
    }
    const auto at = file(0600);
    ASSERT_EQ(chown(at.c_str(), somebody_else, somebody_else), 0);
    expect_refused(at, "another user");
}

TEST_F(SecretFileTest, WhoseAFileIsIsTold) {
    const auto at = file(0600);
    EXPECT_TRUE(check_is_own(at));
    EXPECT_FALSE(check_is_own(folder.path() / "absent"));
    if (geteuid() != 0) {
        GTEST_SKIP() << "only root can give files away";
    }
    ASSERT_EQ(chown(at.c_str(), somebody_else, somebody_else), 0);
    const auto refused = check_is_own(at);
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().message.contains("sudo -u '#54321'")) << refused.error().message;
}

TEST_F(SecretFileTest, WhatRootMakesGoesToWhomTheFolderBelongs) {
    const auto at = file(0600);
    EXPECT_TRUE(give_to_owner_of(folder.path(), at));
    if (geteuid() != 0) {
        GTEST_SKIP() << "only root can give files away";
    }
    ASSERT_EQ(chown(folder.path().c_str(), somebody_else, somebody_else), 0);
    EXPECT_TRUE(give_to_owner_of(folder.path(), at));
    EXPECT_EQ(owner_of(at), somebody_else);
    EXPECT_EQ(mode_of(at), 0600U);
    ASSERT_EQ(chown(folder.path().c_str(), 0, 0), 0);
    EXPECT_TRUE(give_to_owner_of(folder.path(), at));
    EXPECT_EQ(owner_of(at), somebody_else) << "what is somebody's stays theirs";
}

TEST_F(SecretFileTest, NothingElseOfRootsIsGivenAway) {
    if (geteuid() != 0) {
        GTEST_SKIP() << "only root can give files away";
    }
    const auto of_root = file(0600);
    ASSERT_EQ(chown(folder.path().c_str(), somebody_else, somebody_else), 0);
    const auto link = folder.path() / "link";
    fs::create_symlink(of_root, link);
    EXPECT_FALSE(give_to_owner_of(folder.path(), link));
    fs::remove(link);
    fs::create_hard_link(of_root, link);
    EXPECT_FALSE(give_to_owner_of(folder.path(), link));
    EXPECT_FALSE(give_to_owner_of(folder.path(), folder.path() / "absent"));
    EXPECT_EQ(owner_of(of_root), 0U);
}

TEST_F(SecretFileTest, WhatIsNoFileIsRefused) {
    expect_refused(folder.path(), "not a file");
    const auto pipe = folder.path() / "pipe";
    ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
    expect_refused(pipe, "not a file");
    const auto below_a_file = file(0600) / "secret";
    expect_refused(below_a_file, "open");
    EXPECT_FALSE(create_secret_file(below_a_file, as_bytes("key")));
}

TEST_F(SecretFileTest, SizeHasALimit) {
    const auto at = file(0600);
    fs::resize_file(at, secret_file_bytes_max);
    EXPECT_TRUE(read_secret_file(at));
    fs::resize_file(at, secret_file_bytes_max + 1);
    expect_refused(at, "too large");
}

TEST_F(SecretFileTest, ALinkToASecretIsGood) {
    const auto link = folder.path() / "link";
    fs::create_symlink(file(0600), link);
    EXPECT_TRUE(read_secret_file(link)) << "how some systems mount secrets";
    file(0644);
    expect_refused(link, "chmod 600");
}

}  // namespace
}  // namespace partyline::platform

#include "net/local.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "net/limits.hpp"
#include "net/no_descriptors_test_support.hpp"
#include "platform/scratch_folder.hpp"

namespace partyline::net {
namespace {

class LocalTest : public testing::Test {
protected:
    std::filesystem::path path() const { return folder.path() / "s"; }
    Loop loop;
    platform::ScratchFolder folder;
};

TEST_F(LocalTest, CarriesBytesBothWays) {
    auto listener = LocalListener::create(loop, path());
    ASSERT_TRUE(listener) << listener.error().message;
    auto client = LocalStream::connect(loop, path());
    ASSERT_TRUE(client) << client.error().message;
    const auto talk = [&]() -> task<> {
        auto server = co_await listener->accept();
        Bytes buffer(16);
        EXPECT_TRUE(co_await client->write(as_bytes("hello")));
        EXPECT_EQ(co_await server->read_some(buffer), 5U);
        EXPECT_EQ(as_text(ByteView(buffer).first(5)), "hello");
        EXPECT_TRUE(co_await server->write(as_bytes("yes")));
        EXPECT_EQ(co_await client->read_some(buffer), 3U);
        server->close();
        const auto end = co_await client->read_some(buffer);
        EXPECT_EQ(end.error().code, ErrorCode::closed);
    };
    loop.run_until_done(talk());
}

TEST_F(LocalTest, WithoutDescriptorsItRestsAndThenLetsPeopleIn) {
    auto listener = LocalListener::create(loop, path());
    ASSERT_TRUE(listener) << listener.error().message;
    const auto client = LocalStream::connect(loop, path());
    ASSERT_TRUE(client) << client.error().message;
    std::optional<NoDescriptors> none;
    const Alarm alarm(loop, accept_rest / 2, [&] { none.reset(); });
    none.emplace();
    const auto began = std::chrono::steady_clock::now();
    const auto accept_one = [&]() -> task<> { EXPECT_TRUE(co_await listener->accept()); };
    loop.run_until_done(accept_one());
    EXPECT_FALSE(none) << "there was none to be had at first";
    EXPECT_GE(std::chrono::steady_clock::now() - began, accept_rest);
}

TEST_F(LocalTest, IsForItsOwnerAlone) {
    const auto listener = LocalListener::create(loop, path());
    ASSERT_TRUE(listener);
    struct stat found{};
    ASSERT_EQ(::stat(path().c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777U, 0600U);
}

TEST_F(LocalTest, TakesThePlaceOfASocketThatIsLeft) {
    {
        auto dead = LocalListener::create(loop, path());
        ASSERT_TRUE(dead);
        // As after a crash: the file stays.
        std::filesystem::create_hard_link(path(), folder.path() / "kept");
    }
    std::filesystem::rename(folder.path() / "kept", path());
    const auto refused = LocalStream::connect(loop, path());
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().message.contains(path().string()));
    const auto listener = LocalListener::create(loop, path());
    EXPECT_TRUE(listener);
    EXPECT_TRUE(LocalStream::connect(loop, path()));
}

TEST_F(LocalTest, RemovesNothingButASocket) {
    std::ofstream(path()) << "precious";
    const auto refused = LocalListener::create(loop, path());
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().message.contains("in the way"));
    EXPECT_TRUE(std::filesystem::exists(path()));
}

TEST_F(LocalTest, LiesAsDeepAsItLikes) {
    const auto deep = folder.path() / std::string(120, 'x');
    std::filesystem::create_directory(deep);
    const auto listener = LocalListener::create(loop, deep / "s");
    ASSERT_TRUE(listener) << listener.error().message;
    EXPECT_TRUE(LocalStream::connect(loop, deep / "s"));
    EXPECT_FALSE(LocalListener::create(loop, folder.path() / std::string(120, 'y')));
}

TEST_F(LocalTest, SaysWhoIsNotThere) {
    const auto refused = LocalStream::connect(loop, folder.path() / "no" / "s");
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().message.contains("no/s"));
}

TEST_F(LocalTest, LeavesNoFile) {
    {
        const auto listener = LocalListener::create(loop, path());
    }
    EXPECT_FALSE(std::filesystem::exists(path()));
}

}  // namespace
}  // namespace partyline::net

#include "platform/identity_file.hpp"

#include <gtest/gtest.h>

#include <barrier>
#include <fstream>
#include <thread>
#include <vector>

#include "platform/scratch_folder.hpp"

namespace partyline::platform {
namespace {

namespace fs = std::filesystem;

TEST(IdentityFile, IsMadeOnceAndReadFromThenOn) {
    const ScratchFolder folder;
    const auto at = folder.path() / "talkie" / "identity";
    const auto made = load_or_create_identity(at);
    ASSERT_TRUE(made) << made.error().message;
    const auto read = load_or_create_identity(at);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->public_key(), made->public_key());

    const auto another = load_or_create_identity(folder.path() / "another");
    ASSERT_TRUE(another);
    EXPECT_NE(another->public_key(), made->public_key());
}

TEST(IdentityFile, TwoWhoStartTogetherAreOne) {
    for (int round = 0; round < 50; ++round) {
        const ScratchFolder folder;
        const auto at = folder.path() / "identity";
        constexpr std::size_t starters = 4;
        std::barrier ready(starters);
        std::vector<crypto::PublicKey> keys(starters);
        {
            std::vector<std::jthread> threads;
            for (auto& key : keys) {
                threads.emplace_back([&] {
                    ready.arrive_and_wait();
                    if (const auto identity = load_or_create_identity(at)) {
                        key = identity->public_key();
                    }
                });
            }
        }
        EXPECT_NE(keys[0], crypto::PublicKey{});
        for (const auto& key : keys) {
            ASSERT_EQ(key, keys[0]) << round;
        }
    }
}

TEST(IdentityFile, WhatItCannotReadStays) {
    const auto text = crypto::Identity::generate().to_text();
    struct Case {
        const char* name;
        std::string content;
        fs::perms mode;
        const char* message;
    };
    const auto owner_only = fs::perms::owner_read | fs::perms::owner_write;
    const Case cases[] = {
        {"empty", "", owner_only, "backup"},
        {"cut short", text.substr(0, text.size() - 2), owner_only, "backup"},
        {"something else", "-----BEGIN PRIVATE KEY-----\n", owner_only, "backup"},
        {"open to the group", text, owner_only | fs::perms::group_read, "chmod 600"},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.name);
        const ScratchFolder folder;
        const auto at = folder.path() / "identity";
        std::ofstream(at) << c.content;
        fs::permissions(at, c.mode);
        const auto identity = load_or_create_identity(at);
        ASSERT_FALSE(identity);
        EXPECT_EQ(identity.error().code, ErrorCode::io);
        EXPECT_NE(identity.error().message.find(c.message), std::string::npos)
            << identity.error().message;
        EXPECT_NE(identity.error().message.find(at.string()), std::string::npos);
        EXPECT_EQ(identity.error().message.find(text.substr(21, 43)), std::string::npos)
            << "the secret itself is never told";
        std::ifstream file(at);
        EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), c.content);
    }
}

TEST(IdentityFile, ALinkToNowhereIsToldAndNotFollowed) {
    const ScratchFolder folder;
    const auto at = folder.path() / "identity";
    fs::create_symlink(folder.path() / "nowhere", at);
    const auto identity = load_or_create_identity(at);
    ASSERT_FALSE(identity);
    EXPECT_NE(identity.error().message.find("link to nowhere"), std::string::npos);
    EXPECT_FALSE(fs::exists(folder.path() / "nowhere"));
}

}  // namespace
}  // namespace partyline::platform

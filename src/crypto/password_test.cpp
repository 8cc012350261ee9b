#include "crypto/password.hpp"

#include <gtest/gtest.h>
#include <sodium.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <string>

namespace partyline::crypto {
namespace {

TEST(Password, IsKnownAgainByItsHashAlone) {
    const auto hash = hash_password("correct horse").value();
    EXPECT_TRUE(hash.starts_with("$argon2id$v=19$m=65536,t=2,p=1$")) << hash;
    EXPECT_EQ(verify_password(hash, "correct horse"), PasswordCheck::right);
    EXPECT_EQ(verify_password(hash, "correct horsf"), PasswordCheck::wrong);
    EXPECT_EQ(verify_password(hash, ""), PasswordCheck::wrong);
    EXPECT_NE(hash_password("correct horse"), hash) << "each has a salt of its own";
}

TEST(Password, WhatIsNoHashFitsNothing) {
    EXPECT_EQ(verify_password("", "x"), PasswordCheck::wrong);
    EXPECT_EQ(verify_password("$argon2id$v=19$m=65536", "x"), PasswordCheck::wrong);
    EXPECT_EQ(verify_password("correct horse", "correct horse"), PasswordCheck::wrong);
}

TEST(Password, OneThatWasHashedElsewhereIsKnownToo) {
    const std::string hash =
        "$argon2id$v=19$m=65536,t=2,p=1$yH/I6Flijy5EBYw1HxoNpA$"
        "eTutn/J5guriWaQbguVRTPp7hFqN8d7M73waQ6l2yEQ";
    EXPECT_EQ(verify_password(hash, "abc"), PasswordCheck::right);
    EXPECT_EQ(verify_password(hash, "abd"), PasswordCheck::wrong);
    for (const auto* other : {
             "$argon2i$v=19$m=65536,t=2,p=1$yH/I6Flijy5EBYw1HxoNpA$"
             "eTutn/J5guriWaQbguVRTPp7hFqN8d7M73waQ6l2yEQ",
             "$argon2id$v=19$m=4294967295,t=2,p=1$yH/I6Flijy5EBYw1HxoNpA$"
             "eTutn/J5guriWaQbguVRTPp7hFqN8d7M73waQ6l2yEQ",
             "$argon2id$v=19$m=65536,t=0,p=1$yH/I6Flijy5EBYw1HxoNpA$"
             "eTutn/J5guriWaQbguVRTPp7hFqN8d7M73waQ6l2yEQ",
             "$argon2id$v=19$m=65536,t=2,p=1$yH/I6Flijy5EBYw1HxoN$"
             "eTutn/J5guriWaQbguVRTPp7hFqN8d7M73waQ6l2yEQ",
             "$argon2id$v=19$m=65536,t=2,p=1$yH/I6Flijy5EBYw1HxoNpA",
         }) {
        EXPECT_EQ(verify_password(other, "abc"), PasswordCheck::wrong) << other;
    }
}

/// As long as it lives, this process gets no more than some memory.
class ShortOfMemory {
public:
    ShortOfMemory() {
        getrlimit(RLIMIT_AS, &before_);
        std::ifstream in("/proc/self/statm");
        rlim_t pages = 0;
        in >> pages;
        const auto had = pages * static_cast<rlim_t>(sysconf(_SC_PAGESIZE));
        const rlimit limit{.rlim_cur = had + some_bytes, .rlim_max = before_.rlim_max};
        setrlimit(RLIMIT_AS, &limit);
    }
    ~ShortOfMemory() { setrlimit(RLIMIT_AS, &before_); }
    ShortOfMemory(const ShortOfMemory&) = delete;
    ShortOfMemory& operator=(const ShortOfMemory&) = delete;

private:
    static constexpr rlim_t some_bytes = 32UL * 1024 * 1024;  // a hash takes twice that
    rlimit before_{};
};

TEST(Password, ALackOfMemoryIsNoWrongPassword) {
    const auto hash = hash_password("correct horse").value();
    {
        const ShortOfMemory here;
        EXPECT_EQ(verify_password(hash, "correct horse"), PasswordCheck::no_memory);
        EXPECT_EQ(verify_password(decoy_password_hash(), "x"), PasswordCheck::no_memory);
        EXPECT_FALSE(hash_password("correct horse"));
    }
    EXPECT_EQ(verify_password(hash, "correct horse"), PasswordCheck::right);
    EXPECT_EQ(verify_password(decoy_password_hash(), "x"), PasswordCheck::wrong)
        << "though it was made when there was none";
}

TEST(Password, TheDecoyCostsAsMuchAsAnyOther) {
    EXPECT_EQ(crypto_pwhash_argon2id_str_needs_rehash(decoy_password_hash().c_str(),
                                                      crypto_pwhash_argon2id_OPSLIMIT_INTERACTIVE,
                                                      crypto_pwhash_argon2id_MEMLIMIT_INTERACTIVE),
              0);
}

}  // namespace
}  // namespace partyline::crypto

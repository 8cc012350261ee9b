#include "crypto/password.hpp"

#include <gtest/gtest.h>
#include <sodium.h>

#include <string>

namespace partyline::crypto {
namespace {

TEST(Password, IsKnownAgainByItsHashAlone) {
    const auto hash = hash_password("correct horse").value();
    EXPECT_TRUE(hash.starts_with("$argon2id$v=19$m=65536,t=2,p=1$")) << hash;
    EXPECT_TRUE(verify_password(hash, "correct horse"));
    EXPECT_FALSE(verify_password(hash, "correct horsf"));
    EXPECT_FALSE(verify_password(hash, ""));
    EXPECT_NE(hash_password("correct horse"), hash) << "each has a salt of its own";
}

TEST(Password, WhatIsNoHashFitsNothing) {
    EXPECT_FALSE(verify_password("", "x"));
    EXPECT_FALSE(verify_password("$argon2id$v=19$m=65536", "x"));
    EXPECT_FALSE(verify_password("correct horse", "correct horse"));
}

TEST(Password, TheDecoyCostsAsMuchAsAnyOther) {
    EXPECT_EQ(crypto_pwhash_argon2id_str_needs_rehash(decoy_password_hash().c_str(),
                                                      crypto_pwhash_argon2id_OPSLIMIT_INTERACTIVE,
                                                      crypto_pwhash_argon2id_MEMLIMIT_INTERACTIVE),
              0);
}

}  // namespace
}  // namespace partyline::crypto

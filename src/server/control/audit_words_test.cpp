#include "server/control/audit_words.hpp"

#include <gtest/gtest.h>

namespace partyline::control {
namespace {

using enum room::Permission;

TEST(AuditWords, WhatARoleGrants) {
    EXPECT_EQ(in_words(room::Role{.grants = {see, kick}}), "grants see kick");
    EXPECT_EQ(in_words(room::Role{}), "grants nothing");
}

TEST(AuditWords, WhatHasChangedOfARole) {
    const room::Role before{.name = "DJ", .rank = 40, .grants = {see, speak}};
    auto after = before;
    EXPECT_EQ(changes_in_words(before, after), "");
    after.name = "Host";
    EXPECT_EQ(changes_in_words(before, after), "now called Host");
    after.rank = 50;
    after.grants = {see, kick, write_direct};
    EXPECT_EQ(changes_in_words(before, after),
              "now called Host, rank 40 to 50, grants kick write_direct, no longer grants speak");
}

TEST(AuditWords, WhatARoomSaysOtherwise) {
    const room::Override before{.allow = {speak, enter}, .deny = {write}};
    EXPECT_EQ(changes_in_words({}, before), "allows enter speak, denies write");
    EXPECT_EQ(changes_in_words(before, before), "");
    EXPECT_EQ(changes_in_words(before, {.allow = {write}, .deny = {enter}}),
              "allows write, denies enter, no longer says speak");
    EXPECT_EQ(changes_in_words(before, {}), "no longer says enter speak write");
}

}  // namespace
}  // namespace partyline::control

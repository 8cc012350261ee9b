#include "cli/moderation.hpp"

#include <gtest/gtest.h>

#include "cli/administration.hpp"

namespace partyline::cli {
namespace {

Result<Moderate> parse(std::string_view line) {
    const auto word = line.substr(0, line.find(' '));
    const auto rest = line.substr(std::min(line.size(), word.size() + 1));
    return parse_administration(word, rest).transform([](const Administer& command) {
        return std::get<Moderate>(command);
    });
}

TEST(Moderation, LinesAreUnderstood) {
    const std::pair<std::string_view, Moderate> cases[] = {
        {"kick Gus", KickOut{.who = "Gus"}},
        {"kick \"Gus Two\" for shouting", KickOut{.who = "Gus Two", .reason = "for shouting"}},
        {"ban Gus", Ban{.who = "Gus"}},
        {"ban Gus --for 2h --reason \"two words\" --identity --account --address",
         Ban{.who = "Gus",
             .identity = true,
             .account = true,
             .address = true,
             .reason = "two words",
             .seconds = 7200}},
        {"ban --identity AAAA", Ban{.who = "AAAA", .identity = true}},
        {"ban --range 203.0.113.0/24", Ban{.range = "203.0.113.0/24"}},
        {"unban #3 sorry about that", Unban{.ban = 3, .reason = "sorry about that"}},
        {"bans", Bans{}},
        {"bans 32", Bans{32}},
        {"server-mute Gus", ServerMute{.who = "Gus", .mute = true}},
        {"server-deafen Gus echo", ServerMute{.who = "Gus", .deafen = true, .reason = "echo"}},
        {"server-unmute #7", ServerMute{.who = "#7"}},
        {"move-user Gus \"Room/Sub room\" off topic",
         MoveUser{.who = "Gus", .room = "Room/Sub room", .reason = "off topic"}},
        {"move-user Gus \"\"", MoveUser{.who = "Gus", .room = ""}},
        {"audit", Audit{}},
        {"audit 10 99", Audit{.entries = 10, .before = 99}},
    };
    for (const auto& [line, command] : cases) {
        const auto parsed = parse(line);
        ASSERT_TRUE(parsed) << line << ": " << parsed.error().message;
        EXPECT_EQ(*parsed, command) << line;
    }
}

TEST(Moderation, WhatIsMissingIsSaid) {
    for (const auto* line :
         {"kick", "ban", "ban --for", "ban Gus --for ever", "ban Gus Otto", "ban Gus --forever 1",
          "unban", "unban Gus", "bans x", "bans 1 2", "server-mute", "move-user Gus", "audit x",
          "audit 1 x", "audit 1 2 3"}) {
        const auto parsed = parse(line);
        ASSERT_FALSE(parsed) << line;
        EXPECT_EQ(parsed.error().code, ErrorCode::malformed) << line;
        EXPECT_FALSE(parsed.error().message.empty()) << line;
    }
}

class Resolving : public testing::Test {
protected:
    const std::vector<client::Room> rooms{{.id = ChannelId{3}, .name = "Attic"}};
    const std::vector<client::Person> people{
        {.session = SessionId{7}, .name = "Gus"},
        {.session = SessionId{8}, .name = "gus"},
        {.session = SessionId{9}, .name = "Otto", .account = "Otto"}};

    template <class Command>
    Result<Command> resolved(Moderate command) {
        return resolve(command, rooms, people).transform([](const client::Administration& it) {
            return std::get<Command>(it);
        });
    }
    SessionId kicked(std::string who) {
        const auto kick = resolved<client::Kick>(KickOut{.who = std::move(who)});
        return kick ? kick->session : SessionId{};
    }
};

TEST_F(Resolving, PeopleAreFoundByName) {
    EXPECT_EQ(kicked("Gus"), SessionId{7});
    EXPECT_EQ(kicked("gus"), SessionId{8});
    EXPECT_EQ(kicked("GUS"), SessionId{}) << "which of the two?";
    EXPECT_EQ(kicked("otto"), SessionId{9});
    EXPECT_EQ(kicked("#8"), SessionId{8});
    EXPECT_EQ(resolved<client::Kick>(KickOut{.who = "Nemo"}).error().code,
              ErrorCode::unknown_person);
}

TEST_F(Resolving, ABanIsByIdentityAndAccountUnlessItSaysOtherwise) {
    auto ban = *resolved<client::Ban>(Ban{.who = "Gus"});
    EXPECT_EQ(ban.session, SessionId{7});
    EXPECT_TRUE(ban.of_identity && !ban.of_account && !ban.of_address) << "who has no account";
    ban = *resolved<client::Ban>(Ban{.who = "Otto"});
    EXPECT_TRUE(ban.of_identity && ban.of_account && !ban.of_address);
    ban = *resolved<client::Ban>(Ban{.who = "Gus", .address = true});
    EXPECT_TRUE(!ban.of_identity && !ban.of_account && ban.of_address);
    ban = *resolved<client::Ban>(Ban{.who = "Nemo", .seconds = 60});
    EXPECT_EQ(ban.session, SessionId{});
    EXPECT_EQ(ban.account, "Nemo") << "who is not here is an account";
    EXPECT_EQ(ban.seconds, 60U);
    EXPECT_EQ(resolved<client::Ban>(Ban{.who = "Nemo", .address = true}).error().code,
              ErrorCode::unknown_person);
    ban = *resolved<client::Ban>(Ban{.range = "203.0.113.7"});
    EXPECT_EQ(ban.range, "203.0.113.7");
    EXPECT_EQ(ban.session, SessionId{});
}

TEST_F(Resolving, WhoHasLeftIsBannedByTheirIdentity) {
    const std::string key(43, 'A');
    for (const bool says_so : {false, true}) {
        const auto ban = *resolved<client::Ban>(Ban{.who = key, .identity = says_so});
        EXPECT_EQ(ban.identity, key);
        EXPECT_EQ(ban.account, "");
        EXPECT_EQ(ban.session, SessionId{});
    }
    EXPECT_EQ(resolved<client::Ban>(Ban{.who = key.substr(1), .identity = true}).error().code,
              ErrorCode::unknown_person);
}

TEST_F(Resolving, SomebodyIsMovedToARoom) {
    const auto move = *resolved<client::MovePerson>(MoveUser{.who = "Otto", .room = "attic"});
    EXPECT_EQ(move.session, SessionId{9});
    EXPECT_EQ(move.channel, ChannelId{3});
    EXPECT_EQ(resolved<client::MovePerson>(MoveUser{.who = "Otto", .room = ""})->channel,
              ChannelId{});
    EXPECT_EQ(resolved<client::MovePerson>(MoveUser{.who = "Otto", .room = "Nowhere"}).error().code,
              ErrorCode::unknown_channel);
}

TEST(ModerationLines, TellWhoWhenAndWhy) {
    EXPECT_EQ(lines_of(client::BansReceived{.command = "bans",
                                            .bans = {{.id = BanId{3},
                                                      .identity = "x",
                                                      .range = "203.0.113.0/24",
                                                      .name = "Gus",
                                                      .reason = "spam",
                                                      .by = "Mo",
                                                      .created_unix_ms = 1'700'000'000'000,
                                                      .until_unix_ms = 1'700'000'060'000}},
                                            .more = true}),
              "#3 Gus, by the identity x, by the address 203.0.113.0/24, until 2023-11-14 "
              "22:14:20 UTC; "
              "Mo on 2023-11-14 22:13:20 UTC: spam\nthere are more");
    EXPECT_EQ(lines_of(client::BansReceived{}), "nobody is banned");
    EXPECT_EQ(lines_of(client::AuditReceived{.entries = {{.id = 9,
                                                          .unix_ms = 1'700'000'000'000,
                                                          .actor = "Mo",
                                                          .action = "move",
                                                          .target = "G\x1Bus",
                                                          .reason = "off topic",
                                                          .detail = "Attic"}}}),
              "#9 2023-11-14 22:13:20 UTC Mo: move G?us (Attic): off topic");
}

}  // namespace
}  // namespace partyline::cli

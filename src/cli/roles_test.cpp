#include "cli/roles.hpp"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

#include "cli/command.hpp"

namespace partyline::cli {
namespace {

constexpr std::uint8_t see = 0;
constexpr std::uint8_t enter = 1;
constexpr std::uint8_t speak = 2;
constexpr std::uint8_t administer = 20;

TEST(Roles, LinesSayWhatIsToChange) {
    struct Case {
        std::string_view line;
        RoleCommand command;
    };
    const Case cases[] = {
        {"roles", Roles{}},
        {"grant Ada Moderator", Grant{.who = "Ada", .role = "Moderator"}},
        {"revoke \"Ada L\" \"Night watch\"",
         Grant{.who = "Ada L", .role = "Night watch", .give = false}},
        {"role create \"Night watch\" 200",
         RoleCreate{.name = "Night watch", .rank = 200, .grants = {}}},
        {"role create Choir 65535 see speak",
         RoleCreate{.name = "Choir", .rank = 65535, .grants = {see, speak}}},
        {"role edit Choir name \"Big choir\"", RoleEdit{.role = "Choir", .name = "Big choir"}},
        {"role edit Choir rank 0", RoleEdit{.role = "Choir", .rank = 0}},
        {"role edit Choir grant enter see", RoleEdit{.role = "Choir", .grant = {enter, see}}},
        {"role edit Choir withdraw speak", RoleEdit{.role = "Choir", .withdraw = {speak}}},
        {"role delete \"Night watch\"", RoleDelete{"Night watch"}},
        {"room allow Games/Chess Guest speak enter", RoomRule{.room = "Games/Chess",
                                                              .role = "Guest",
                                                              .permissions = {speak, enter},
                                                              .ruling = client::Ruling::allow}},
        {"room deny Lobby Guest speak", RoomRule{.room = "Lobby",
                                                 .role = "Guest",
                                                 .permissions = {speak},
                                                 .ruling = client::Ruling::deny}},
        {"room inherit Lobby Guest speak", RoomRule{.room = "Lobby",
                                                    .role = "Guest",
                                                    .permissions = {speak},
                                                    .ruling = client::Ruling::inherit}},
        {"room rules Lobby", RoomRules{"Lobby"}},
        {"explain speak", Explain{.permission = speak, .room = "", .who = ""}},
        {"explain enter \"Games/Red team\"",
         Explain{.permission = enter, .room = "Games/Red team", .who = ""}},
        {"explain Ada administer", Explain{.permission = administer, .room = "", .who = "Ada"}},
        {"explain \"Ada L\" speak Lobby",
         Explain{.permission = speak, .room = "Lobby", .who = "Ada L"}},
        {"explain #12 see see", Explain{.permission = see, .room = "see", .who = "#12"}},
    };
    for (const auto& [line, command] : cases) {
        const auto parsed = parse_command(line);
        ASSERT_TRUE(parsed.has_value()) << line << ": " << parsed.error().message;
        EXPECT_EQ(std::get<RoleCommand>(std::get<Administer>(*parsed)), command) << line;
    }
}

TEST(Roles, OtherLinesAreExplained) {
    for (const auto* line : {"roles please",
                             "grant Ada",
                             "grant Ada \"Night",
                             "role",
                             "role create Choir",
                             "role create Choir high",
                             "role create Choir 65536",
                             "role create Choir 1 fly",
                             "role edit Choir",
                             "role edit Choir rank",
                             "role edit Choir rank -1",
                             "role edit Choir colour red",
                             "role edit Choir grant",
                             "role edit Choir grant fly",
                             "role delete",
                             "role delete A B",
                             "role paint Choir",
                             "room allow Lobby Guest",
                             "room deny Lobby Guest fly",
                             "room rules",
                             "room rules A B",
                             "explain",
                             "explain fly",
                             "explain Ada fly",
                             "explain Ada speak Lobby now"}) {
        const auto parsed = parse_command(line);
        ASSERT_FALSE(parsed.has_value()) << line;
        EXPECT_EQ(parsed.error().code, ErrorCode::malformed) << line;
        EXPECT_FALSE(parsed.error().message.empty()) << line;
    }
}

TEST(Roles, PeopleAndRoomsAreLookedUp) {
    const std::vector<client::Room> rooms{{.id = ChannelId{1}, .name = "Games"}};
    const std::vector<client::Person> people{
        {.session = SessionId{4}, .name = "Ada"},
        {.session = SessionId{6}, .name = "Bob's phone", .account = "Bob"}};
    const auto look_up = [&](const RoleCommand& command) {
        return resolve(command, rooms, people);
    };
    const auto why = [&](std::string who, std::string room) {
        const auto found =
            look_up(Explain{.permission = speak, .room = std::move(room), .who = std::move(who)});
        return found ? std::get<client::AskWhy>(*found) : client::AskWhy{};
    };
    EXPECT_EQ(why("ada", "games").session, SessionId{4});
    EXPECT_EQ(why("ada", "games").channel, ChannelId{1});
    EXPECT_EQ(why("#4", "").session, SessionId{4});
    EXPECT_EQ(why("Bob", "").account, "Bob") << "nobody here: an account";
    EXPECT_EQ(why("", "").permission, speak);
    EXPECT_EQ(look_up(Explain{.room = "Attic"}).error().code, ErrorCode::unknown_channel);
    EXPECT_EQ(look_up(Explain{.who = "#5"}).error().code, ErrorCode::unknown_person);
    const auto given = [&](std::string who) {
        const auto found = look_up(Grant{.who = std::move(who), .role = "Choir"});
        return found ? std::get<client::GiveRole>(*found).account : found.error().message;
    };
    EXPECT_EQ(given("bob's phone"), "Bob") << "the account of who is here";
    EXPECT_EQ(given("Bob"), "Bob") << "nobody here: an account";
    EXPECT_EQ(given("Ada"),
              "\"Ada\" is a guest: roles are given to accounts, which \"claim\" makes");
    EXPECT_EQ(look_up(Grant{.who = "#5", .role = "Choir"}).error().code, ErrorCode::unknown_person);
    const auto rule = look_up(RoomRule{.room = "Games", .role = "Guest", .permissions = {speak}});
    ASSERT_TRUE(rule.has_value());
    EXPECT_EQ(std::get<client::SetRoomRule>(*rule).channel, ChannelId{1});
    EXPECT_EQ(client::word_for(*rule), "room");
    EXPECT_EQ(look_up(RoomRules{"Attic"}).error().code, ErrorCode::unknown_channel);
}

TEST(Roles, WhatARoomSaysIsALineForEachRole) {
    const client::RoomRulesReceived rules{
        .channel = ChannelId{1},
        .rules = {{.role = "Moderator", .allows = {"speak", "write"}, .denies = {}},
                  {.role = "Guest", .allows = {"see"}, .denies = {"speak"}}}};
    EXPECT_EQ(lines_of(rules, "Games"),
              "Moderator: allowed speak write\nGuest: allowed see; denied speak");
    EXPECT_EQ(lines_of({}, "Games"), "\"Games\" says nothing of any role");
}

}  // namespace
}  // namespace partyline::cli

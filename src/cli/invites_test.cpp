#include "cli/invites.hpp"

#include <gtest/gtest.h>

#include "cli/command.hpp"

namespace partyline::cli {
namespace {

Invites parsed(std::string_view line) { return std::get<Invites>(parse_command(line).value()); }

TEST(InviteCommands, SayWhatIsMeant) {
    EXPECT_EQ(parsed("invite create"), Invites(InviteCreate{}));
    EXPECT_EQ(parsed("invite create role \"Disc jockey\" room Den uses 5 days 7"),
              Invites(InviteCreate{.role = "Disc jockey", .room = "Den", .uses = 5, .days = 7}));
    EXPECT_EQ(parsed("invite list"), Invites(InviteList{}));
    EXPECT_EQ(parsed("invite list 32"), Invites(InviteList{InviteId{32}}));
    EXPECT_EQ(parsed("invite delete #4"), Invites(InviteDelete{InviteId{4}}));
    EXPECT_EQ(parsed("invite redeem 7Q2KX-0M9RD-EV4WT-1H8NA"),
              Invites(InviteRedeem{"7Q2KX-0M9RD-EV4WT-1H8NA"}));
}

TEST(InviteCommands, OthersAreMistakes) {
    for (const auto* line :
         {"invite", "invite all", "invite create role", "invite create uses 0",
          "invite create days 49711", "invite create color red", "invite list x", "invite delete",
          "invite delete x", "invite redeem", "invite redeem a b"}) {
        EXPECT_EQ(parse_command(line).error().code, ErrorCode::malformed) << line;
    }
}

TEST(InviteCommands, RoomsAreLookedUp) {
    const std::vector<client::Room> rooms{{.id = ChannelId{3}, .name = "Lobby"}};
    const InviteCreate create{.role = {}, .room = "lobby", .uses = 2, .days = 49'710};
    const auto made = std::get<client::MakeInvite>(resolve(create, rooms).value());
    EXPECT_EQ(made.channel, ChannelId{3});
    EXPECT_EQ(made.seconds, 49'710U * 86'400U);
    EXPECT_EQ(resolve(InviteCreate{.role = {}, .room = "Den"}, rooms).error().code,
              ErrorCode::unknown_channel);
}

}  // namespace
}  // namespace partyline::cli

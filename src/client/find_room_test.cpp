#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "client/talkie.hpp"

namespace partyline::client {
namespace {

Room room(std::uint32_t id, std::uint32_t parent, std::string name) {
    return {.id = ChannelId{id}, .parent = ChannelId{parent}, .name = std::move(name)};
}

const std::vector<Room>& house() {
    static const std::vector rooms{
        room(1, 0, "Lobby"), room(2, 0, "Games"), room(3, 2, "Chess"),     room(4, 2, "chess"),
        room(5, 2, "AC/DC"), room(6, 5, "Stage"), room(7, 0, "Gemütlich"), room(8, 0, "Twins"),
        room(9, 0, "Twins"), room(10, 1, "Lobby")};
    return rooms;
}

TEST(FindRoom, ByPath) {
    struct Case {
        const char* path;
        std::uint32_t id;  // 0: not found
    };
    for (const auto& [path, id] : {
             Case{"Lobby", 1},
             Case{"lobby", 1},
             Case{"LOBBY/lobby", 10},
             Case{"Games/Chess", 3},
             Case{"Games/chess", 4},
             Case{"games/Chess", 0},  // either could be meant
             Case{"Games/AC/DC", 5},  // a name may hold a slash
             Case{"Games/AC/DC/Stage", 6},
             Case{"Gemütlich", 7},
             Case{"GEMÜTLICH", 0},  // only ASCII letters have two cases here
             Case{"Twins", 0},
             Case{"Chess", 0},
             Case{"", 0},
             Case{"/Lobby", 0},
             Case{"Lobby/", 0},
             Case{"Lob", 0},
         }) {
        const auto found = find_room(house(), path);
        EXPECT_EQ(found.value_or(ChannelId{}), ChannelId{id}) << path;
        if (!found) {
            EXPECT_EQ(found.error().code, ErrorCode::unknown_channel);
        }
    }
}

TEST(FindRoom, NamesWhatThereIs) {
    EXPECT_EQ(find_room({room(1, 0, "A"), room(2, 1, "B")}, "C").error().message,
              R"(There is no room "C". There are: "A", "A/B".)");
    EXPECT_EQ(find_room({}, "C").error().message,
              R"(There is no room "C", as the server has none.)");
}

TEST(FindRoom, ATreeThatIsNoneDoesNotHang) {
    // Two rooms inside each other, and one inside itself: a server's nonsense.
    const std::vector rooms{room(1, 2, "A"), room(2, 1, "B"), room(3, 3, "C")};
    EXPECT_FALSE(find_room(rooms, "A"));
    EXPECT_FALSE(find_room(rooms, "C/C"));
}

}  // namespace
}  // namespace partyline::client

// What was said stays said, with the real programs.

#include <gtest/gtest.h>

#include <csignal>

#include "integration/talk_fixture.hpp"

namespace partyline::integration {
namespace {

class Texts : public TalkTest {
protected:
    static std::vector<std::string> words(const Json& history) {
        std::vector<std::string> words;
        for (const auto& text : history["texts"]) {
            words.push_back(text["text"]);
        }
        return words;
    }
    using Words = std::vector<std::string>;
};

TEST_F(Texts, OutliveAKilledServer) {
    {
        const auto ada = enter({.name = "ada", .more = {"--once"}});
        for (const auto* line : {"say one", "say teh second", "say three"}) {
            ada->command(line);
        }
        ada->wait("text", "text", "three");
        server_->process().signal(SIGKILL);
        server_->process().wait();
        EXPECT_NE(ada->process().wait(), 0);
    }
    start_server({});
    const auto ada = enter({.name = "ada"});
    const auto bob = enter({.name = "bob"});
    bob->command("history");
    const auto before = bob->wait("history");
    EXPECT_EQ(words(before), (Words{"one", "teh second", "three"}));
    EXPECT_FALSE(before["more"]);
    const auto& second = before["texts"][1];
    EXPECT_EQ(second["name"], "ada");
    EXPECT_FALSE(second["self"]);

    // She is known by her key, so what she said is still hers.
    ada->command(std::format("edit {} the second", second["id"].get<std::uint64_t>()));
    EXPECT_EQ(bob->wait("text_changed")["text"], "the second");
    bob->command(std::format("delete {}", second["id"].get<std::uint64_t>()));
    EXPECT_EQ(bob->wait("refused")["code"], "not_permitted");
    const auto mark = bob->mark();
    ada->command(std::format("delete {}", before["texts"][2]["id"].get<std::uint64_t>()));
    EXPECT_TRUE(bob->wait("text_changed", nullptr, mark)["deleted"]);
    bob->command("history 2");
    EXPECT_EQ(words(bob->wait("history", nullptr, mark)), (Words{"the second", ""}));
}

}  // namespace
}  // namespace partyline::integration

// Roles and what rooms say of them, changed by lines of input, with the real programs.
#include <gtest/gtest.h>

#include <algorithm>
#include <format>

#include "integration/talk_fixture.hpp"

namespace partyline::integration {
namespace {

/// Ada owns the server, Bob has an account; both are in the room.
class Roles : public TalkTest {
protected:
    void SetUp() override {
        TalkTest::SetUp();
        make_owner("ada");
        once("bob", {"--password-file", password_, "claim", "bob"});
        ada_ = enter({.name = "ada"});
        bob_ = enter({.name = "bob"});
    }
    static Json ask(TalkieProcess& who, const std::string& line,
                    const std::string& event = "administered") {
        const auto mark = who.mark();
        who.command(line);
        return who.wait(event, nullptr, mark);
    }
    /// Waits until everybody sees that the server mutes Bob, or does not.
    void see_bob_muted(bool muted, std::size_t mark) const {
        ada_->wait(
            "person",
            [muted](const Json& told) {
                return told["name"] == "bob" && told["server_mute"] == muted;
            },
            mark);
    }
    [[nodiscard]] bool may_bob_speak() const {
        return ask(*ada_, std::format("explain bob speak \"{}\"", room_), "explained")["holds"];
    }

    std::unique_ptr<TalkieProcess> ada_;
    std::unique_ptr<TalkieProcess> bob_;
};

TEST_F(Roles, ARoomDeniesAWordToOneRoleAndGivesItToAnother) {
    auto mark = ada_->mark();
    EXPECT_TRUE(may_bob_speak());
    EXPECT_EQ(ask(*ada_, std::format("room deny \"{}\" guest speak write", room_))["command"],
              "room");
    see_bob_muted(true, mark);
    EXPECT_FALSE(may_bob_speak());

    mark = ada_->mark();
    EXPECT_EQ(ask(*ada_, "role create \"Night watch\" 200")["command"], "role");
    ask(*ada_, std::format("room allow \"{}\" \"Night watch\" speak", room_));
    ask(*ada_, "grant bob \"night watch\"");
    see_bob_muted(false, mark);
    EXPECT_TRUE(may_bob_speak());

    ask(*ada_, std::format("room inherit \"{}\" Guest write", room_));
    const auto told = ask(*ada_, std::format("room rules \"{}\"", room_), "room_rules");
    EXPECT_EQ(told["room"], room_);
    EXPECT_EQ(told["rules"], Json::parse(R"([
        {"role": "Night watch", "allows": ["speak"], "denies": []},
        {"role": "Guest", "allows": [], "denies": ["speak"]}])"));
}

TEST_F(Roles, ARoleIsChangedAndDeleted) {
    const auto watch = [&] {
        const auto roles = ask(*ada_, "roles", "roles")["roles"];
        const auto found = std::ranges::find_if(
            roles, [](const Json& role) { return role["id"] > 4; });  // not built in
        return found == roles.end() ? Json() : *found;
    };
    ask(*ada_, "role create Watch 200 see kick");
    ask(*ada_, "role edit watch name \"Night watch\"");
    ask(*ada_, "role edit \"Night watch\" rank 300");
    ask(*ada_, "role edit \"Night watch\" withdraw see");
    ask(*ada_, "role edit \"Night watch\" grant ban");
    EXPECT_EQ(watch()["name"], "Night watch");
    EXPECT_EQ(watch()["rank"], 300);
    EXPECT_EQ(watch()["grants"], Json::parse(R"(["kick", "ban"])"));
    ask(*ada_, "role delete \"night watch\"");
    EXPECT_TRUE(watch().is_null());
}

TEST_F(Roles, WhoMayNotIsToldSoInWords) {
    const auto refusal = [](TalkieProcess& who, const std::string& line, const std::string& code) {
        const auto told = ask(who, line, "refused");
        EXPECT_EQ(told["code"], code) << told;
        EXPECT_FALSE(told["message"].get<std::string>().empty());
        return told["command"].get<std::string>();
    };
    EXPECT_EQ(refusal(*bob_, "role create Kings 900", "not_permitted"), "role");
    EXPECT_EQ(refusal(*bob_, "role edit Guest grant kick", "not_permitted"), "role");
    EXPECT_EQ(refusal(*bob_, "role delete Kings", "unknown_role"), "role");
    EXPECT_EQ(refusal(*bob_, std::format("room allow \"{}\" Guest speak", room_), "not_permitted"),
              "room");
    EXPECT_EQ(refusal(*bob_, "grant bob Admin", "not_permitted"), "grant");
    EXPECT_EQ(refusal(*bob_, "explain ada kick", "not_permitted"), "explain");
    EXPECT_EQ(refusal(*ada_, "role delete Guest", "not_permitted"), "role");
    EXPECT_TRUE(ask(*bob_, "explain speak", "explained")["holds"]) << "of oneself everybody may";
}

}  // namespace
}  // namespace partyline::integration

// Direct messages, and who is counted as reading what.
#include <gtest/gtest.h>

#include "server/room/built_in.hpp"
#include "server/room/model.hpp"
#include "server/room/test_support.hpp"

namespace partyline::room {
namespace {

constexpr ChannelId lobby{1};
constexpr ChannelId vault{2};
constexpr AccountId ada_account{1};
constexpr AccountId zoe_account{2};

class LettersTest : public testing::Test {
protected:
    LettersTest() : model_(make()) {}

    static Model make() {
        Records records{.roles = built_in_roles()};
        records.accounts = {{.id = ada_account,
                             .name = "Ada",
                             .password_hash = {},
                             .recovery_hash = {},
                             .roles = {}},
                            {.id = zoe_account,
                             .name = "Zoë",
                             .password_hash = {},
                             .recovery_hash = {},
                             .roles = {}}};
        records.devices = {{.identity = identity(1), .account = ada_account, .label = {}},
                           {.identity = identity(2), .account = ada_account, .label = {}},
                           {.identity = identity(3), .account = zoe_account, .label = {}}};
        records.channels = {
            {.channel = {.id = lobby, .name = "Lobby"}, .password_hash = {}, .overrides = {}},
            {.channel = {.id = vault, .name = "Vault", .password = true},
             .password_hash = "x",
             .overrides = {}}};
        return Model::create(std::move(records), {.last_message = MessageId{100}}).value();
    }
    SessionId enter(std::string name, std::uint8_t number) {
        return model_.log_in(std::move(name), {.identity = identity(number)}).value().session;
    }
    /// What the model says of this one's wish to delete it.
    ErrorCode deleting(SessionId who, const Message& message) const {
        const auto may = model_.may_change(who, message, TextAct::erase);
        return may ? ErrorCode::unspecified : may.error().code;
    }

    Model model_;
};

TEST_F(LettersTest, APersonIsTheAccountOrElseTheDevice) {
    const auto desk = enter("Ada", 1);
    const auto phone = enter("Ada on the phone", 2);
    const auto guest = enter("Guest", 9);
    EXPECT_EQ(model_.person(desk), Person::of(ada_account));
    EXPECT_EQ(model_.person(phone), Person::of(ada_account));
    EXPECT_EQ(model_.person(guest), Person::of(identity(9)));
    EXPECT_EQ(model_.sessions_of(Person::of(ada_account)), (std::vector{desk, phone}));
    EXPECT_EQ(model_.sessions_of(Person::of(identity(9))), std::vector{guest});
    EXPECT_TRUE(model_.sessions_of(Person::of(identity(1))).empty()) << "that device is Ada's";
    EXPECT_TRUE(model_.sessions_of(Person::of(zoe_account)).empty());
    model_.log_out(desk);
    EXPECT_EQ(model_.sessions_of(Person::of(ada_account)), std::vector{phone});
    model_.apply({DropDevice{identity(2)}});
    EXPECT_TRUE(model_.sessions_of(Person::of(ada_account)).empty());
    EXPECT_EQ(model_.person(phone), Person::of(identity(2)));
}

TEST_F(LettersTest, WhoIsMeantIsFoundHoweverTheyAreNamed) {
    const auto phone = enter("Ada on the phone", 2);
    const auto guest = enter("Guest", 9);
    const Recipient ada{.person = Person::of(ada_account), .name = "Ada"};
    EXPECT_EQ(model_.recipient(phone).value(), ada);
    EXPECT_EQ(model_.recipient(identity(2)).value(), ada);
    EXPECT_EQ(model_.recipient("ADA").value(), ada);
    EXPECT_EQ(model_.recipient("zoe\u0308").value().person, Person::of(zoe_account)) << "offline";
    const Recipient here{.person = Person::of(identity(9)), .name = "Guest"};
    EXPECT_EQ(model_.recipient(guest).value(), here);
    EXPECT_EQ(model_.recipient(identity(9)).value(), here);
    EXPECT_TRUE(model_.recipient(identity(8)).value().absent);
    for (const WhoIsMeant& nobody : {WhoIsMeant{SessionId{77}}, WhoIsMeant{"Guest"}}) {
        EXPECT_EQ(model_.recipient(nobody).error().code, ErrorCode::unknown_person);
    }
}

TEST_F(LettersTest, BothHearAndTheAuthorChanges) {
    const auto desk = enter("Ada", 1);
    const auto phone = enter("Ada on the phone", 2);
    const auto zoe = enter("Zoë", 3);
    const auto guest = enter("Guest", 9);
    const auto message =
        model_.compose_direct(desk, {.to = model_.recipient(zoe).value(), .text = "hi", .nonce = 5})
            .value();
    EXPECT_EQ(message.id, MessageId{101});
    EXPECT_EQ(message.channel, ChannelId{});
    EXPECT_EQ(
        message.direct,
        (Direct{.from = Person::of(ada_account), .to = Person::of(zoe_account), .to_name = "Zoë"}));
    const auto events = model_.said(desk, message);
    ASSERT_EQ(events.size(), 1U);
    const Audience both =
        ToPeople{.one = Person::of(ada_account), .other = Person::of(zoe_account)};
    EXPECT_EQ(events[0].audience, both);
    EXPECT_EQ(model_.text_changed(message)[0].audience, both);
    EXPECT_TRUE(model_.find_text(desk, 5)) << "said again, it is known";

    EXPECT_EQ(deleting(desk, message), ErrorCode::unspecified);
    EXPECT_EQ(deleting(phone, message), ErrorCode::unspecified) << "from any device";
    EXPECT_EQ(deleting(zoe, message), ErrorCode::not_permitted);
    EXPECT_EQ(deleting(guest, message), ErrorCode::unknown_text) << "it is not theirs to know of";
    auto erased = message;
    erased.deleted = true;
    EXPECT_EQ(model_.may_change(guest, erased, TextAct::erase).error().message,
              model_.may_change(guest, message, TextAct::erase).error().message)
        << "nor that it was deleted";
    EXPECT_EQ(deleting(desk, erased), ErrorCode::unknown_text);
    EXPECT_EQ(deleting(zoe, erased), ErrorCode::not_permitted);
    EXPECT_FALSE(model_.compose_direct(desk, {.to = {}, .text = ""}));
    EXPECT_FALSE(model_.compose_direct(desk, {.to = {}, .text = std::string(4097, 'x')}));
}

TEST_F(LettersTest, AGuestWhoIsLinkedMeanwhileHearsOfItAsTheAccount) {
    const auto guest = enter("Guest", 9);
    const auto ada = enter("Ada", 1);
    auto message =
        model_.compose_direct(ada, {.to = model_.recipient(guest).value(), .text = "hi"}).value();
    model_.apply({Device{.identity = identity(9), .account = zoe_account, .label = {}}});
    const Audience both =
        ToPeople{.one = Person::of(ada_account), .other = Person::of(zoe_account)};
    const auto events = model_.said(ada, message);
    EXPECT_EQ(events.at(0).audience, both);
    EXPECT_EQ(std::get<Text>(events.at(0).body).message.direct->to, Person::of(zoe_account));
    EXPECT_EQ(model_.text_changed(message).at(0).audience, both);
}

TEST_F(LettersTest, ADeviceThatIsNotHereTellsNothingOfItsAccount) {
    EXPECT_TRUE(model_.recipient(identity(1)).value().absent);
    enter("Ada on the phone", 2);
    EXPECT_TRUE(model_.recipient(identity(1)).value().absent) << "another device is no proof";
    EXPECT_FALSE(model_.recipient(identity(2)).value().absent);
    EXPECT_FALSE(model_.recipient("Ada").value().absent);
}

TEST_F(LettersTest, ADeletedAccountIsMeantByItsNumberWhoeverBearsItsNameByNow) {
    EXPECT_EQ(model_.recipient("account:2").error().code, ErrorCode::unknown_person)
        << "who is there is called by name";
    model_.apply({DropAccount{zoe_account}, Account{.id = AccountId{3},
                                                    .name = "Zoë",
                                                    .password_hash = {},
                                                    .recovery_hash = {},
                                                    .roles = {}}});
    const Recipient gone{.person = Person::of(zoe_account), .name = {}, .absent = true};
    EXPECT_EQ(model_.recipient("account:2").value(), gone);
    EXPECT_EQ(model_.recipient("Zoë").value().person, Person::of(AccountId{3}));
}

TEST_F(LettersTest, WhoMayNotWriteAnyMoreEditsNothing) {
    const auto guest = enter("Guest", 9);
    model_.join(guest, lobby).value();
    const auto text = model_.compose(guest, {.channel = lobby, .text = "teh"}).value();
    auto record = *model_.directory().find(lobby);
    record.overrides[guest_role].deny = {Permission::write};
    model_.apply({record});
    EXPECT_EQ(model_.may_change(guest, text, TextAct::edit).error().code, ErrorCode::not_permitted);
    EXPECT_EQ(deleting(guest, text), ErrorCode::unspecified) << "one's own words one takes back";
}

TEST_F(LettersTest, TextsOfRoomsAreTheAccountsOnAllItsDevices) {
    const auto desk = enter("Ada", 1);
    const auto phone = enter("Ada on the phone", 2);
    const auto guest = enter("Guest", 9);
    for (const auto who : {desk, phone, guest}) {
        model_.join(who, lobby).value();
    }
    const auto editing = [&](SessionId who, const Message& message) {
        return model_.may_change(who, message, TextAct::edit).has_value();
    };
    const auto text = model_.compose(desk, {.channel = lobby, .text = "teh"}).value();
    const auto as_guest = model_.compose(guest, {.channel = lobby, .text = "hi"}).value();
    EXPECT_EQ(text.account, ada_account);
    EXPECT_TRUE(editing(desk, text));
    EXPECT_TRUE(editing(phone, text));
    EXPECT_FALSE(editing(guest, text));
    EXPECT_TRUE(editing(guest, as_guest));
    EXPECT_FALSE(editing(phone, as_guest));
    model_.apply({DropDevice{identity(1)},
                  Device{.identity = identity(9), .account = ada_account, .label = {}}});
    EXPECT_FALSE(editing(desk, text)) << "a device that is unlinked takes nothing with it";
    EXPECT_TRUE(editing(guest, text));
    EXPECT_TRUE(editing(phone, as_guest)) << "what a guest wrote is the account's by now";
    model_.apply({DropDevice{identity(9)}});
    EXPECT_TRUE(editing(guest, as_guest)) << "and goes with the device";
}

TEST_F(LettersTest, MentionsAreOfAccountsAndOfWhoIsHere) {
    const auto phone = enter("Phone", 2);
    const auto guest = enter("Guest", 9);
    const auto said = [&](std::string_view text) { return model_.mentioned_by(guest, text); };
    EXPECT_EQ(said("@zoë"), std::vector{Person::of(zoe_account)}) << "offline";
    EXPECT_EQ(said("@ada @phone"), std::vector{Person::of(ada_account)}) << "once";
    EXPECT_TRUE(said("@guest @nobody").empty()) << "oneself does not count";
    EXPECT_EQ(model_.mentioned_by(phone, "@guest"), std::vector{Person::of(identity(9))});
    model_.join(guest, lobby).value();
    EXPECT_EQ(model_.compose(guest, {.channel = lobby, .text = "@Ada"}).value().mentions,
              std::vector{Person::of(ada_account)});
}

TEST_F(LettersTest, RoomsAreFollowedWhereOneMayReadThem) {
    const auto guest = enter("Guest", 9);
    EXPECT_TRUE(model_.may_follow(guest, lobby)) << "from anywhere";
    EXPECT_FALSE(model_.may_follow(guest, vault)) << "it asks for a password";
    EXPECT_FALSE(model_.may_follow(guest, ChannelId{99}));
    model_.join(guest, vault, Door::unlocked).value();
    EXPECT_TRUE(model_.may_follow(guest, vault));
    auto record = *model_.directory().find(lobby);
    record.overrides[guest_role].deny = {Permission::read_history};
    model_.apply({record});
    EXPECT_FALSE(model_.may_follow(guest, lobby));
}

}  // namespace
}  // namespace partyline::room

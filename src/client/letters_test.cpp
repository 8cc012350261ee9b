#include "client/letters.hpp"

#include <gtest/gtest.h>

#include <memory>

#include "base/bytes.hpp"
#include "client/key_test_support.hpp"
#include "client/session.hpp"

namespace partyline::client {
namespace {

using test::Peer;

/// What a session sends and tells.
class Noted final : public SessionPort {
public:
    void send(const wire::ClientMessage& message) override { sent.push_back(message); }
    void emit(const Event& event) override { told.push_back(event); }
    void to_up(UpCommand) override {}
    void to_down(DownCommand) override {}
    void begin_voice() override {}
    void begin_playout() override {}
    void begin_capture() override {}
    void end(Error) override {}

    /// The last event, which is one of these.
    template <class Told>
    const Told& last() const {
        return std::get<Told>(told.back());
    }
    std::vector<wire::ClientMessage> sent;
    std::vector<Event> told;
};

class LettersTest : public testing::Test {
protected:
    LettersTest() { connect({}); }

    void connect(Estate estate) {
        session_ = std::make_unique<Session>(
            Session::Given{.port = noted_, .clock = clock_, .identity = self_.identity},
            Seating{.session = self_.session,
                    .route = Route{5},
                    .connected = {.session = self_.session},
                    .shares_per_message = 400},
            self_.device(), std::move(estate));
        say(wire::PresencePage{{{.session = self_.session, .name = "me", .account = account_}}});
        say(wire::SnapshotEnd{});
    }
    void say(wire::ServerBody body) { session_->receive({.body = std::move(body)}); }
    void answer(wire::ServerBody body) {
        session_->receive({.reply_to = noted_.sent.back().request_id, .body = std::move(body)});
    }
    template <class Body>
    const Body& sent() const {
        return std::get<Body>(noted_.sent.back().body);
    }
    [[nodiscard]] std::string own_device() const {
        return to_base64url(self_.identity.public_key());
    }

    std::string account_;
    ManualClock clock_;
    Peer self_{1};
    Noted noted_;
    std::unique_ptr<Session> session_;
};

Correspondent named(std::string account) {
    return {.session = {}, .account = std::move(account), .device = {}};
}

TEST_F(LettersTest, AreSentAndAccepted) {
    session_->letters(WriteLetter{.to = named("Zoë"), .text = "hi"});
    EXPECT_EQ(sent<wire::SendDirect>().to.account, "Zoë");
    EXPECT_NE(sent<wire::SendDirect>().nonce, 0U);
    answer(wire::TextAccepted{.id = MessageId{7}});
    EXPECT_EQ(noted_.last<LetterAccepted>().id, MessageId{7});
    session_->letters(WriteLetter{.to = {.session = SessionId{3}}, .text = "hi"});
    EXPECT_EQ(sent<wire::SendDirect>().to.session, SessionId{3});
    answer(wire::Refusal{.error = {.code = ErrorCode::unknown_person, .message = "Gone."}});
    EXPECT_EQ(noted_.last<Refused>().command, "message");
    session_->letters(
        WriteLetter{.to = {.session = {}, .account = {}, .device = "x"}, .text = "hi"});
    EXPECT_EQ(noted_.last<Refused>().error.code, ErrorCode::unknown_person);
}

TEST_F(LettersTest, AreToldWithWhoseTheyAre) {
    const wire::Person me{
        .session = {}, .identity = to_bytes(self_.identity.public_key()), .account = {}};
    const wire::Person zoe{.session = {}, .identity = {}, .account = "Zoë"};
    say(wire::Direct{{.id = MessageId{1},
                      .from = me,
                      .from_name = "me",
                      .to = zoe,
                      .to_name = "Zoë",
                      .text = "hi"}});
    EXPECT_TRUE(noted_.last<LetterReceived>().letter.own);
    EXPECT_EQ(name_of(noted_.last<LetterReceived>().letter.from), "device:" + own_device());
    say(wire::Direct{{.id = MessageId{2},
                      .from = zoe,
                      .from_name = "Zoë",
                      .to = me,
                      .to_name = "me",
                      .text = "hi"}});
    EXPECT_FALSE(noted_.last<LetterReceived>().letter.own);
    EXPECT_EQ(name_of(noted_.last<LetterReceived>().letter.from), "Zoë");
    say(wire::PresenceChanged{{{.session = self_.session, .account = "Zoë"}}, {}});
    say(wire::DirectChanged{{.id = MessageId{2},
                             .from = zoe,
                             .from_name = "Zoë",
                             .to = me,
                             .to_name = "me",
                             .text = "",
                             .deleted = true}});
    EXPECT_TRUE(noted_.last<LetterChanged>().letter.own) << "on whatever device";
    session_->letters(ReadLetters{.with = named("Zoë"), .before = MessageId{9}, .letters = 5});
    EXPECT_EQ(sent<wire::GetDirect>().before, MessageId{9});
    answer(wire::DirectHistory{.with = zoe,
                               .name = "Zoë",
                               .texts = {{.id = MessageId{2},
                                          .from = zoe,
                                          .from_name = {},
                                          .to = me,
                                          .to_name = {},
                                          .text = {}}},
                               .more = true});
    EXPECT_EQ(noted_.last<LettersReceived>().letters.size(), 1U);
    EXPECT_TRUE(noted_.last<LettersReceived>().more);
}

TEST_F(LettersTest, UnreadAndReadAreAskedForAndTold) {
    session_->letters(AskUnread{});
    answer(wire::Unread{
        .rooms = {{.channel = ChannelId{1}, .unread = 3, .mentions = 1, .read_to = MessageId{4}}},
        .people = {{.with = {.session = {}, .identity = {}, .account = "Zoë"},
                    .name = "Zoë",
                    .unread = 2,
                    .read_to = MessageId{1},
                    .last = MessageId{9}}}});
    const auto& unread = noted_.last<UnreadReceived>();
    EXPECT_EQ(unread.rooms.at(0).mentions, 1U);
    EXPECT_EQ(unread.people.at(0).last, MessageId{9});
    session_->letters(MarkRead{.channel = ChannelId{1}, .with = {}, .id = MessageId{9}});
    EXPECT_EQ(sent<wire::MarkRead>().channel, ChannelId{1});
    answer(wire::Ok{});
    EXPECT_EQ(noted_.last<Done>().command, "read");
    say(wire::ReadChanged{.room = {.channel = ChannelId{1}, .unread = 1}, .person = {}});
    EXPECT_EQ(noted_.last<ReadElsewhere>().room->unread, 1U);
    say(wire::ReadChanged{
        .room = {},
        .person = {.with = {.session = {}, .identity = {}, .account = "Zoë"}, .name = "Zoë"}});
    EXPECT_EQ(noted_.last<ReadElsewhere>().person->name, "Zoë");
}

TEST_F(LettersTest, WhatWasNotAcceptedIsSentOnceMore) {
    session_->letters(WriteLetter{.to = named("Zoë"), .text = "perhaps"});
    const auto nonce = sent<wire::SendDirect>().nonce;
    session_->letters(WriteLetter{.to = {.session = SessionId{3}}, .text = "to whom?"});
    auto estate = session_->leave_behind();
    EXPECT_EQ(noted_.last<Refused>().command, "message") << "another may be that session next time";
    noted_.sent.clear();
    connect(std::move(estate));
    ASSERT_EQ(noted_.sent.size(), 1U);
    EXPECT_EQ(sent<wire::SendDirect>().nonce, nonce) << "if only the answer was lost, it is one";
    EXPECT_EQ(sent<wire::SendDirect>().text, "perhaps");
}

TEST(Correspondents, AreFoundByWhatTheyAreCalled) {
    const std::vector<Person> people{{.session = SessionId{1}, .name = "Ada"},
                                     {.session = SessionId{2}, .name = "ADA"},
                                     {.session = SessionId{3}, .name = "Bob"}};
    EXPECT_EQ(find_correspondent(people, "ADA").session, SessionId{2});
    EXPECT_EQ(find_correspondent(people, "bob").session, SessionId{3});
    EXPECT_EQ(find_correspondent(people, "ada"), named("ada")) << "two are called so";
    EXPECT_EQ(find_correspondent(people, "Zoë"), named("Zoë"));
    EXPECT_EQ(find_correspondent(people, "device:abc").device, "abc");
    EXPECT_EQ(name_of(find_correspondent(people, "device:abc")), "device:abc");
}

}  // namespace
}  // namespace partyline::client

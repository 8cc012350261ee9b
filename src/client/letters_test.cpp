#include "client/letters.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "client/session_test_support.hpp"

namespace partyline::client {
namespace {

constexpr ChannelId lobby{10};
const wire::Person zoe{.session = {}, .identity = {}, .account = "Zoë"};

class LettersTest : public testing::Test, protected test::NotedSession {
protected:
    /// What was written, of all that was sent.
    [[nodiscard]] std::vector<wire::SendDirect> written() const {
        std::vector<wire::SendDirect> out;
        for (const auto& message : noted.sent) {
            if (const auto* letter = std::get_if<wire::SendDirect>(&message.body)) {
                out.push_back(*letter);
            }
        }
        return out;
    }
    static wire::Unread unread(std::uint32_t count, std::uint64_t read_to, std::uint64_t last) {
        return {.rooms = {},
                .people = {{.with = zoe,
                            .name = "Zoë",
                            .unread = count,
                            .read_to = MessageId{read_to},
                            .last = MessageId{last}}}};
    }
    static wire::DirectText from_zoe(std::uint64_t id) {
        return {.id = MessageId{id},
                .from = zoe,
                .from_name = "Zoë",
                .to = {},
                .to_name = "me",
                .text = "hi"};
    }
    static wire::DirectHistory history(std::initializer_list<std::uint64_t> ids) {
        wire::DirectHistory out{.with = zoe, .name = "Zoë", .texts = {}};
        for (const auto id : ids) {
            out.texts.push_back(from_zoe(id));
        }
        return out;
    }
    /// The ids of what the person is told now to have missed.
    [[nodiscard]] std::vector<std::uint64_t> missed() const {
        const auto& received = noted.last<LettersReceived>();
        EXPECT_TRUE(received.missed);
        EXPECT_EQ(received.name, "Zoë");
        std::vector<std::uint64_t> ids;
        for (const auto& letter : received.letters) {
            ids.push_back(letter.id.value);
        }
        return ids;
    }
    using Ids = std::vector<std::uint64_t>;

    [[nodiscard]] std::string own_device() const {
        return to_base64url(self.identity.public_key());
    }
};

Correspondent named(std::string account) {
    return {.session = {}, .account = std::move(account), .device = {}};
}

TEST_F(LettersTest, AreSentAndAccepted) {
    session->letters(WriteLetter{.to = named("Zoë"), .text = "hi"});
    EXPECT_EQ(sent<wire::SendDirect>().to.account, "Zoë");
    EXPECT_NE(sent<wire::SendDirect>().nonce, 0U);
    answer(wire::TextAccepted{.id = MessageId{7}});
    EXPECT_EQ(noted.last<LetterAccepted>().id, MessageId{7});
    session->letters(WriteLetter{.to = {.session = SessionId{3}}, .text = "hi"});
    EXPECT_EQ(sent<wire::SendDirect>().to.session, SessionId{3});
    answer(wire::Refusal{.error = {.code = ErrorCode::unknown_person, .message = "Gone."}});
    EXPECT_EQ(noted.last<Refused>().command, "message");
    session->letters(
        WriteLetter{.to = {.session = {}, .account = {}, .device = "x"}, .text = "hi"});
    EXPECT_EQ(noted.last<Refused>().error.code, ErrorCode::unknown_person);
}

TEST_F(LettersTest, AreToldWithWhoseTheyAre) {
    const wire::Person me{
        .session = {}, .identity = to_bytes(self.identity.public_key()), .account = {}};
    say(wire::Direct{{.id = MessageId{1},
                      .from = me,
                      .from_name = "me",
                      .to = zoe,
                      .to_name = "Zoë",
                      .text = "hi"}});
    EXPECT_TRUE(noted.last<LetterReceived>().letter.own);
    EXPECT_EQ(name_of(noted.last<LetterReceived>().letter.from), "device:" + own_device());
    say(wire::Direct{{.id = MessageId{2},
                      .from = zoe,
                      .from_name = "Zoë",
                      .to = me,
                      .to_name = "me",
                      .text = "hi"}});
    EXPECT_FALSE(noted.last<LetterReceived>().letter.own);
    EXPECT_EQ(name_of(noted.last<LetterReceived>().letter.from), "Zoë");
    say(wire::PresenceChanged{{{.session = self.session, .account = "Zoë"}}, {}});
    say(wire::DirectChanged{{.id = MessageId{2},
                             .from = zoe,
                             .from_name = "Zoë",
                             .to = me,
                             .to_name = "me",
                             .text = "",
                             .deleted = true}});
    EXPECT_TRUE(noted.last<LetterChanged>().letter.own) << "on whatever device";
    session->letters(ReadLetters{.with = named("Zoë"), .before = MessageId{9}, .letters = 5});
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
    EXPECT_EQ(noted.last<LettersReceived>().letters.size(), 1U);
    EXPECT_TRUE(noted.last<LettersReceived>().more);
}

TEST_F(LettersTest, UnreadAndReadAreAskedForAndTold) {
    session->letters(AskUnread{});
    answer(wire::Unread{
        .rooms = {{.channel = ChannelId{1}, .unread = 3, .mentions = 1, .read_to = MessageId{4}}},
        .people = {{.with = {.session = {}, .identity = {}, .account = "Zoë"},
                    .name = "Zoë",
                    .unread = 2,
                    .read_to = MessageId{1},
                    .last = MessageId{9}}}});
    const auto& unread = noted.last<UnreadReceived>();
    EXPECT_EQ(unread.rooms.at(0).mentions, 1U);
    EXPECT_EQ(unread.people.at(0).last, MessageId{9});
    session->letters(MarkRead{.channel = ChannelId{1}, .with = {}, .id = MessageId{9}});
    EXPECT_EQ(sent<wire::MarkRead>().channel, ChannelId{1});
    answer(wire::Ok{});
    EXPECT_EQ(noted.last<Done>().command, "read");
    say(wire::ReadChanged{.room = {.channel = ChannelId{1}, .unread = 1}, .person = {}});
    EXPECT_EQ(noted.last<ReadElsewhere>().room->unread, 1U);
    say(wire::ReadChanged{
        .room = {},
        .person = {.with = {.session = {}, .identity = {}, .account = "Zoë"}, .name = "Zoë"}});
    EXPECT_EQ(noted.last<ReadElsewhere>().person->name, "Zoë");
}

TEST_F(LettersTest, WhatWasNotAcceptedIsSentOnceMore) {
    session->letters(WriteLetter{.to = named("Zoë"), .text = "perhaps"});
    const auto nonce = sent<wire::SendDirect>().nonce;
    session->letters(WriteLetter{.to = {.session = SessionId{3}}, .text = "to whom?"});
    auto estate = session->leave_behind();
    EXPECT_EQ(noted.last<Refused>().command, "message") << "another may be that session next time";
    noted.sent.clear();
    connect(std::move(estate));
    ASSERT_EQ(written().size(), 1U);
    EXPECT_EQ(sent<wire::SendDirect>().nonce, nonce) << "if only the answer was lost, it is one";
    EXPECT_EQ(sent<wire::SendDirect>().text, "perhaps");
}

TEST_F(LettersTest, WhoEditsAndDeletesIsToldThatItIsDone) {
    session->edit(MessageId{1}, "better");
    answer(wire::Ok{});
    EXPECT_EQ(noted.last<Done>().command, "edit");
    session->erase(MessageId{2});
    answer(wire::Ok{});
    EXPECT_EQ(noted.last<Done>().command, "delete") << "another's text as well";
}

TEST_F(LettersTest, ToSomebodyWhoIsHereOutlastTheirSession) {
    say(wire::PresenceChanged{{{.session = SessionId{2}, .name = "Zoë's phone", .account = "Zoë"},
                               {.session = SessionId{4}, .name = "Dan", .account = {}}},
                              {}});
    const auto write_to = [&](std::uint32_t number) {
        session->letters(WriteLetter{.to = {.session = SessionId{number}}, .text = "hi"});
        return sent<wire::SendDirect>();
    };
    const auto to_zoe = write_to(2);
    EXPECT_EQ(to_zoe.to.account, "Zoë");
    EXPECT_EQ(write_to(4).to.session, SessionId{4}) << "a guest whose identity we do not know";
    auto estate = session->leave_behind();
    EXPECT_EQ(noted.last<Refused>().command, "message") << "that to Dan";
    noted.sent.clear();
    connect(std::move(estate));
    ASSERT_EQ(written().size(), 1U) << "that to Zoë, under whatever session she is here now";
    EXPECT_EQ(sent<wire::SendDirect>(), to_zoe) << "with the same nonce";
}

TEST_F(LettersTest, ToAGuestInOurRoomOutlastTheirSession) {
    const std::vector<wire::Channel> rooms{{.id = lobby, .name = "Lobby"}};
    const test::Peer dan(4);
    connect({}, rooms);
    session->join(lobby);
    answer(wire::Joined{.channel = lobby, .route = Route{6}, .frame_ms = 10, .members = 1});
    say(wire::MemberJoined{
        .channel = lobby, .channel_epoch = ChannelEpoch{2}, .member = dan.member(clock.unix_ms())});
    session->letters(WriteLetter{.to = {.session = dan.session}, .text = "hi"});
    const auto to_dan = written().at(0);
    EXPECT_EQ(to_dan.to.identity, to_bytes(dan.identity.public_key()));
    EXPECT_EQ(to_dan.to.session, SessionId{});
    auto estate = session->leave_behind();
    noted.sent.clear();
    connect(std::move(estate), rooms);
    EXPECT_EQ(written(), std::vector{to_dan}) << "whatever session he is by now";
}

// --- what was missed -----------------------------------------------------------------------------

TEST_F(LettersTest, WhatIsUnreadIsToldAtALogin) {
    ASSERT_TRUE(std::holds_alternative<wire::GetUnread>(noted.sent.back().body));
    answer(unread(2, 1, 3));
    EXPECT_EQ(sent<wire::GetDirect>().with, zoe);
    answer(history({1, 2, 3}));
    EXPECT_EQ(missed(), (Ids{2, 3}));
    EXPECT_TRUE(std::holds_alternative<wire::GetDirect>(noted.sent.back().body))
        << "and no more is asked for";
}

TEST_F(LettersTest, WithNothingUnreadNothingIsTold) {
    const auto told = noted.told.size();
    answer(unread(0, 3, 3));
    EXPECT_EQ(noted.told.size(), told);
    EXPECT_TRUE(std::holds_alternative<wire::GetUnread>(noted.sent.back().body));
}

TEST_F(LettersTest, ThatTheyCannotBeLookedUpIsNobodysConcern) {
    const auto told = noted.told.size();
    answer(unread(1, 1, 3));
    answer(wire::Refusal{.error = {.code = ErrorCode::rate_limited}, .closing = false});
    EXPECT_EQ(noted.told.size(), told);
    connect(session->leave_behind());
    answer(unread(1, 1, 3));
    answer(history({3}));
    EXPECT_EQ(missed(), Ids{3}) << "at the next login";
}

TEST_F(LettersTest, OnAnotherSeatWhatWasWrittenMeanwhileIsTold) {
    answer(unread(0, 3, 3));
    say(wire::Direct{from_zoe(5)});
    connect(session->leave_behind());
    answer(unread(3, 3, 7));
    answer(history({3, 5, 6, 7}));
    EXPECT_EQ(missed(), (Ids{6, 7})) << "the fifth was told before";
}

TEST_F(LettersTest, OnTheSameSeatTheyAreLookedUpIfTheServerCouldNotRepeatThem) {
    answer(unread(0, 3, 3));
    const auto sent_before = noted.sent.size();
    session->go_away();
    session->come_back({.replayed = true});
    EXPECT_EQ(noted.sent.size(), sent_before);
    session->go_away();
    session->come_back({.replayed = false});
    say(wire::PresencePage{{{.session = self.session, .name = "me"}}});
    say(wire::SnapshotEnd{});
    ASSERT_TRUE(std::holds_alternative<wire::GetUnread>(noted.sent.back().body));
    say(wire::Direct{from_zoe(7)});
    answer(unread(3, 3, 7));
    answer(history({5, 6, 7}));
    EXPECT_EQ(missed(), (Ids{5, 6})) << "the seventh was told as it was written";
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

#include <set>

#include "server/control/server_fixture.hpp"
#include "server/room/limits.hpp"

namespace partyline::control {
namespace {

class RoomsTest : public ServerTest {
protected:
    net::task<> joining() {
        Caller ada(loop);
        co_await ada.log_in(port(), "Ada");
        const auto alone = co_await ada.ask<wire::Joined>(wire::Join{lobby});
        EXPECT_EQ(alone, (wire::Joined{.channel = lobby,
                                       .channel_epoch = ChannelEpoch{1},
                                       .route = relay.seats.at(ada.session)->route,
                                       .frame_ms = 10,
                                       .members = 1}));
        EXPECT_TRUE((co_await ada.get<wire::MemberKeys>()).members.empty());

        Caller bob(loop);
        co_await bob.log_in(port(), "Bob");
        const auto joined = co_await bob.ask<wire::Joined>(wire::Join{lobby});
        EXPECT_EQ(joined.channel_epoch, ChannelEpoch{2});
        EXPECT_EQ(joined.members, 2U);
        const auto keys = co_await bob.get<wire::MemberKeys>();
        EXPECT_EQ(keys.channel_epoch, ChannelEpoch{2});
        EXPECT_FALSE(keys.more);
        EXPECT_EQ(keys.members.size(), 1U);
        expect_member(keys.members.at(0), ada);

        const auto seen = co_await ada.get<wire::MemberJoined>();
        EXPECT_EQ(seen.channel, lobby);
        EXPECT_EQ(seen.channel_epoch, ChannelEpoch{2});
        expect_member(seen.member, bob);

        const auto moved = co_await bob.ask<wire::Joined>(wire::Join{attic});
        EXPECT_NE(moved.route, joined.route);
        EXPECT_EQ(relay.seats.at(bob.session)->channel, attic);
        EXPECT_EQ(co_await ada.get<wire::MemberLeft>(),
                  (wire::MemberLeft{.channel = lobby,
                                    .channel_epoch = ChannelEpoch{3},
                                    .session = bob.session,
                                    .frame_ms = 10}));
        co_await bob.ask<wire::Moved>(wire::Leave{});
        EXPECT_EQ(relay.seats.at(bob.session)->channel, ChannelId{});
    }

    void expect_member(const wire::Member& member, const Caller& who) {
        EXPECT_EQ(member.session, who.session);
        EXPECT_EQ(member.identity, to_bytes(who.identity().public_key()));
        EXPECT_EQ(member.x25519, to_bytes(who.agreement().public_key()));
        crypto::Signature signature{};
        std::ranges::copy(member.device.signature, signature.begin());
        EXPECT_TRUE(crypto::verify_device(who.identity().public_key(),
                                          {.server_id = identity.public_key(),
                                           .x25519 = who.agreement().public_key(),
                                           .expiry_unix_ms = member.device.expiry_unix_ms},
                                          signature, clock->unix_ms()));
    }

    /// Whoever is to share keys with somebody has been told before who that is.
    net::task<> presence_before_keys() {
        Caller ada(loop);
        co_await ada.log_in(port(), "Ada");
        co_await ada.ask<wire::Joined>(wire::Join{lobby});
        std::set<SessionId> known;
        Caller bob(loop);
        co_await bob.log_in(port(), "Bob");
        co_await bob.ask<wire::Joined>(wire::Join{lobby});
        for (;;) {
            const auto message = co_await ada.next();
            if (const auto* change = std::get_if<wire::PresenceChanged>(&message.body)) {
                for (const auto& presence : change->sessions) {
                    known.insert(presence.session);
                }
            } else if (std::holds_alternative<wire::MemberJoined>(message.body)) {
                break;
            }
        }
        EXPECT_TRUE(known.contains(bob.session));
    }

    net::task<> wrong_rooms() {
        Caller ada(loop);
        co_await ada.log_in(port(), "Ada");
        co_await refused(ada, wire::Leave{}, ErrorCode::not_in_room);
        co_await refused(ada, wire::Join{ChannelId{77}}, ErrorCode::unknown_channel);
        co_await refused(ada, wire::Join{ChannelId{}}, ErrorCode::unknown_channel);
        co_await refused(ada, wire::SendText{.channel = lobby, .text = "x"},
                         ErrorCode::not_in_room);
        co_await refused(ada, wire::GetMemberKeys{}, ErrorCode::not_in_room);
        co_await ada.ask<wire::Joined>(wire::Join{lobby});
        co_await refused(ada, wire::SendText{.channel = attic, .text = "x"},
                         ErrorCode::not_in_room);
        co_await refused(ada, wire::SendText{.channel = lobby, .text = ""},
                         ErrorCode::not_permitted);
    }

    net::task<> texts() {
        Caller ada(loop);
        co_await ada.log_in(port(), "Ada");
        Caller bob(loop);
        co_await bob.log_in(port(), "Bob");
        for (auto* caller : {&ada, &bob}) {
            co_await caller->ask<wire::Joined>(wire::Join{lobby});
        }
        const wire::SendText text{.channel = lobby, .text = "good evening\n🎤", .nonce = 5};
        const auto accepted = co_await ada.ask<wire::TextAccepted>(text);
        const wire::Text expected{.id = accepted.id,
                                  .channel = lobby,
                                  .session = ada.session,
                                  .name = "Ada",
                                  .text = text.text,
                                  .unix_ms = accepted.unix_ms,
                                  .author = to_bytes(ada.identity().public_key())};
        EXPECT_EQ(co_await ada.get<wire::Text>(), expected) << "the author too";
        EXPECT_EQ(co_await bob.get<wire::Text>(), expected);

        for (int i = 0; i < 50; ++i) {
            EXPECT_EQ(co_await ada.ask<wire::TextAccepted>(text), accepted) << "sent again";
        }
        const auto next =
            co_await ada.ask<wire::TextAccepted>(wire::SendText{.channel = lobby, .text = "2"});
        EXPECT_GT(next.id, accepted.id);
        EXPECT_EQ((co_await bob.get<wire::Text>()).text, "2") << "and nothing in between";
    }

    net::task<> presence() {
        Caller ada(loop);
        co_await ada.log_in(port(), "Ada");
        Caller bob(loop);
        co_await bob.log_in(port(), "Bob");
        co_await bob.ask<wire::Joined>(wire::Join{attic});
        co_await bob.ask<wire::Ok>(wire::SetSelfState{.deafen = true});
        EXPECT_EQ(relay.seats.at(bob.session)->flags,
                  (relay::VoiceFlags{.muted = true, .deafened = true}));
        co_await until(ada, {.session = bob.session,
                             .name = {},
                             .channel = attic,
                             .self_mute = true,
                             .self_deafen = true});
        co_await bob.ask<wire::Ok>(wire::SetSelfState{});
        relay.seats.at(bob.session)->speaking = true;
        co_await until(ada, {.session = bob.session, .channel = attic, .speaking = true});
        relay.seats.at(bob.session)->speaking = false;
        co_await until(ada, {.session = bob.session, .channel = attic});
        co_await bob.ask<wire::Moved>(wire::Leave{});
        co_await until(ada, {.session = bob.session});
    }

    net::task<> guests_do_not_record() {
        Caller bob(loop);
        co_await bob.log_in(port(), "Bob");
        EXPECT_EQ((co_await bob.ask<wire::Refusal>(wire::SetRecording{true})).error.code,
                  ErrorCode::not_in_room);
        co_await bob.ask<wire::Joined>(wire::Join{lobby});
        EXPECT_EQ((co_await bob.ask<wire::Refusal>(wire::SetRecording{true})).error.code,
                  ErrorCode::not_permitted);
        co_await bob.ask<wire::Ok>(wire::SetRecording{false});
        EXPECT_FALSE(server->model().find(bob.session)->presence.recording);
    }

    net::task<> texts_have_a_rate() {
        Caller ada(loop, manual_clock);
        co_await ada.log_in(port(), "Ada");
        co_await ada.ask<wire::Joined>(wire::Join{lobby});
        wire::SendText text{.channel = lobby, .text = "hello"};
        for (text.nonce = 1; text.nonce <= 20; ++text.nonce) {
            co_await ada.ask<wire::TextAccepted>(text);
        }
        const auto refusal = co_await ada.ask<wire::Refusal>(text);
        EXPECT_EQ(refusal.error.code, ErrorCode::rate_limited);
        EXPECT_EQ(refusal.error.retry_ms, 200U);
        text.nonce = 20;
        co_await ada.ask<wire::TextAccepted>(text);  // what became of it may be asked at any time
    }

    /// Waits until this is what is told, whatever the name says.
    static net::task<> until(Caller& caller, wire::Presence wanted) {
        for (;;) {
            auto change = co_await caller.get<wire::PresenceChanged>();
            for (auto& presence : change.sessions) {
                presence.name.clear();
            }
            if (std::ranges::contains(change.sessions, wanted)) {
                co_return;
            }
        }
    }

    net::task<> who_disconnects_is_gone() {
        Caller ada(loop);
        co_await ada.log_in(port(), "Ada");
        Caller bob(loop);
        co_await bob.log_in(port(), "Bob");
        for (auto* caller : {&ada, &bob}) {
            co_await caller->ask<wire::Joined>(wire::Join{lobby});
        }
        bob.close();
        EXPECT_EQ((co_await ada.get<wire::MemberLeft>()).session, bob.session);
        EXPECT_FALSE(relay.seats.at(bob.session)->open);
        const auto change = co_await ada.get<wire::PresenceChanged>();
        EXPECT_EQ(change.gone, std::vector<SessionId>{bob.session});
    }

    /// Until there are so many, everybody is told the others' keys on joining.
    net::task<> large_rooms(std::size_t count) {
        std::vector<std::unique_ptr<Caller>> callers;
        for (std::size_t i = 0; i < count; ++i) {
            auto& caller = *callers.emplace_back(std::make_unique<Caller>(loop));
            co_await caller.log_in(port(), "Talker " + std::to_string(i));
            const auto joined = co_await caller.ask<wire::Joined>(wire::Join{lobby});
            EXPECT_EQ(joined.members, i + 1);
            EXPECT_EQ(joined.frame_ms,
                      i < room::uncrowded_members_max ? short_frame_ms : long_frame_ms);
            if (joined.members <= wire::share_on_join_members_max) {
                EXPECT_EQ((co_await caller.get<wire::MemberKeys>()).members.size(), i);
            }
        }
        co_await keys_on_demand(*callers.back(), *callers.front(), count);
    }

    /// All who are in a crowded room learn that they had better send longer packets, and when not.
    net::task<> crowds() {
        std::vector<std::unique_ptr<Caller>> callers;
        for (std::size_t members = 1; members <= room::uncrowded_members_max + 1; ++members) {
            auto& caller = *callers.emplace_back(std::make_unique<Caller>(loop));
            co_await caller.log_in(port(), "Guest " + std::to_string(members));
            co_await caller.ask<wire::Joined>(wire::Join{lobby});
            if (members > 1) {
                EXPECT_EQ((co_await callers.front()->get<wire::MemberJoined>()).frame_ms,
                          members <= room::uncrowded_members_max ? short_frame_ms : long_frame_ms);
            }
        }
        for (auto left = room::uncrowded_members_max; left >= room::crowded_members_min - 2;
             --left) {
            co_await callers.at(left)->ask<wire::Moved>(wire::Leave{});
            EXPECT_EQ((co_await callers.front()->get<wire::MemberLeft>()).frame_ms,
                      left >= room::crowded_members_min ? long_frame_ms : short_frame_ms)
                << left;
        }
        const auto back = co_await callers.back()->ask<wire::Joined>(wire::Join{lobby});
        EXPECT_EQ(back.frame_ms, short_frame_ms);
    }

    static net::task<> keys_on_demand(Caller& last, Caller& first, std::size_t count) {
        // Had keys been sent on joining, they would come before the pong.
        EXPECT_FALSE(co_await last.is_told<wire::MemberKeys>());
        wire::GetMemberKeys everybody;
        for (std::uint32_t id = 1; id <= count + 5; ++id) {
            everybody.sessions.push_back(SessionId{id});
        }
        const auto request = co_await last.send(everybody);
        std::set<SessionId> told;
        for (;;) {
            const auto message = co_await last.next();
            const auto* page = std::get_if<wire::MemberKeys>(&message.body);
            if (page == nullptr) {
                continue;
            }
            EXPECT_EQ(page->more, message.reply_to != request) << "the last page is the answer";
            for (const auto& member : page->members) {
                EXPECT_TRUE(told.insert(member.session).second);
            }
            if (message.reply_to == request) {
                break;
            }
        }
        EXPECT_EQ(told.size(), count - 1) << "all but oneself, and nobody who is not there";
        EXPECT_TRUE(told.contains(first.session));
    }
};

TEST_F(RoomsTest, JoiningMovingLeaving) { play(joining()); }
TEST_F(RoomsTest, PresenceComesBeforeKeys) { play(presence_before_keys()); }
TEST_F(RoomsTest, WrongRooms) { play(wrong_rooms()); }
TEST_F(RoomsTest, Texts) { play(texts()); }
TEST_F(RoomsTest, TextsHaveARate) {
    clock = &manual_clock;
    play(texts_have_a_rate());
}
TEST_F(RoomsTest, Presence) { play(presence()); }
TEST_F(RoomsTest, GuestsDoNotRecord) { play(guests_do_not_record()); }
TEST_F(RoomsTest, WhoDisconnectsIsGone) { play(who_disconnects_is_gone()); }
TEST_F(RoomsTest, CrowdsSendLongerPackets) { play(crowds()); }
TEST_F(RoomsTest, LargeRoomsTellKeysOnDemand) {
    play(large_rooms(wire::share_on_join_members_max + 1));
}

}  // namespace
}  // namespace partyline::control

#include "server/room/model.hpp"

#include <gtest/gtest.h>

#include <format>

#include "server/room/test_support.hpp"

namespace partyline::room {
namespace {

constexpr ChannelId lobby{1};
constexpr ChannelId attic{2};

Channel channel(std::uint32_t id, std::uint32_t parent, std::string name) {
    return {.id = ChannelId{id}, .parent = ChannelId{parent}, .name = std::move(name)};
}

Model house(Options options = {}) {
    auto model = Model::create({channel(1, 0, "Lobby"), channel(2, 1, "Attic")}, options);
    EXPECT_TRUE(model) << model.error().message;
    return std::move(*model);
}

SessionId arrive(Model& model, std::string name) {
    auto in = model.log_in(std::move(name), PeerKeys{});
    EXPECT_TRUE(in) << in.error().message;
    return in->session;
}

TEST(RoomModel, ChannelsMustMakeATree) {
    struct Case {
        std::string what;
        std::vector<Channel> channels;
        bool good;
    };
    std::vector<Channel> deep;
    for (std::uint32_t id = 1; id <= channel_depth_max + 1; ++id) {
        deep.push_back(channel(id, id - 1, "Room"));
    }
    std::vector<Channel> many;
    for (std::uint32_t id = 1; id <= channels_max + 1; ++id) {
        many.push_back(channel(id, 0, std::format("Room {}", id)));
    }
    const Case cases[] = {
        {"none", {}, true},
        {"a tree", {channel(7, 0, "A"), channel(3, 7, "A"), channel(4, 7, "B")}, true},
        {"zero id", {channel(0, 0, "A")}, false},
        {"id twice", {channel(1, 0, "A"), channel(1, 0, "B")}, false},
        {"child first", {channel(2, 1, "A"), channel(1, 0, "B")}, false},
        {"its own parent", {channel(1, 1, "A")}, false},
        {"sibling's name", {channel(1, 0, "A"), channel(2, 0, "a")}, false},
        {"bad name", {channel(1, 0, "")}, false},
        {"too deep", deep, false},
        {"as deep as may be", {deep.begin(), deep.end() - 1}, true},
        {"too many", many, false},
        {"as many as may be", {many.begin(), many.end() - 1}, true},
    };
    for (const auto& [what, channels, good] : cases) {
        EXPECT_EQ(Model::create(channels, {}).has_value(), good) << what;
    }
}

TEST(RoomModel, NamesAreUniqueWhileOnline) {
    auto model = house();
    const auto ada = arrive(model, "Ada");
    EXPECT_EQ(code(model.log_in("aDa", {})), ErrorCode::name_taken);
    EXPECT_EQ(code(model.log_in("", {})), ErrorCode::invalid_name);
    model.log_out(ada);
    const auto again = arrive(model, "ADA");
    EXPECT_NE(again, ada) << "session ids are never reused";
}

TEST(RoomModel, FullIsFull) {
    auto model = house({.sessions_max = 2});
    const auto first = arrive(model, "a");
    arrive(model, "b");
    EXPECT_EQ(code(model.log_in("c", {})), ErrorCode::server_full);
    model.log_out(first);
    arrive(model, "c");
}

TEST(RoomModel, ARoomIsCrowdedFromOneMoreOnAndUntilFewAreLeft) {
    auto model = house();
    const auto crowded = [&] { return model.find(lobby)->crowded; };
    std::vector<SessionId> members;
    const auto come = [&] {
        members.push_back(arrive(model, std::format("Guest {}", members.size())));
        ASSERT_TRUE(model.join(members.back(), lobby));
    };
    const auto go = [&] {
        ASSERT_TRUE(model.leave(members.back()));
        model.log_out(members.back());
        members.pop_back();
    };
    while (members.size() < uncrowded_members_max) {
        come();
    }
    EXPECT_FALSE(crowded());
    come();
    EXPECT_TRUE(crowded());
    while (members.size() > crowded_members_min) {
        go();
        EXPECT_TRUE(crowded()) << members.size();
    }
    go();
    EXPECT_FALSE(crowded());
    while (members.size() < uncrowded_members_max) {
        come();
    }
    EXPECT_FALSE(crowded()) << "it has to grow anew";
}

TEST(RoomModel, AMoveIsALeaveAndAJoin) {
    auto model = house();
    const auto ada = arrive(model, "Ada");
    const auto bob = arrive(model, "Bob");
    ASSERT_TRUE(model.join(bob, lobby));
    ASSERT_TRUE(model.join(ada, lobby));

    const auto moved = model.join(ada, attic);
    ASSERT_TRUE(moved);
    EXPECT_EQ(moved->epoch, ChannelEpoch{1});
    EXPECT_EQ(moved->members, 1U);
    const Events expected{
        {ToMembers{.channel = lobby},
         MemberLeft{.channel = lobby, .epoch = ChannelEpoch{3}, .session = ada}},
        {ToMembers{.channel = attic, .except = ada},
         MemberJoined{.channel = attic, .epoch = ChannelEpoch{1}, .session = ada}},
        {ToEverybody{}, PresenceChanged{{.session = ada, .name = "Ada", .channel = attic}}},
    };
    EXPECT_EQ(moved->events, expected);
    EXPECT_FALSE(model.together(ada, bob));
}

TEST(RoomModel, ToJoinWhereOneIsChangesNothing) {
    auto model = house();
    const auto ada = arrive(model, "Ada");
    ASSERT_TRUE(model.join(ada, lobby));
    const auto again = model.join(ada, lobby);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->epoch, ChannelEpoch{1});
    EXPECT_TRUE(again->events.empty());
}

TEST(RoomModel, WhatIsNotThereIsRefused) {
    auto model = house();
    const auto ada = arrive(model, "Ada");
    const auto bob = arrive(model, "Bob");
    EXPECT_EQ(code(model.join(ada, ChannelId{99})), ErrorCode::unknown_channel);
    EXPECT_EQ(code(model.join(ada, ChannelId{})), ErrorCode::unknown_channel);
    EXPECT_EQ(code(model.leave(ada)), ErrorCode::not_in_room);
    EXPECT_EQ(code(model.request_key(ada, {.speaker = SessionId{99}})), ErrorCode::unknown_session);
    EXPECT_EQ(code(model.request_key(ada, {.speaker = bob})), ErrorCode::not_in_room);
    EXPECT_EQ(code(model.request_key(ada, {.speaker = ada})), ErrorCode::not_in_room);
    EXPECT_EQ(code(model.compose(ada, {.channel = ChannelId{}, .text = "x"})),
              ErrorCode::not_in_room);
    EXPECT_EQ(code(model.compose(ada, {.channel = lobby, .text = "x"})), ErrorCode::not_in_room);
}

TEST(RoomModel, WhoIsMutedDoesNotSpeak) {
    auto model = house();
    const auto ada = arrive(model, "Ada");
    EXPECT_TRUE(model.set_speaking(ada, true).empty()) << "in no room";
    ASSERT_TRUE(model.join(ada, lobby));
    EXPECT_EQ(model.set_speaking(ada, true).size(), 1U);
    EXPECT_TRUE(model.set_speaking(ada, true).empty());
    EXPECT_EQ(model.set_self_state(ada, {.deafen = true}).size(), 1U);
    const Presence deaf{.session = ada,
                        .name = "Ada",
                        .channel = lobby,
                        .self_mute = true,
                        .self_deafen = true,
                        .speaking = false};
    EXPECT_EQ(model.find(ada)->presence, deaf);
    EXPECT_TRUE(model.set_speaking(ada, true).empty());
    EXPECT_TRUE(model.set_self_state(ada, {.mute = true, .deafen = true}).empty()) << "as it was";
}

TEST(RoomModel, PriorityIsForWhoMayAndForOneRoom) {
    auto model = house();
    const auto ada = arrive(model, "Ada");
    EXPECT_EQ(code(model.set_priority(ada, true)), ErrorCode::not_in_room);
    EXPECT_TRUE(model.set_priority(ada, false)->empty());
    ASSERT_TRUE(model.join(ada, lobby));
    EXPECT_EQ(code(model.set_priority(ada, true)), ErrorCode::not_permitted);
    EXPECT_FALSE(model.find(ada)->presence.priority);

    auto guests = *model.directory().find(guest_role);
    guests.grants = {Permission::see, Permission::enter, Permission::speak,
                     Permission::priority_speaker};
    model.apply({guests});
    EXPECT_EQ(model.set_priority(ada, true)->size(), 1U);
    EXPECT_TRUE(model.set_priority(ada, true)->empty()) << "as it was";
    EXPECT_TRUE(model.find(ada)->presence.priority);
    ASSERT_TRUE(model.join(ada, attic));
    EXPECT_FALSE(model.find(ada)->presence.priority) << "it was for the other room";

    ASSERT_EQ(model.set_priority(ada, true)->size(), 1U);
    guests.grants = {Permission::see, Permission::enter, Permission::speak};
    model.apply({guests});
    EXPECT_FALSE(model.find(ada)->presence.priority) << "they may not any more";
}

TEST(RoomModel, TextsAreComposedThenSaid) {
    auto model = house();
    const auto ada = arrive(model, "Ada");
    ASSERT_TRUE(model.join(ada, lobby));
    const NewText text{.channel = lobby, .text = "hello", .nonce = 1, .unix_ms = 5};
    const auto composed = model.compose(ada, text);
    ASSERT_TRUE(composed);
    const Message expected{.id = MessageId{1},
                           .channel = lobby,
                           .author = model.find(ada)->keys.identity,
                           .author_name = "Ada",
                           .text = "hello",
                           .nonce = 1,
                           .unix_ms = 5};
    EXPECT_EQ(*composed, expected);
    EXPECT_FALSE(model.find_text(ada, 1)) << "it is not stored yet";
    EXPECT_EQ(model.compose(ada, text)->id, MessageId{2});
    EXPECT_EQ(code(model.compose(ada, {.channel = lobby, .text = ""})), ErrorCode::not_permitted);

    const Events told{{ToMembers{.channel = lobby}, Text{.session = ada, .message = expected}}};
    EXPECT_EQ(model.said(ada, *composed), told);
    EXPECT_EQ(model.find_text(ada, 1), (AcceptedText{.id = MessageId{1}, .unix_ms = 5}));
    ASSERT_TRUE(model.leave(ada));
    EXPECT_TRUE(model.find_text(ada, 1)) << "wherever its author is by now";
    model.log_out(ada);
    EXPECT_EQ(model.said(ada, *composed), told) << "its author may have gone meanwhile";
}

TEST(RoomModel, TheMemoryForRepeatsIsBounded) {
    auto model = house();
    const auto ada = arrive(model, "Ada");
    const auto& author = model.find(ada)->keys.identity;
    model.remember(author, 0, {.id = MessageId{1}});
    EXPECT_FALSE(model.find_text(ada, 0)) << "zero is no nonce";
    for (std::uint64_t nonce = 1; nonce <= texts_remembered_max; ++nonce) {
        model.remember(author, nonce, {.id = MessageId{nonce}});
    }
    model.remember(author, 1, {.id = MessageId{99}});
    EXPECT_EQ(model.find_text(ada, 1)->id, MessageId{1});
    model.remember(author, texts_remembered_max + 1, {.id = MessageId{100}});
    EXPECT_FALSE(model.find_text(ada, 1));
    EXPECT_TRUE(model.find_text(ada, 2));
}

TEST(RoomModel, RepeatsAreKnownOnAnotherConnection) {
    auto model = house();
    PeerKeys keys;
    keys.identity.fill(std::byte{1});
    const auto ada = model.log_in("Ada", keys).value().session;
    ASSERT_TRUE(model.join(ada, lobby));
    const auto text = model.compose(ada, {.channel = lobby, .text = "hello", .nonce = 1}).value();
    model.log_out(ada);
    model.said(ada, text);
    const auto again = model.log_in("Ada", keys).value().session;
    EXPECT_EQ(model.find_text(again, 1)->id, text.id);
    EXPECT_FALSE(model.find_text(arrive(model, "Bob"), 1)) << "another's nonce";
}

TEST(RecentTexts, OfSoManyDevicesTheOneThatWasSilentForLongestIsForgotten) {
    SaidLately said;
    for (std::size_t i = 0; i < authors_remembered_max; ++i) {
        said.remember(identity(i), 1, {.id = MessageId{i + 1}});
    }
    said.remember(identity(0), 2, {.id = MessageId{99}});
    EXPECT_TRUE(said.find(identity(1), 1));
    said.remember(identity(authors_remembered_max), 1, {.id = MessageId{100}});
    EXPECT_FALSE(said.find(identity(1), 1));
    EXPECT_EQ(said.find(identity(0), 1), AcceptedText{.id = MessageId{1}});
    EXPECT_TRUE(said.find(identity(authors_remembered_max), 1));
}

TEST(RoomModel, IdsGoOnWhereTheyWere) {
    auto model = Model::create({{.id = lobby, .name = "Lobby"}}, {.last_message = MessageId{41}});
    ASSERT_TRUE(model);
    const auto ada = arrive(*model, "Ada");
    ASSERT_TRUE(model->join(ada, lobby));
    EXPECT_EQ(model->compose(ada, {.channel = lobby, .text = "x"})->id, MessageId{42});
}

TEST(RoomModel, ATextIsItsAuthorsToChange) {
    auto model = house();
    const auto ada = arrive(model, "Ada");
    const auto bob = model.log_in("Bob", {.identity = {std::byte{7}}})->session;
    for (const auto session : {ada, bob}) {
        ASSERT_TRUE(model.join(session, lobby));
    }
    auto message = model.compose(ada, {.channel = lobby, .text = "teh"}).value();
    EXPECT_TRUE(model.may_change(ada, message, TextAct::edit));
    EXPECT_EQ(code(model.may_change(bob, message, TextAct::edit)), ErrorCode::not_permitted);
    ASSERT_TRUE(model.join(ada, attic));
    EXPECT_EQ(code(model.may_change(ada, message, TextAct::edit)), ErrorCode::not_in_room);
    ASSERT_TRUE(model.join(ada, lobby));
    message.deleted = true;
    EXPECT_EQ(code(model.may_change(ada, message, TextAct::edit)), ErrorCode::unknown_text);
    ASSERT_TRUE(model.join(bob, attic));
    EXPECT_EQ(code(model.may_change(bob, message, TextAct::edit)), ErrorCode::not_in_room)
        << "as before";
}

TEST(RoomModel, KeySharesGoToTheRoomOnly) {
    auto model = house();
    const auto ada = arrive(model, "Ada");
    const auto bob = arrive(model, "Bob");
    const auto eve = arrive(model, "Eve");
    for (const auto session : {ada, bob}) {
        ASSERT_TRUE(model.join(session, lobby));
    }
    ASSERT_TRUE(model.join(eve, attic));
    struct Case {
        std::string what;
        ChannelId channel;
        std::uint32_t epoch;
        std::vector<SessionId> to;
        ErrorCode refused;
        std::vector<SessionId> receivers;
    };
    const auto ok = ErrorCode::unspecified;
    const auto bad = ErrorCode::bad_key_share;
    const Case cases[] = {
        {"a fellow member", lobby, 2, {bob}, ok, {bob}},
        {"nobody", lobby, 2, {}, ok, {}},
        {"one who may have left", lobby, 1, {bob, eve}, ok, {bob}},
        {"one who is not there", lobby, 2, {bob, eve}, bad, {}},
        {"one who never was", lobby, 1, {SessionId{99}}, bad, {}},
        {"zero", lobby, 1, {SessionId{}}, bad, {}},
        {"oneself", lobby, 2, {ada}, bad, {}},
        {"twice", lobby, 2, {bob, bob}, bad, {}},
        {"the future", lobby, 3, {bob}, bad, {}},
        {"another room", attic, 1, {eve}, ErrorCode::not_in_room, {}},
        {"no room", ChannelId{}, 0, {bob}, ErrorCode::not_in_room, {}},
    };
    for (const auto& c : cases) {
        const auto receivers = model.share_receivers(
            ada, {.channel = c.channel, .epoch = ChannelEpoch{c.epoch}}, c.to);
        EXPECT_EQ(code(receivers), c.refused) << c.what;
        EXPECT_EQ(receivers.value_or(std::vector<SessionId>{}), c.receivers) << c.what;
    }
}

TEST(RoomModel, ARenewedDeviceIsToldWithTheEpochUnchanged) {
    auto model = house();
    const auto ada = arrive(model, "Ada");
    EXPECT_TRUE(model.renew_device(ada, {.expiry_unix_ms = 1}).empty()) << "nobody to tell";
    ASSERT_TRUE(model.join(ada, lobby));
    const auto events = model.renew_device(ada, {.expiry_unix_ms = 2});
    const Events expected{
        {ToMembers{.channel = lobby, .except = ada},
         MemberJoined{.channel = lobby, .epoch = ChannelEpoch{1}, .session = ada}}};
    EXPECT_EQ(events, expected);
    EXPECT_EQ(model.find(ada)->keys.device.expiry_unix_ms, 2);
}

TEST(RoomModel, KeyRequestsReachTheSpeaker) {
    auto model = house();
    const auto ada = arrive(model, "Ada");
    const auto bob = arrive(model, "Bob");
    ASSERT_TRUE(model.join(ada, lobby));
    ASSERT_TRUE(model.join(bob, lobby));
    const Events expected{{ToSession{bob}, KeyRequested{.from = ada, .kid = 0x10002}}};
    EXPECT_EQ(model.request_key(ada, {.speaker = bob, .kid = 0x10002}), expected);
}

}  // namespace
}  // namespace partyline::room

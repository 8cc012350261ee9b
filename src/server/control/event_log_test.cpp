#include "server/control/event_log.hpp"

#include <gtest/gtest.h>

#include <string>

namespace partyline::control {
namespace {

constexpr SessionId ada{1};
constexpr SessionId bob{2};
constexpr EventLog::Bounds roomy{.bytes = 1 << 20, .events = 1000};
constexpr std::size_t any_size = 1 << 20;

wire::ServerBody text(std::uint64_t id, std::size_t bytes = 1) {
    return wire::Text{.id = MessageId{id}, .text = std::string(bytes, 'x'), .author = Bytes(32)};
}

/// The ids of the texts that a session would be told again; one 0 for "not all here any more".
std::vector<std::uint64_t> ids(const EventLog& log, SessionId session, std::uint64_t count,
                               std::size_t bytes_max = any_size) {
    const auto events = log.last(session, count, bytes_max);
    if (!events) {
        return {0};
    }
    std::vector<std::uint64_t> found;
    for (const auto* event : *events) {
        Bytes frame;
        event->append_event(frame, 1);
        const auto message = wire::decode_server(ByteView(frame).subspan(4)).value();
        found.push_back(std::get<wire::Text>(message.body).id.value);
    }
    return found;
}

using Ids = std::vector<std::uint64_t>;

TEST(EventLog, TellsEachSessionItsOwn) {
    EventLog log(roomy);
    log.add_for_all(wire::EncodedEvent(text(1)));
    log.add(wire::EncodedEvent(text(2)), {ada});
    log.add(wire::EncodedEvent(text(3)), {bob});
    log.add(wire::EncodedEvent(text(4)), {bob, ada});
    EXPECT_EQ(ids(log, ada, 3), (Ids{1, 2, 4}));
    EXPECT_EQ(ids(log, bob, 3), (Ids{1, 3, 4}));
    EXPECT_EQ(ids(log, bob, 1), (Ids{4}));
    EXPECT_EQ(ids(log, bob, 0), Ids{});
}

TEST(EventLog, WhatNobodyWasToldTakesNoRoom) {
    EventLog log(roomy);
    log.add(wire::EncodedEvent(text(1)), {});
    EXPECT_EQ(log.events(), 0U);
    EXPECT_EQ(log.bytes(), 0U);
}

TEST(EventLog, KeepsSoManyEvents) {
    EventLog log({.bytes = 1 << 20, .events = 3});
    for (std::uint64_t id = 1; id <= 3; ++id) {
        log.add_for_all(wire::EncodedEvent(text(id)));
    }
    EXPECT_EQ(ids(log, ada, 3), (Ids{1, 2, 3}));
    log.add(wire::EncodedEvent(text(4)), {bob});
    EXPECT_EQ(ids(log, ada, 3), Ids{0}) << "the first is gone";
    EXPECT_EQ(ids(log, ada, 2), (Ids{2, 3}));
    EXPECT_EQ(log.events(), 3U);
}

TEST(EventLog, KeepsSoManyBytes) {
    EventLog log({.bytes = 10'000, .events = 1000});
    for (std::uint64_t id = 1; id <= 20; ++id) {
        log.add(wire::EncodedEvent(text(id, 4000)), {ada, bob});
        EXPECT_LE(log.bytes(), 10'000U);
    }
    EXPECT_EQ(log.events(), 2U);
    EXPECT_EQ(ids(log, ada, 2), (Ids{19, 20}));
    // One that is larger than all the log leaves nothing.
    log.add_for_all(wire::EncodedEvent(text(21, 10'000)));
    EXPECT_EQ(log.events(), 0U);
    EXPECT_EQ(log.bytes(), 0U);
}

TEST(EventLog, GivesNobodyMoreThanAsked) {
    EventLog log(roomy);
    const wire::EncodedEvent event(text(1, 100));
    const auto size = event.size();
    log.add_for_all(wire::EncodedEvent(text(1, 100)));
    log.add_for_all(wire::EncodedEvent(text(2, 100)));
    EXPECT_EQ(ids(log, ada, 2, 2 * size), (Ids{1, 2}));
    EXPECT_EQ(ids(log, ada, 2, 2 * size - 1), Ids{0});
}

}  // namespace
}  // namespace partyline::control

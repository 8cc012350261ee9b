// A broken control lane is not noticed by anybody, with the real programs.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <map>
#include <utility>
#include <vector>

#include "integration/talk_fixture.hpp"

namespace partyline::integration {
namespace {

constexpr int cuts = 20;
constexpr int cuts_full = 50;
/// A server takes five texts a second of one talkie for long.
constexpr std::chrono::milliseconds between_texts{220};

class Resume : public TalkTest {
protected:
    /// How often each text of others and of one's own was told since `mark`.
    static std::map<std::string, int> texts(const TalkieProcess& talkie, std::size_t mark) {
        std::map<std::string, int> count;
        const auto events = talkie.events();
        for (std::size_t i = mark; i < events.size(); ++i) {
            if (events[i]["event"] == "text") {
                ++count[events[i]["text"]];
            }
        }
        return count;
    }
    /// What was told of people and rooms since `mark`.
    static std::vector<Json> changes(const TalkieProcess& talkie, std::size_t mark) {
        std::vector<Json> found;
        const auto events = talkie.events();
        for (std::size_t i = mark; i < events.size(); ++i) {
            const std::string event = events[i]["event"];
            if (event.starts_with("person") || event.starts_with("room") || event == "refused") {
                found.push_back(events[i]);
            }
        }
        return found;
    }
    static std::uint64_t lost_of(TalkieProcess& listener, const std::string& speaker) {
        return listener.heard(speaker)["packets_lost"].get<std::uint64_t>();
    }
    static Json resumed(TalkieProcess& talkie, std::size_t mark) {
        return talkie.wait("connected", "resumed", true, mark);
    }
};

TEST_F(Resume, ManyCutsAreNoticedByNobody) {
    const int count = std::getenv("PARTYLINE_FULL") != nullptr ? cuts_full : cuts;
    const auto speech = speech_file(
        scratch_, "longer.wav", {"0870", "0890", "0920", "0930", "0880", "0870", "0890", "0920"});
    harness::Tap tap(port());
    const auto carol = enter({.name = "carol"});
    const auto alice = enter({.name = "alice", .mic = speech});
    const auto bob = enter({.name = "bob", .port = tap.port(), .mic = speech});
    const std::array all{alice.get(), bob.get(), carol.get()};
    for (auto* talkie : all) {
        talkie->wait("lane", "lane", "udp");
    }
    const std::array<std::pair<TalkieProcess*, std::string>, 4> heard{
        {{bob.get(), "alice"}, {carol.get(), "alice"}, {alice.get(), "bob"}, {carol.get(), "bob"}}};
    std::vector<std::uint64_t> lost;
    for (const auto& [listener, speaker] : heard) {
        hear_more(*listener, speaker);
        lost.push_back(lost_of(*listener, speaker));
    }
    std::map<const TalkieProcess*, std::size_t> marks;
    for (const auto* talkie : all) {
        marks[talkie] = talkie->mark();
    }
    const auto session = bob->wait("connected")["session"];

    std::map<std::string, int> said;
    for (int i = 0; i < count; ++i) {
        const auto mark = bob->mark();
        for (auto* talkie : {bob.get(), alice.get()}) {
            const auto text = std::format("{} {}", talkie->name(), i);
            talkie->command("say " + text);
            said[text] = 1;
        }
        tap.cut_tcp();
        EXPECT_EQ(resumed(*bob, mark)["session"], session);
        bob->wait("text", "text", std::format("alice {}", i), mark);
        bob->wait("text", "text", std::format("bob {}", i), mark);
        bob->idle_until(SystemClock().now() + between_texts);
    }
    for (std::size_t i = 0; i < heard.size(); ++i) {
        const auto& [listener, speaker] = heard[i];
        hear_more(*listener, speaker);
        EXPECT_EQ(lost_of(*listener, speaker), lost[i]) << listener->name() << " of " << speaker;
    }
    for (auto* talkie : all) {
        const auto mark = marks[talkie];
        talkie->wait("text", "text", std::format("bob {}", count - 1), mark);
        EXPECT_EQ(texts(*talkie, mark), said) << talkie->name() << ": none lost, none doubled";
        EXPECT_EQ(changes(*talkie, mark), std::vector<Json>{}) << talkie->name();
        EXPECT_EQ(talkie->stats()["lane"], "udp");
    }
}

TEST_F(Resume, WhoIsAwayIsDeafToAFreshKeyAndNewcomersToTheirs) {
    harness::Tap tap(port());
    const auto speech = long_speech(scratch_);
    const auto alice = enter({.name = "alice", .mic = speech});
    const auto bob = enter({.name = "bob", .port = tap.port(), .mic = speech});
    auto carol = enter({.name = "carol"});
    bob->wait("lane", "lane", "udp");
    hear_more(*bob, "alice");
    hear_more(*carol, "bob");

    const auto mark = bob->mark();
    tap.refuse_tcp(true);
    bob->wait("reconnecting", nullptr, mark);
    hear_more(*bob, "alice");
    hear_more(*alice, "bob");

    // Alice takes a fresh key because somebody leaves: its share waits for bob.
    EXPECT_EQ(carol->quit(), 0);
    const auto dave = enter({.name = "dave"});
    EXPECT_TRUE(deaf_while(*bob, *dave, "alice"));
    EXPECT_EQ(frames_from(*dave, "bob"), 0U) << "bob has not heard of dave";

    tap.refuse_tcp(false);
    resumed(*bob, mark);
    hear_more(*bob, "alice");
    hear_more(*dave, "bob");
}

TEST_F(Resume, WhoIsTunnelledHearsAndSaysNothingWhileAway) {
    const auto speech = long_speech(scratch_);
    harness::Tap tap(port());
    const auto carol = enter({.name = "carol"});
    const auto alice = enter({.name = "alice", .mic = speech});
    const auto bob =
        enter({.name = "bob", .port = tap.port(), .mic = speech, .more = {"--no-udp"}});
    hear_more(*bob, "alice");
    hear_more(*carol, "bob");
    const auto mark = bob->mark();
    tap.refuse_tcp(true);
    bob->wait("reconnecting", nullptr, mark);
    EXPECT_TRUE(deaf_while(*bob, *carol, "alice"));
    const auto from_bob = frames_from(*carol, "bob");
    hear_more(*carol, "alice");
    EXPECT_EQ(frames_from(*carol, "bob"), from_bob);
    tap.refuse_tcp(false);
    resumed(*bob, mark);
    hear_more(*bob, "alice");
    hear_more(*carol, "bob");
}

TEST_F(Resume, WhatIsAskedForMeanwhileIsDoneThen) {
    harness::Tap tap(port());
    const auto alice = enter({.name = "alice"});
    const auto bob = enter({.name = "bob", .port = tap.port(), .mic = long_speech(scratch_)});
    bob->wait("lane", "lane", "udp");
    hear_more(*alice, "bob");
    const auto mark = bob->mark();
    tap.refuse_tcp(true);
    bob->wait("reconnecting", nullptr, mark);
    const auto alice_mark = alice->mark();
    bob->command("mute");
    bob->command("say from afar");
    alice->command("say welcome back");
    alice->wait("speaking", "speaking", false, alice_mark);  // though the server knows nothing yet
    tap.refuse_tcp(false);
    resumed(*bob, mark);
    EXPECT_EQ(alice->wait("text", "name", "bob", alice_mark)["text"], "from afar");
    EXPECT_TRUE(alice->wait("person", "name", "bob", alice_mark)["mute"]);
    bob->wait("text", "text", "welcome back", mark);
}

TEST_F(Resume, WithoutASeatWhatWasMissedIsLookedUp) {
    start_server_without_seats();
    harness::Tap tap(port());
    const auto alice = enter({.name = "alice", .join = "Lobby"});
    const auto bob = enter({.name = "bob", .port = tap.port(), .join = "Lobby"});
    alice->command("say heard");
    bob->wait("text", "text", "heard");
    const auto mark = bob->mark();
    tap.refuse_tcp(true);
    bob->wait("reconnecting", nullptr, mark);
    alice->wait("person_left", "name", "bob");
    alice->command("say missed");
    alice->wait("text", "text", "missed");
    tap.refuse_tcp(false);
    EXPECT_FALSE(bob->wait("connected", nullptr, mark)["resumed"]);
    const auto history = bob->wait("history", "missed", true, mark)["texts"];
    ASSERT_EQ(history.size(), 1U) << history;
    EXPECT_EQ(history[0]["text"], "missed");
}

TEST_F(Resume, WhoIsKilledAndStartedAgainTakesTheirOwnPlaceAtOnce) {
    const auto alice = enter({.name = "alice", .mic = long_speech(scratch_)});
    {
        const auto bob = enter({.name = "bob"});
        bob->process().signal(SIGKILL);
        bob->process().wait();
    }
    const auto mark = alice->mark();
    const auto again = enter({.name = "bob"});
    alice->wait("person_left", "name", "bob", mark);
    hear_more(*again, "alice");
    alice->command("who");
    const auto who = alice->wait("who", nullptr, mark)["people"];
    EXPECT_EQ(std::ranges::count(who, Json("bob"), [](const Json& one) { return one["name"]; }), 1)
        << who;
}

TEST_F(Resume, WhoLeavesInOrderIsGoneAtOnce) {
    const auto alice = enter({.name = "alice"});
    const auto bob = enter({.name = "bob"});
    EXPECT_EQ(bob->quit(), 0);
    alice->wait("person_left", "name", "bob");
}

}  // namespace
}  // namespace partyline::integration

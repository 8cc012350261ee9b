// A switchboard of its own for each test, and talkies that come and go.
#pragma once

#include <gtest/gtest.h>

#include <format>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "harness/failure.hpp"
#include "harness/server.hpp"
#include "harness/talkie.hpp"
#include "harness/tap.hpp"
#include "integration/speech.hpp"

namespace partyline::integration {

using harness::Json;
using harness::TalkieOptions;
using harness::TalkieProcess;

/// The frames that the spurts of a listener must bring before a test believes that it hears.
inline constexpr std::uint64_t frames_heard_min = 50;

class TalkTest : public testing::Test {
protected:
    void SetUp() override {
        start_server({});
        TalkieProcess guide(scratch_, {.name = "guide", .port = port(), .more = {"rooms"}});
        const auto rooms = guide.wait("rooms")["rooms"];
        ASSERT_GE(rooms.size(), 2U) << "the embedded configuration has two rooms";
        room_ = rooms[0]["path"];
        other_room_ = rooms[1]["path"];
        EXPECT_EQ(guide.process().wait(), 0);
    }

    void start_server(const harness::ServerOptions& options) {
        server_ = std::make_unique<harness::ServerProcess>(scratch_, options);
    }
    /// Another, which keeps nobody's seat. Its room is "Lobby".
    void start_server_without_seats() {
        start_server({.data = "no-seats", .config = R"(
[limits]
resume_seconds = 0
[[room]]
name = "Lobby"
)"});
    }
    [[nodiscard]] std::uint16_t port() const { return server_->port(); }

    /// A talkie that is in its room, with everybody's keys. Port and room are filled in.
    std::unique_ptr<TalkieProcess> enter(TalkieOptions options) {
        options.port = options.port == 0 ? port() : options.port;
        options.join = options.join.empty() ? room_ : options.join;
        auto talkie = std::make_unique<TalkieProcess>(scratch_, options);
        talkie->wait("keys_ready");
        return talkie;
    }

    /// One command, and what it is answered with. The talkie has ended by then.
    Json once(const std::string& name, std::vector<std::string> command,
              const std::string& event = "account") {
        TalkieProcess talkie(scratch_, {.name = name, .port = port(), .more = std::move(command)});
        auto told = talkie.wait(event);
        talkie.process().wait();
        return told;
    }
    /// Somebody who may do everything, with an account of that name.
    void make_owner(const std::string& name) {
        once(name, {"--password-file", password_, "claim", name});
        once(name, {"owner", server_->owner_token()}, "done");
    }

    static std::uint64_t frames_from(TalkieProcess& listener, const std::string& speaker) {
        const auto heard = listener.heard(speaker);
        return heard.is_null() ? 0 : heard["packets_received"].get<std::uint64_t>();
    }
    /// Waits until so many more frames of the speaker have come.
    static void hear_more(TalkieProcess& listener, const std::string& speaker,
                          std::uint64_t more = frames_heard_min) {
        const auto enough = frames_from(listener, speaker) + more;
        const auto heard = listener.heard_until(
            speaker, [enough](const Json& told) { return told["packets_received"] >= enough; });
        if (heard.is_null() || heard["packets_received"] < enough) {
            throw harness::Failure(
                std::format("{} does not hear {}: {}", listener.name(), speaker, heard.dump()));
        }
    }
    /// All that was sent so far comes, and can be opened.
    static void expect_all_heard(TalkieProcess& listener, TalkieProcess& speaker) {
        const auto sent = speaker.stats()["packets_sent"].get<std::uint64_t>();
        EXPECT_GT(sent, 200U) << "too little to judge by";
        const auto heard = listener.heard_until(
            speaker.name(), [sent](const Json& told) { return told["packets_received"] >= sent; });
        EXPECT_EQ(heard["packets_received"], sent);
        EXPECT_EQ(heard["packets_lost"], 0);
        EXPECT_EQ(heard["packets_unopened"], 0);
    }
    /// Whether nothing comes from the speaker while somebody else hears it say `more` frames.
    static bool deaf_while(TalkieProcess& deaf, TalkieProcess& listener, const std::string& speaker,
                           std::uint64_t more = frames_heard_min) {
        // What was on its way, and not told of yet, is over after some frames.
        hear_more(listener, speaker);
        const auto before = frames_from(deaf, speaker);
        hear_more(listener, speaker, more);
        return frames_from(deaf, speaker) == before;
    }

    const harness::Scratch scratch_;
    const std::string password_ = scratch_.file("password", "correct horse\n");
    std::unique_ptr<harness::ServerProcess> server_;
    std::string room_;
    std::string other_room_;
};

}  // namespace partyline::integration

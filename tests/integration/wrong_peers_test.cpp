// Peers that are not as the protocol wants them, one side of each pair being a real program: a typed
// error, a clear line for the person, and nobody else notices.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <format>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "integration/false_server.hpp"
#include "integration/hostile_fixture.hpp"
#include "server/control/caller_test_support.hpp"
#include "wire/limits.hpp"

namespace partyline::integration {
namespace {

using control::Caller;
using control::LoginPlan;

// --- wrong talkies, the real switchboard -----------------------------------------------------------

class WrongTalkies : public HostileTest {
protected:
    static ErrorCode code_of(const std::optional<wire::ServerMessage>& last) {
        const auto* refusal = last ? std::get_if<wire::Refusal>(&last->body) : nullptr;
        return refusal == nullptr ? ErrorCode::unspecified : refusal->error.code;
    }
    net::task<> expect_login_refused(LoginPlan plan, ErrorCode code) {
        Caller caller(loop_);
        const auto hello = co_await caller.connect(port());
        co_await caller.send(caller.make_login(plan, hello));
        EXPECT_EQ(code_of(co_await caller.last_words()), code);
    }
    net::task<> expect_bytes_refused(Bytes bytes, ErrorCode code) {
        Caller caller(loop_);
        co_await caller.log_in(port(), "Caller");
        co_await caller.send_bytes(std::move(bytes));
        EXPECT_EQ(code_of(co_await caller.last_words()), code);
    }
    net::task<> do_wrong() {
        co_await expect_login_refused({.versions = {2, 3}}, ErrorCode::wrong_version);
        co_await expect_login_refused(
            {.bend = [](wire::Login& login) { login.signature[7] ^= std::byte{1}; }},
            ErrorCode::bad_signature);
        Bytes oversize(4);
        store_be<std::uint32_t>(oversize, wire::frame_bytes_max + 1);
        co_await expect_bytes_refused(oversize, ErrorCode::too_large);
        Bytes rubbish;
        wire::append_frame(rubbish, Bytes(9, std::byte{0xFF})).value();
        co_await expect_bytes_refused(rubbish, ErrorCode::malformed);
        co_await ask_for_no_room();
    }
    /// That is no crime: the session goes on.
    net::task<> ask_for_no_room() {
        Caller caller(loop_);
        co_await caller.log_in(port(), "Caller");
        const auto refusal = co_await caller.ask<wire::Refusal>(
            wire::Join{.channel = ChannelId{999}, .password = {}});
        EXPECT_EQ(refusal.error.code, ErrorCode::unknown_channel);
        co_await caller.ask<wire::Joined>(wire::Join{.channel = ChannelId{1}, .password = {}});
    }

    net::Loop loop_;
};

TEST_F(WrongTalkies, AreToldWhatIsWrongAndNobodyElseNotices) {
    begin_conversation(port());
    loop_.run_until_done(do_wrong());
    expect_undisturbed();
    EXPECT_EQ(server_->stop(), 0);
}

// --- wrong switchboards, the real talkie -----------------------------------------------------------

class WrongSwitchboards : public testing::Test {
protected:
    struct Ended {
        int code = 0;
        std::string error;
        std::string line;  // as a person reads it, without --json
    };
    Ended meet(const FalseServer::FirstWords& first_words) {
        Ended ended;
        {
            const FalseServer server(scratch_, first_words);
            TalkieProcess talkie(scratch_, {.name = "ada", .port = server.port()});
            ended.code = talkie.process().wait();
            ended.error = talkie.wait("failed")["code"];
        }
        const FalseServer server(scratch_, first_words);
        harness::Process plain(
            {.arguments = {harness::sibling_program("partyline-cli"), "--server",
                           std::format("127.0.0.1:{}", server.port()), "--identity", "none",
                           "--known-servers", scratch_.path("plain"), "--mic", "none", "--speaker",
                           "none", "who"}});
        EXPECT_EQ(plain.wait(), ended.code);
        ended.line = plain.errors();
        return ended;
    }
    /// A Hello that is right but for what `bend` does to it.
    FalseServer::FirstWords hello(std::function<void(wire::Hello&)> bend) {
        return [this, bend = std::move(bend)](const crypto::ExporterValue& exporter) {
            auto said = proper_hello(identity_, exporter);
            bend(said);
            return framed(said);
        };
    }

    const harness::Scratch scratch_;
    const crypto::Identity identity_ = crypto::Identity::generate();
};

TEST_F(WrongSwitchboards, AreNamedForWhatTheyAre) {
    Bytes oversize(4);
    store_be<std::uint32_t>(oversize, wire::frame_bytes_max + 1);
    struct Case {
        FalseServer::FirstWords first_words;
        int code;
        std::string error;
        std::string line;
    };
    const std::array cases{
        Case{hello([](wire::Hello& said) { said.versions = {2, 3}; }), 2, "wrong_version",
             "does not speak protocol 1; one of us needs an update."},
        Case{hello([](wire::Hello& said) { said.signature[7] ^= std::byte{1}; }), 3,
             "bad_signature", "cannot prove its identity. Somebody may be in between."},
        Case{[&](const auto&) { return oversize; }, 2, "wrong_version",
             "is no Partyline switchboard"},
        Case{[](const auto&) { return to_bytes(as_bytes("HTTP/1.1 400 Bad Request\r\n\r\n")); }, 2,
             "wrong_version", "is no Partyline switchboard"},
        Case{[](const auto&) { return Bytes{}; }, 2, "io", "The server has ended the connection."},
        Case{nullptr, 2, "io", "hung up at once: it may be full, or let in no more from your"},
    };
    for (const auto& [first_words, code, error, line] : cases) {
        const auto ended = meet(first_words);
        EXPECT_EQ(ended.code, code) << ended.line;
        EXPECT_EQ(ended.error, error) << ended.line;
        EXPECT_TRUE(ended.line.contains(line)) << ended.line;
        EXPECT_EQ(std::ranges::count(ended.line, '\n'), 1) << ended.line;
    }
}

}  // namespace
}  // namespace partyline::integration

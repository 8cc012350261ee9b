// For tests of a session: all that it sends and tells.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "client/key_test_support.hpp"
#include "client/session.hpp"

namespace partyline::client::test {

class Noted final : public SessionPort {
public:
    void send(const wire::ClientMessage& message) override { sent.push_back(message); }
    void emit(const Event& event) override { told.push_back(event); }
    void to_up(UpCommand command) override {
        if (const auto* open = std::get_if<SetOpen>(&command)) {
            opened.push_back(open->open);
        }
    }
    void to_down(DownCommand) override {}
    void may_record(bool) override {}
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
    std::vector<bool> opened;  // whether what is said may leave this machine
};

/// A session that has come in.
struct NotedSession {
    explicit NotedSession(std::uint32_t number = 1) : self(number) { connect({}); }

    void connect(Estate estate, std::vector<wire::Channel> rooms = {}) {
        session = std::make_unique<Session>(
            Session::Given{
                .port = noted, .clock = clock, .identity = self.identity, .volumes = volumes},
            Seating{.session = self.session,
                    .route = Route{5},
                    .connected = {.session = self.session},
                    .limits = {.shares_per_message = 400}},
            self.device(), std::move(estate));
        say(wire::ChannelPage{std::move(rooms)});
        say(wire::PresencePage{{{.session = self.session, .name = "me", .account = {}}}});
        say(wire::SnapshotEnd{});
    }
    void say(wire::ServerBody body) const { session->receive({.body = std::move(body)}); }
    /// Answers the last message that was sent.
    void answer(wire::ServerBody body) const {
        session->receive({.reply_to = noted.sent.back().request_id, .body = std::move(body)});
    }
    /// Answers the last of this kind.
    template <class Asked>
    void answer_to(wire::ServerBody body) const {
        const auto asked = std::ranges::find_last_if(noted.sent, [](const auto& message) {
            return std::holds_alternative<Asked>(message.body);
        });
        session->receive({.reply_to = asked.front().request_id, .body = std::move(body)});
    }
    template <class Body>
    const Body& sent() const {
        return std::get<Body>(noted.sent.back().body);
    }

    ManualClock clock;
    Peer self;
    Noted noted;
    Volumes volumes = Volumes::open({}).value();
    std::unique_ptr<Session> session;
};

}  // namespace partyline::client::test

// For tests of a session: a word for each thing that it asks for and tells, in order.
#pragma once

#include <gtest/gtest.h>

#include <format>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "client/key_test_support.hpp"
#include "client/session.hpp"

namespace partyline::client::test {

inline constexpr ChannelId lobby{10};

/// Everything that a session asks for, a word for each, in order.
class Told final : public SessionPort {
public:
    void send(const wire::ClientMessage& message) override {
        sent.push_back(message);
        if (std::holds_alternative<wire::GetUnread>(message.body)) {
            return;  // asked for at every login: no news
        }
        add(std::format("> {}", wire::name_of(message.body)));
    }
    void emit(const Event& event) override {
        std::visit([this](const auto& one) { tell(one); }, event);
    }
    void to_up(UpCommand command) override {
        if (const auto* route = std::get_if<SetRoute>(&command)) {
            add(std::format("up: route {}", route->route.value));
        } else if (const auto* length = std::get_if<SetFrameLength>(&command)) {
            add(std::format("up: {} ms", length->frame_ms));
        } else if (const auto* cap = std::get_if<SetBitrateCap>(&command)) {
            add(std::format("up: {} bit/s", cap->bits_per_second));
        } else if (const auto* open = std::get_if<SetOpen>(&command)) {
            add(open->open ? "up: open" : "up: closed");
        } else if (const auto* key = std::get_if<UseSenderKey>(&command)) {
            add(std::format("up: key {}.{}", key->key.generation, key->key.step));
        }
    }
    void to_down(DownCommand command) override {
        if (const auto* route = std::get_if<SetRoute>(&command)) {
            add(std::format("down: route {}", route->route.value));
        } else if (const auto* member = std::get_if<MemberEntered>(&command)) {
            add(std::format("down: +{}", member->session.value));
        } else if (const auto* gone = std::get_if<MemberGone>(&command)) {
            add(std::format("down: -{}", gone->session.value));
        } else if (const auto* forgotten = std::get_if<SessionGone>(&command)) {
            add(std::format("down: forget {}", forgotten->session.value));
        } else if (const auto* talk = std::get_if<SetRoomTalking>(&command)) {
            add(talk->talking ? "down: talk" : "down: no talk");
        } else if (const auto* hearing = std::get_if<SetHearing>(&command)) {
            add(std::format("down: {} at {:.2f}{}", hearing->session.value, hearing->gain,
                            hearing->priority ? " above others" : ""));
        } else if (const auto* deafened = std::get_if<SetDeafened>(&command)) {
            add(deafened->deafened ? "down: deaf" : "down: hear");
        } else if (std::holds_alternative<RoomCleared>(command)) {
            add("down: clear");
        }
    }
    void may_record(bool may) override { add(may ? "may record" : "may not record"); }
    void begin_voice() override { add("voice"); }
    void begin_playout() override { add("playout"); }
    void begin_capture() override { add("capture"); }
    void end(Error reason) override { add(std::format("end {}", static_cast<int>(reason.code))); }

    std::string take() { return std::exchange(line_, {}); }

    std::vector<wire::ClientMessage> sent;

private:
    void add(const std::string& word) { line_ += (line_.empty() ? "" : "; ") + word; }

    void tell(const Connected&) { add("connected"); }
    void tell(const RoomsChanged&) { add("rooms"); }
    void tell(const RoomEntered& event) { add(std::format("in {}", event.channel.value)); }
    void tell(const RoomLeft&) { add("out"); }
    void tell(const KeysReady&) { add("ready"); }
    void tell(const LaneChanged& event) { add(event.lane == Lane::udp ? "udp" : "tunnel"); }
    void tell(const PersonChanged& event) { add("person " + event.person.name); }
    void tell(const PersonLeft& event) { add(event.person.name + " left"); }
    void tell(const SpeakingChanged& event) {
        add(std::format("{} {}", event.session.value, event.speaking ? "speaks" : "pauses"));
    }
    void tell(const TextReceived& event) { add(event.name + ": " + event.text); }
    void tell(const HistoryReceived& event) {
        std::string ids;
        for (const auto& text : event.texts) {
            ids += std::format(" {}", text.id.value);
        }
        add((event.missed ? "missed" : "history") + ids + (event.more ? " and more" : ""));
    }
    void tell(const AccountChanged& event) {
        add(std::format("{}: {} {}", event.command, event.name, event.recovery_code));
    }
    void tell(const DevicesReceived& event) {
        add(std::format("{}{} {}{}", event.name, event.owner ? " owns" : "", event.devices.size(),
                        event.devices.front().own ? ", own" : ""));
    }
    void tell(const Done& event) { add(event.command + " done"); }
    void tell(const Refused& event) {
        add(std::format("{} refused {}", event.command, static_cast<int>(event.error.code)));
    }
    void tell(const RecordingSeen& event) {
        add(event.person.name + (event.person.recording ? " records" : " records no more"));
    }
    void tell(const VoiceLowered& event) {
        add(std::format(
            "voice lowered to {}{}",
            static_cast<int>(event.load.noise_lowered_to.value_or(NoiseSuppression::high)),
            event.load.echo_passed_by ? " and no echo cancelled" : ""));
    }
    template <class Other>
    void tell(const Other&) {
        add("?");
    }

    std::string line_;
};

class SessionTest : public testing::Test {
protected:
    SessionTest() {
        come_in();
        told_.sent.clear();
    }

    void come_in() {
        connect({});
        say(wire::ChannelPage{{{.id = lobby, .name = "Lobby"}}});
        say(wire::PresencePage{{presence(1, "me", {}), presence(2, "ann", lobby)}});
        EXPECT_EQ(told_.take(), "") << "nothing before Connected";
        say(wire::SnapshotEnd{});
        EXPECT_EQ(told_.take(), "connected; voice; up: route 5; down: route 5");
        answer(wire::Unread{});
    }

    void connect(Estate estate) {
        session_ = std::make_unique<Session>(
            Session::Given{
                .port = told_, .clock = clock_, .identity = self_.identity, .volumes = volumes_},
            Seating{.session = self_.session,
                    .route = Route{5},
                    .connected = {.session = self_.session},
                    .limits = limits_},
            self_.device(), std::move(estate));
    }

    /// The connection is lost, and the next one shows these rooms.
    void come_back(std::vector<wire::Channel> rooms) {
        auto estate = session_->leave_behind();
        connect(std::move(estate));
        say(wire::ChannelPage{std::move(rooms)});
        say(wire::SnapshotEnd{});
    }

    static wire::Presence presence(std::uint32_t session, std::string name, ChannelId channel) {
        return {.session = SessionId{session}, .name = std::move(name), .channel = channel};
    }

    void say(wire::ServerBody body) { session_->receive({.body = std::move(body)}); }
    /// Answers the last message that was sent.
    void answer(wire::ServerBody body) {
        session_->receive({.reply_to = told_.sent.back().request_id, .body = std::move(body)});
    }

    void enter_lobby() {
        session_->join(lobby);
        answer(wire::Joined{.channel = lobby,
                            .channel_epoch = ChannelEpoch{1},
                            .route = Route{6},
                            .frame_ms = 10,
                            .members = 2});
        answer(wire::History{.channel = lobby, .texts = {}});  // nothing was said there yet
        say(wire::MemberKeys{.channel = lobby,
                             .channel_epoch = ChannelEpoch{1},
                             .members = {ann_.member(clock_.unix_ms())},
                             .more = false});
        answer(wire::Ok{});
    }

    ManualClock clock_;
    Peer self_{1};
    Peer ann_{2};
    Told told_;
    wire::Limits limits_{.shares_per_message = 400};
    Volumes volumes_ = Volumes::open({}).value();
    std::unique_ptr<Session> session_;
};

}  // namespace partyline::client::test

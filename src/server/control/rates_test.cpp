// What one person, and one session, may send: every row of the table in docs/protocol.md, at its edge.
#include <cmath>
#include <format>
#include <functional>
#include <memory>

#include "server/control/server_fixture.hpp"

namespace partyline::control {
namespace {

constexpr Rate no_limit{.per_second = 1, .burst = 1e9};

class RatesTest : public ServerTest {
protected:
    RatesTest() {
        clock = &manual_clock;
        config.limits.messages = no_limit;
    }

    using Request = std::function<wire::ClientBody(int)>;
    /// What is sent the i-th time; the last of `at_once` is still taken, and one more is not before
    /// so long a wait. As often as one likes: nobody is shut out for good.
    struct Row {
        int at_once = 0;
        std::uint32_t wait_ms = 0;
        Request request;
    };

    net::task<> hold(Row row) {
        Caller ada(loop, manual_clock);
        co_await ada.log_in(port(), "Ada");
        co_await ada.ask<wire::Joined>(wire::Join{lobby});
        Caller bob(loop, manual_clock);
        co_await bob.log_in(port(), "Bob");
        co_await bob.ask<wire::Joined>(wire::Join{lobby});
        manual_clock.advance(std::chrono::minutes(1));
        int number = 0;
        for (; number < row.at_once; ++number) {
            EXPECT_FALSE(co_await is_refused(ada, row.request(number))) << number;
        }
        for (int again = 0; again < 3; ++again) {
            const auto retry_ms = (co_await is_refused(ada, row.request(number))).value_or(0);
            // What is told is rounded up.
            EXPECT_NEAR(retry_ms, row.wait_ms, 1);
            manual_clock.advance(std::chrono::milliseconds(retry_ms - 2));
            EXPECT_TRUE(co_await is_refused(ada, row.request(number)));
            manual_clock.advance(std::chrono::milliseconds(2));
            EXPECT_FALSE(co_await is_refused(ada, row.request(number++)));
        }
    }

    /// For how long, if at all.
    static net::task<std::optional<std::uint32_t>> is_refused(Caller& caller,
                                                              wire::ClientBody body) {
        co_return co_await refusal_of(caller, co_await caller.send(std::move(body)));
    }
    static net::task<std::optional<std::uint32_t>> refusal_of(Caller& caller, std::uint64_t id) {
        for (;;) {
            const auto message = co_await caller.next();
            if (message.reply_to != id) {
                continue;
            }
            const auto* refusal = std::get_if<wire::Refusal>(&message.body);
            if (refusal == nullptr) {
                co_return std::nullopt;
            }
            EXPECT_EQ(refusal->error.code, ErrorCode::rate_limited) << refusal->error.message;
            EXPECT_FALSE(refusal->closing);
            co_return refusal->error.retry_ms;
        }
    }

    /// How many messages of so many bytes each are taken at once.
    net::task<> weigh(std::size_t bytes, int at_once) {
        Caller ada(loop, manual_clock);
        co_await ada.log_in(port(), "Ada");
        co_await ada.ask<wire::Joined>(wire::Join{lobby});
        manual_clock.advance(std::chrono::minutes(1));
        wire::SendText text{.channel = lobby, .text = std::string(bytes - 64, 'x')};
        wire::ClientMessage message{.request_id = 1'000'000, .body = text};
        text.text.append(bytes - encode(message).size(), 'x');
        message.body = text;
        EXPECT_EQ(encode(message).size(), bytes);
        for (int i = 0; i < at_once; ++i) {
            co_await ada.send_message(message);
            EXPECT_FALSE(co_await refusal_of(ada, message.request_id)) << i;
        }
        co_await ada.send_message(message);
        EXPECT_TRUE(co_await refusal_of(ada, message.request_id));
    }

    net::task<> tunnelled() {
        Caller ada(loop, manual_clock);
        co_await ada.log_in(port(), "Ada");
        const auto& up = relay.seats.at(ada.session)->uplink;
        const auto send = [&](std::size_t count) -> net::task<> {
            for (std::size_t i = 0; i < count; ++i) {
                co_await ada.send_message({.body = wire::VoiceTunnel{Bytes(40)}});
            }
            co_await ada.ask<wire::ControlPong>(wire::ControlPing{});
        };
        const auto burst = static_cast<std::size_t>(config.limits.tunnelled.burst);
        co_await send(burst + 1);
        EXPECT_EQ(up.size(), burst) << "what is over is dropped as it might be on the way";
        manual_clock.advance(std::chrono::milliseconds(4));
        co_await send(2);
        EXPECT_EQ(up.size(), burst + 1);
    }

    /// What is counted by person, as often as is taken; the last has been refused.
    static net::task<int> as_often_as_goes(Caller& caller, Request request) {
        int taken = 0;
        for (; taken < 100; ++taken) {
            const auto id = co_await caller.send(request(taken));
            wire::ServerMessage message;
            do {
                message = co_await caller.next();
            } while (message.reply_to != id);
            const auto* refusal = std::get_if<wire::Refusal>(&message.body);
            if (refusal != nullptr && refusal->error.code == ErrorCode::rate_limited) {
                break;
            }
        }
        co_return taken;
    }

    struct PersonRow {
        std::string what;
        int at_once = 0;
        Request request;
    };
    static std::vector<PersonRow> by_person() {
        return {
            {"texts", 20, [](int) { return wire::SendText{.channel = lobby, .text = "hello"}; }},
            {"direct messages", 20,
             [](int) {
                 return wire::SendDirect{.to = {.session = SessionId{1}}, .text = "hello"};
             }},
            {"pages", 20, [](int) { return wire::GetUnread{}; }},
            {"moves", 20, [](int number) { return wire::Join{number % 2 == 0 ? attic : lobby}; }},
            // Refused, as they may not; but only after the count.
            {"changes", 50, [](int) { return wire::DeleteRole{RoleId{99}}; }}};
    }

    net::task<> a_new_login_is_the_same_person() {
        Caller witness(loop, manual_clock);  // session 1
        co_await witness.log_in(port(), "Witness");
        for (const auto& [what, at_once, request] : by_person()) {
            manual_clock.advance(std::chrono::seconds(20));
            Caller first(loop, manual_clock);
            co_await first.log_in(port(), "Ada");
            co_await first.ask<wire::Joined>(wire::Join{lobby});
            manual_clock.advance(std::chrono::seconds(20));
            EXPECT_EQ(co_await as_often_as_goes(first, request), at_once) << what;
            for (int again = 0; again < 3; ++again) {
                Caller next(loop, manual_clock);
                next.be(first);
                co_await next.log_in(port(), "Ada");
                EXPECT_EQ(co_await as_often_as_goes(next, request), 0) << what;
                first.be(next);
            }
            manual_clock.advance(std::chrono::seconds(1));
            Caller last(loop, manual_clock);
            last.be(first);
            co_await last.log_in(port(), "Ada");
            EXPECT_EQ(co_await as_often_as_goes(last, request), 5)
                << what << " go on at their rate";
        }
    }

    net::task<> devices_of_one_account_are_one_person() {
        Caller witness(loop, manual_clock);
        co_await witness.log_in(port(), "Witness");
        Caller desk(loop, manual_clock);
        co_await desk.log_in(port(), "Ada");
        co_await desk.ask<wire::Account>(
            wire::ClaimAccount{.name = "Ada", .password = "correct horse", .label = {}});
        Caller phone(loop, manual_clock);
        co_await phone.log_in(port(), "Ada's phone");
        co_await phone.ask<wire::Account>(
            wire::LinkDevice{.name = "Ada", .secret = "correct horse", .label = {}});
        for (const auto& [what, at_once, request] : by_person()) {
            EXPECT_EQ(co_await as_often_as_goes(desk, request), at_once) << what;
            EXPECT_EQ(co_await as_often_as_goes(phone, request), 0) << what;
            EXPECT_EQ(co_await as_often_as_goes(witness, request), at_once) << "somebody else";
            manual_clock.advance(std::chrono::seconds(20));
        }
    }

    /// Of so many guests, whose keys cost nothing.
    net::task<> one_address(std::size_t keys) {
        std::vector<std::unique_ptr<Caller>> guests;
        for (std::size_t i = 0; i < keys; ++i) {
            guests.push_back(std::make_unique<Caller>(loop, manual_clock));
            co_await guests.back()->log_in(port(), std::format("Guest {}", i));
            co_await guests.back()->ask<wire::Joined>(wire::Join{lobby});
        }
        const auto each = static_cast<double>(config.limits.connections_per_address);
        const std::pair<Rate, Request> rows[] = {
            {config.limits.texts_behind_address,
             [](int) { return wire::SendText{.channel = lobby, .text = "hello"}; }},
            {config.limits.moves_behind_address,
             [](int number) { return wire::Join{number % 2 == 0 ? attic : lobby}; }}};
        for (const auto& [rate, request] : rows) {
            manual_clock.advance(std::chrono::minutes(1));
            int taken = 0;
            for (const auto& guest : guests) {
                const int more = co_await as_often_as_goes(*guest, request);
                taken += more;
            }
            EXPECT_EQ(taken, static_cast<int>(rate.burst * each));
            const auto retry_ms = (co_await is_refused(*guests.back(), request(0))).value_or(0);
            EXPECT_EQ(retry_ms,
                      static_cast<std::uint32_t>(std::ceil(1000 / (rate.per_second * each))));
            manual_clock.advance(std::chrono::milliseconds(retry_ms));
            EXPECT_FALSE(co_await is_refused(*guests.back(), request(0)));
        }
    }

    static wire::ShareKeys share(std::uint32_t generation) {
        return {.channel = lobby,
                .channel_epoch = ChannelEpoch{2},
                .generation = generation,
                .step = 0,
                .shares = {{.to = SessionId{2}, .sealed = Bytes(90)}}};
    }
};

TEST_F(RatesTest, Messages) {
    config.limits.messages = Limits{}.messages;
    play(hold({.at_once = 200, .wait_ms = 20, .request = [](int) { return wire::ControlPing{}; }}));
}
TEST_F(RatesTest, LongMessages) {
    config.limits.messages = Limits{}.messages;
    config.limits.texts = no_limit;
    // A little more than 4 KiB: each counts two.
    play(hold({.at_once = 100, .wait_ms = 40, .request = [](int) {
                   return wire::SendText{.channel = lobby, .text = std::string(4096, 'x')};
               }}));
}
TEST_F(RatesTest, AMessageCountsOneMoreFromSoManyBytesOn) {
    const auto burst = static_cast<int>(Limits{}.messages.burst);
    for (const std::size_t beyond : {0U, 1U}) {
        config.limits.messages = Limits{}.messages;
        config.limits.texts = no_limit;
        play(weigh(message_bytes_per_cost - 1 + beyond, burst / static_cast<int>(1 + beyond)));
    }
}
TEST_F(RatesTest, Texts) {
    play(hold({.at_once = 20, .wait_ms = 200, .request = [](int number) {
                   return wire::SendText{.channel = lobby,
                                         .text = "hello",
                                         .nonce = static_cast<std::uint64_t>(number) + 1};
               }}));
}
TEST_F(RatesTest, Histories) {
    play(hold({.at_once = 20, .wait_ms = 200, .request = [](int) {
                   return wire::GetHistory{.channel = lobby};
               }}));
}
TEST_F(RatesTest, Moves) {
    play(hold({.at_once = 20, .wait_ms = 200, .request = [](int number) {
                   return wire::Join{number % 2 == 0 ? attic : lobby};
               }}));
}
TEST_F(RatesTest, Rotations) {
    play(hold({.at_once = 5, .wait_ms = 1000, .request = [](int number) {
                   return share(static_cast<std::uint32_t>(number) + 1);
               }}));
}
TEST_F(RatesTest, SharesOfOneGeneration) {
    // The first is its rotation.
    play(hold({.at_once = 101, .wait_ms = 50, .request = [](int) { return share(1); }}));
}
TEST_F(RatesTest, MemberKeys) {
    wire::GetMemberKeys everybody;
    for (std::uint32_t id = 1; id <= 250; ++id) {
        everybody.sessions.push_back(SessionId{id});
    }
    static_assert(static_cast<int>(Limits{}.member_keys.burst) == 20 * 250);
    play(hold({.at_once = 20, .wait_ms = 250, .request = [&](int) { return everybody; }}));
}
TEST_F(RatesTest, Whispers) {
    // A set of one person: it and that person count.
    play(hold({.at_once = 1000, .wait_ms = 20, .request = [](int) {
                   return wire::SetWhisper{
                       .stream = StreamId{1}, .sessions = {SessionId{2}}, .channels = {}};
               }}));
}
TEST_F(RatesTest, KeyRequests) {
    static_assert(Limits{}.key_request_interval == std::chrono::seconds(1));
    play(hold({.at_once = 1, .wait_ms = 1000, .request = [](int) {
                   return wire::KeyRequest{.speaker = SessionId{2}, .kid = 1};
               }}));
}
TEST_F(RatesTest, TunnelledDatagrams) { play(tunnelled()); }

TEST_F(RatesTest, ANewLoginIsTheSamePerson) {
    config.limits.silence = std::chrono::hours(1);
    play(a_new_login_is_the_same_person());
}
TEST_F(RatesTest, AllBehindOneAddressAreCountedTogether) {
    config.limits.silence = std::chrono::hours(1);
    play(one_address(50));
}
TEST_F(RatesTest, DevicesOfOneAccountAreOnePerson) {
    config.limits.silence = std::chrono::hours(1);
    play(devices_of_one_account_are_one_person());
}

}  // namespace
}  // namespace partyline::control

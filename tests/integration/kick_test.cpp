// How soon somebody who is kicked is gone, measured on bare sockets: TLS for the control lane, UDP for the
// voice lane, and nothing of a talkie between.
#include <gtest/gtest.h>

#include <optional>
#include <utility>
#include <vector>

#include "crypto/hop.hpp"
#include "integration/talk_fixture.hpp"
#include "net/udp.hpp"
#include "server/control/caller_test_support.hpp"
#include "wire/datagram.hpp"

namespace partyline::integration {
namespace {

using control::Caller;
using std::chrono::milliseconds;

constexpr auto between_packets = milliseconds(10);
/// Nothing is heard any more that was said so long after the moderator was told that it is done.
constexpr auto silent_after = std::chrono::seconds(1);

/// The voice lane of somebody who is logged in.
class VoiceLane {
public:
    VoiceLane(const Caller& caller, std::uint16_t port, Route route)
        : session_(caller.session),
          up_(crypto::hop_key(caller.exported(crypto::exporter_label_up).value())),
          route_(route),
          socket_(net::UdpSocket::connect(net::Endpoint::loopback_v4(port)).value()) {}

    void ping() { send(wire::DatagramKind::ping, wire::encode(wire::Ping{})); }
    /// Somebody's number of a packet, in place of a voice.
    void say(std::uint64_t number) {
        Bytes sealed(sizeof number);
        store_be(sealed, number);
        Bytes record;
        wire::append_record(record, {.speaker = session_, .stream_and_flags = 0, .sealed = sealed});
        send(wire::DatagramKind::voice, record);
    }
    /// Answers challenges; what was said since.
    std::vector<std::uint64_t> hear() {
        std::vector<std::uint64_t> numbers;
        std::array<std::byte, wire::datagram_bytes_max> buffer{};
        while (const auto got = socket_.receive(buffer)) {
            const auto bytes = ByteView(buffer).first(got->bytes);
            if (const auto parsed = wire::parse_header(bytes);
                parsed && parsed->header.kind == wire::DatagramKind::challenge) {
                send(wire::DatagramKind::echo, parsed->body);
            } else if (auto records = wire::DownlinkRecords::parse(bytes)) {
                while (const auto record = records->next()) {
                    numbers.push_back(load_be<std::uint64_t>(record->sealed));
                }
            }
        }
        return numbers;
    }

private:
    void send(wire::DatagramKind kind, ByteView body) {
        Bytes bytes(wire::uplink_header_bytes);
        wire::write_header(bytes, {.kind = kind, .route = route_, .counter = ++counter_});
        append(bytes, body);
        crypto::hop_seal(up_, bytes);
        EXPECT_TRUE(socket_.send(bytes));
    }

    const SessionId session_;
    const crypto::HopKey up_;
    const Route route_;
    net::UdpSocket socket_;
    std::uint64_t counter_ = 0;
};

class KickTest : public TalkTest {
protected:
    void SetUp() override { start_server({}); }

    net::task<> wait(Duration time) {
        net::Timer timer(loop_);
        co_await timer.wait(time);
    }
    /// Gus speaks, and Otto listens, until told to stop.
    net::task<> talk(VoiceLane& gus, VoiceLane& otto) {
        while (!over_) {
            gus.say(++said_);
            for (const auto number : otto.hear()) {
                heard_ = number;
            }
            co_await wait(between_packets);
        }
        silent_.set();
    }
    net::task<> read_to_the_end(Caller& gus) {
        last_words_ = co_await gus.last_words();
        left_at_ = clock_.now();
        left_.set();
    }
    net::task<> scenario();

    net::Loop loop_;
    const SystemClock clock_;
    std::uint64_t said_ = 0;
    std::uint64_t heard_ = 0;
    bool over_ = false;
    std::optional<wire::ServerMessage> last_words_;
    TimePoint left_at_;
    net::Event silent_{loop_};
    net::Event left_{loop_};
};

net::task<> KickTest::scenario() {
    Caller ada(loop_), gus(loop_), otto(loop_);
    co_await ada.log_in(port(), "Ada");
    co_await ada.ask<wire::Account>(
        wire::ClaimAccount{.name = "Ada", .password = "correct horse", .label = {}});
    co_await ada.ask<wire::Ok>(wire::BecomeOwner{server_->owner_token()});
    co_await gus.log_in(port(), "Gus");
    co_await otto.log_in(port(), "Otto");
    const wire::Join join{.channel = ChannelId{1}, .password = {}};
    VoiceLane gus_voice(gus, port(), (co_await gus.ask<wire::Joined>(join)).route);
    VoiceLane otto_voice(otto, port(), (co_await otto.ask<wire::Joined>(join)).route);
    otto_voice.ping();
    co_await otto.ask<wire::Ok>(wire::SetVoiceLane{wire::VoiceLane::udp});
    loop_.spawn(talk(gus_voice, otto_voice));
    const auto patience = clock_.now() + control::test_patience;
    while (heard_ < 20 && clock_.now() < patience) {
        co_await wait(between_packets);
    }
    EXPECT_GE(heard_, 20U) << "voice goes this way";
    loop_.spawn(read_to_the_end(gus));

    const auto asked_at = clock_.now();
    co_await ada.ask<wire::Ok>(wire::Kick{.session = gus.session, .reason = "shouting"});
    const auto done_at = clock_.now();
    const auto said_before = said_;
    EXPECT_EQ((co_await otto.get<wire::MemberLeft>()).session, gus.session);
    const auto told_at = clock_.now();
    co_await left_.wait();
    const auto* goodbye = last_words_ ? std::get_if<wire::Goodbye>(&last_words_->body) : nullptr;
    EXPECT_TRUE(goodbye != nullptr && goodbye->error.code == ErrorCode::kicked &&
                goodbye->error.reason == "shouting")
        << "the last that they are told";
    co_await wait(silent_after + milliseconds(300));
    over_ = true;
    co_await silent_.wait();
    const auto spoken_meanwhile = heard_ > said_before ? heard_ - said_before : 0;
    EXPECT_GT(said_, said_before + silent_after / between_packets) << "they went on speaking";
    EXPECT_LT(spoken_meanwhile, static_cast<std::uint64_t>(silent_after / between_packets));

    const auto record = [](const char* what, Duration time) {
        RecordProperty(what, static_cast<int>(time / std::chrono::microseconds(1)));
    };
    record("answered_after_us", done_at - asked_at);
    record("others_told_after_us", told_at - asked_at);
    record("gone_after_us", left_at_ - asked_at);
    RecordProperty("packets_heard_after_the_answer", static_cast<int>(spoken_meanwhile));
}

TEST_F(KickTest, WhoIsKickedIsToldLastAndHeardNoMore) { loop_.run_until_done(scenario()); }

}  // namespace
}  // namespace partyline::integration

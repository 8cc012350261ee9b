// Who comes from where: bans of addresses, and those who come back from another. Without sockets.
#include <gtest/gtest.h>

#include <deque>
#include <format>
#include <map>
#include <utility>
#include <vector>

#include "crypto/handshake.hpp"
#include "server/control/convert.hpp"
#include "server/control/fake_relay.hpp"
#include "server/control/fake_store.hpp"
#include "server/control/login_test_support.hpp"
#include "server/control/switchboard.hpp"
#include "wire/frame.hpp"

namespace partyline::control {
namespace {

/// Passwords take as long as a test wants.
class HeldHashing final : public Hashing {
public:
    Result<void> run(Work work, Work done) override {
        jobs.push_back({.work = std::move(work), .done = std::move(done)});
        return {};
    }
    /// Does all that waits.
    void finish() {
        for (auto& job : std::exchange(jobs, {})) {
            job.work();
            job.done();
        }
    }

    struct Job {
        Work work;
        Work done;
    };
    std::vector<Job> jobs;
};

/// Somebody at the door, with a connection from some address.
class Comer final : private Transport {
public:
    Comer(Switchboard& switchboard, const Clock& clock, const crypto::Identity& identity)
        : switchboard_(switchboard), clock_(clock), identity_(identity) {}
    ~Comer() override {
        if (peer_) {
            switchboard_.part(*peer_);
        }
    }
    Comer(const Comer&) = delete;
    Comer& operator=(const Comer&) = delete;

    void connect(std::string_view address) {
        const auto remote = net::Endpoint::parse(address, std::uint16_t{1}).value();
        frames_ = {};
        peer_ = std::make_unique<Peer>(
            Peer::Given{.transport = *this,
                        .limits = switchboard_.limits(),
                        .slot = admission_.admit(remote, clock_.now()).value(),
                        .remote = remote,
                        .now = clock_.now(),
                        .handshake = {}});
        switchboard_.greet(*peer_);
        read();
    }
    void lose() {
        switchboard_.lose(*peer_);
        peer_.reset();
    }

    /// What the answer is, once the store has done its part.
    const wire::ServerBody& ask(wire::ClientBody body) {
        switchboard_.receive(*peer_, wire::encode(wire::ClientMessage{.request_id = ++requests_,
                                                                      .body = std::move(body)}));
        let_the_store_answer();
        read();
        return answers_[requests_];
    }
    [[nodiscard]] ErrorCode outcome(wire::ClientBody body) {
        ask(std::move(body));
        return outcome();
    }
    /// What has become by now of what was asked last.
    [[nodiscard]] ErrorCode outcome() {
        read();
        const auto* refusal = std::get_if<wire::Refusal>(&answers_[requests_]);
        return refusal == nullptr ? ErrorCode::unspecified : refusal->error.code;
    }
    [[nodiscard]] ErrorCode log_in(const crypto::PublicKey& server, std::string name) {
        const auto code = outcome(make_login(identity_, server, std::move(name), clock_.unix_ms()));
        if (const auto* welcome = std::get_if<wire::Welcome>(&answers_[requests_])) {
            session = welcome->session;
            token_ = welcome->resume_token;
        }
        return code;
    }
    [[nodiscard]] ErrorCode resume() {
        return outcome(wire::Resume{.session = session,
                                    .token = token_,
                                    .last_seq = 0,
                                    .signature = to_bytes(crypto::sign_resume(
                                        identity_, {.exporter = {}, .session = session}))});
    }
    /// What it was told last when it was sent away.
    void read() {
        for (auto bytes = peer_->outbox.take(clock_.now()); !bytes.empty();
             bytes = peer_->outbox.take(clock_.now())) {
            frames_.feed(bytes);
        }
        while (const auto frame = frames_.next().value()) {
            auto message = wire::decode_server(*frame).value();
            if (const auto* last = std::get_if<wire::Goodbye>(&message.body)) {
                goodbye = last->error.code;
            }
            if (message.reply_to != 0) {
                answers_[message.reply_to] = std::move(message.body);
            }
        }
    }

    std::function<void()> let_the_store_answer;
    SessionId session{};
    std::optional<ErrorCode> goodbye;

private:
    void wake() override {}
    void hang_up() override {}

    Switchboard& switchboard_;
    const Clock& clock_;
    const crypto::Identity& identity_;
    Admission admission_{Limits{}, {}};
    std::unique_ptr<Peer> peer_;
    wire::FrameReader frames_;
    std::map<std::uint64_t, wire::ServerBody> answers_;
    std::uint64_t requests_ = 0;
    Bytes token_;
};

/// An owner, a moderator and a guest.
class DoorTest : public testing::Test {
protected:
    DoorTest() {
        auto& records = store.remembered;
        const auto add = [&](std::string name, const crypto::Identity& device,
                             std::vector<RoleId> roles, bool is_owner) {
            const AccountId id{records.accounts.size() + 1};
            records.accounts.push_back({.id = id,
                                        .name = std::move(name),
                                        .password_hash = {},
                                        .recovery_hash = {},
                                        .roles = std::move(roles),
                                        .owner = is_owner});
            records.devices.push_back(
                {.identity = device.public_key(), .account = id, .label = {}});
            records.last_account = id;
        };
        add("Ada", owners, {}, true);
        add("Mo", moderators, {room::moderator_role}, false);
        EXPECT_TRUE(store.settle(
            {{.id = lobby, .name = "Lobby"}, {.id = attic, .name = "Attic", .password = true}}));
        records.channels.back().password_hash = "$argon2id$";
        Config config{.away_room = "Attic", .away_after = std::chrono::minutes(10)};
        config.limits.silence = std::chrono::hours(1);
        config.limits.connections_per_address = seats_of_an_address;
        switchboard = Switchboard::create(config, {.clock = clock,
                                                   .identity = server,
                                                   .relay = relay,
                                                   .store = store,
                                                   .hashing = hashing})
                          .value();
        ada = come(owners, "192.0.2.1");
        EXPECT_EQ(log_in(*ada, "Ada"), ErrorCode::unspecified);
    }

    std::unique_ptr<Comer> come(const crypto::Identity& identity, std::string_view address) {
        auto comer = std::make_unique<Comer>(*switchboard, clock, identity);
        comer->let_the_store_answer = [this] { let_the_store_answer(); };
        comer->connect(address);
        return comer;
    }
    ErrorCode log_in(Comer& comer, std::string name) {
        return comer.log_in(server.public_key(), std::move(name));
    }
    wire::Ban ban(wire::AddBan add) {
        const auto& answer = ada->ask(std::move(add));
        const auto* bans = std::get_if<wire::Bans>(&answer);
        EXPECT_NE(bans, nullptr);
        return bans == nullptr ? wire::Ban{} : bans->bans.at(0);
    }
    void let_the_store_answer() { posted.do_all(); }
    /// What becomes of a stranger from there.
    ErrorCode stranger(std::string_view address) {
        const auto identity = crypto::Identity::generate();
        const auto comer = come(identity, address);
        return log_in(*comer, "Stranger");
    }

    static constexpr std::size_t seats_of_an_address = 3;
    static constexpr ChannelId lobby{1};
    static constexpr ChannelId attic{2};
    ManualClock clock;
    const crypto::Identity server = crypto::Identity::generate();
    const crypto::Identity owners = crypto::Identity::generate();
    const crypto::Identity moderators = crypto::Identity::generate();
    const crypto::Identity guests = crypto::Identity::generate();
    Posted posted;
    FakeRelay relay;
    FakeStore store{posted.poster()};
    HeldHashing hashing;
    std::unique_ptr<Switchboard> switchboard;
    std::unique_ptr<Comer> ada;
};

TEST_F(DoorTest, AnAddressOfIPv4IsBannedAlone) {
    const auto gus = come(guests, "203.0.113.7");
    ASSERT_EQ(log_in(*gus, "Gus"), ErrorCode::unspecified);
    EXPECT_EQ(ban({.session = gus->session, .of_address = true}).range, "203.0.113.7");
    gus->read();
    EXPECT_EQ(gus->goodbye, ErrorCode::banned);
    EXPECT_EQ(stranger("203.0.113.7"), ErrorCode::banned);
    EXPECT_EQ(stranger("203.0.113.6"), ErrorCode::unspecified);
}

TEST_F(DoorTest, AnAddressOfIPv6IsBannedWithItsNetwork) {
    const auto gus = come(guests, "2001:db8:1:2::7");
    ASSERT_EQ(log_in(*gus, "Gus"), ErrorCode::unspecified);
    EXPECT_EQ(ban({.session = gus->session, .of_address = true}).range, "2001:db8:1:2::/64");
    EXPECT_EQ(stranger("2001:db8:1:2:3:4:5:6"), ErrorCode::banned);
    EXPECT_EQ(stranger("2001:db8:1:3::7"), ErrorCode::unspecified);
}

TEST_F(DoorTest, ASingleAddressOfIPv6CanBeNamed) {
    EXPECT_EQ(ban({.range = "2001:db8::7"}).range, "2001:db8::7");
    EXPECT_EQ(stranger("2001:db8::7"), ErrorCode::banned);
    EXPECT_EQ(stranger("2001:db8::8"), ErrorCode::unspecified);
    EXPECT_EQ(ada->outcome(wire::AddBan{.range = "::ffff:203.0.113.0/24"}),
              ErrorCode::invalid_name);
}

TEST_F(DoorTest, ASeatIsNotTakenUpFromABannedAddress) {
    const auto gus = come(guests, "198.51.100.1");
    ASSERT_EQ(log_in(*gus, "Gus"), ErrorCode::unspecified);
    ban({.range = "203.0.113.0/24", .reason = "proxies"});
    gus->lose();
    gus->connect("203.0.113.7");
    EXPECT_EQ(gus->resume(), ErrorCode::banned);
    gus->connect("198.51.100.1");
    EXPECT_EQ(gus->resume(), ErrorCode::unspecified) << "it is still there for elsewhere";
}

TEST_F(DoorTest, ARangePassesOverModeratorsUntilTheyAreNoneAnyMore) {
    const auto mo = come(moderators, "203.0.113.7");
    ASSERT_EQ(log_in(*mo, "Mo"), ErrorCode::unspecified);
    ban({.range = "203.0.113.0/24"});
    mo->read();
    EXPECT_EQ(mo->goodbye, std::nullopt);
    ASSERT_EQ(ada->outcome(wire::RevokeRole{.account = "Mo", .role = room::moderator_role}),
              ErrorCode::unspecified);
    mo->read();
    EXPECT_EQ(mo->goodbye, ErrorCode::banned);
}

TEST_F(DoorTest, ARangesRefusalTellsNothingOfWhoIsInIt) {
    const auto mo = come(moderators, "198.51.100.1");
    ASSERT_EQ(log_in(*mo, "Mo"), ErrorCode::unspecified);
    EXPECT_EQ(mo->outcome(wire::AddBan{.range = "192.0.2.0/24"}), ErrorCode::unspecified)
        << "the owner is there";
    EXPECT_NE(switchboard->model().find(ada->session), nullptr);
}

TEST_F(DoorTest, WhoIsMeantHasToBeOnePerson) {
    const auto gus = come(guests, "203.0.113.7");
    ASSERT_EQ(log_in(*gus, "Gus"), ErrorCode::unspecified);
    using enum ErrorCode;
    struct Case {
        const char* what;
        wire::AddBan ban;
        ErrorCode code;
    };
    const auto id = gus->session;
    const Case cases[] = {
        {"another's identity", {.session = id, .identity = Bytes(32, std::byte{1})}, not_permitted},
        {"another's account", {.session = id, .of_identity = true, .account = "Mo"}, not_permitted},
        {"another's address",
         {.session = id, .of_identity = true, .range = "198.51.100.0/24"},
         not_permitted},
        {"a guest's account",
         {.session = id, .of_identity = true, .of_account = true},
         not_permitted},
        {"nobody's address", {.of_address = true, .range = {}}, not_permitted},
        {"nobody's identity beside an account",
         {.of_identity = true, .account = "Mo"},
         not_permitted},
        {"all of one",
         {.session = id, .identity = to_bytes(guests.public_key()), .range = "203.0.113.0/24"},
         unspecified},
    };
    for (const auto& [what, add, code] : cases) {
        EXPECT_EQ(ada->outcome(add), code) << what;
    }
    EXPECT_EQ(switchboard->model().directory().bans().size(), 1U);
}

TEST_F(DoorTest, WhoHasLeftIsBannedByTheirIdentity) {
    auto gus = come(guests, "203.0.113.7");
    ASSERT_EQ(log_in(*gus, "Gus"), ErrorCode::unspecified);
    gus.reset();
    const auto placed = ban({.identity = to_bytes(guests.public_key())});
    EXPECT_EQ(placed.identity, to_bytes(guests.public_key()));
    const auto again = come(guests, "198.51.100.9");
    EXPECT_EQ(log_in(*again, "Gus"), ErrorCode::banned);
    EXPECT_EQ(ban({.identity = to_bytes(moderators.public_key())}).name, "Mo")
        << "whose device it is";
    const auto entry = std::get<room::AuditEntry>(store.applied.back().back());
    EXPECT_EQ(entry.target, "Mo");
    EXPECT_EQ(entry.detail, "identity " + to_base64url(moderators.public_key()));
}

TEST_F(DoorTest, APasswordThatIsChangedWhileItIsCheckedOpensNothing) {
    const auto gus = come(guests, "203.0.113.7");
    ASSERT_EQ(log_in(*gus, "Gus"), ErrorCode::unspecified);
    const auto where = [&] { return switchboard->model().find(gus->session)->presence.channel; };
    const auto set = [&](std::string password) {
        ada->ask(wire::EditChannel{.channel = attic, .password = std::move(password)});
    };
    const auto knock = [&](std::string password) {
        gus->ask(wire::Join{.channel = attic, .password = std::move(password)});
    };
    set("first");
    hashing.finish();
    let_the_store_answer();
    knock("first");
    ASSERT_EQ(hashing.jobs.size(), 1U);
    auto guess = std::move(hashing.jobs.front());
    hashing.jobs.clear();
    guess.work();  // and it is right
    set("second");
    hashing.finish();
    let_the_store_answer();
    guess.done();
    EXPECT_EQ(gus->outcome(), ErrorCode::bad_password);
    EXPECT_EQ(where(), ChannelId{});
    knock("second");
    hashing.finish();
    EXPECT_EQ(gus->outcome(), ErrorCode::unspecified);
    EXPECT_EQ(where(), attic);
}

TEST_F(DoorTest, KeptSeatsOfOneSiteAreCountedTogether) {
    std::deque<crypto::Identity> identities;
    std::vector<SessionId> sessions;
    const auto come_and_go = [&](const std::string& from) {
        identities.push_back(crypto::Identity::generate());
        const auto comer = come(identities.back(), from);
        EXPECT_EQ(log_in(*comer, std::format("Guest {}", identities.size())),
                  ErrorCode::unspecified);
        sessions.push_back(comer->session);
        comer->lose();
    };
    const auto has_seat = [&](SessionId session) {
        return switchboard->model().find(session) != nullptr;
    };
    constexpr auto seats = site_addresses * seats_of_an_address;
    for (std::size_t i = 0; i < seats; ++i) {
        come_and_go(std::format("2001:db8:1:{}::1", i));
    }
    come_and_go("2001:db8:2::1");
    EXPECT_EQ(switchboard->seats_away(), seats + 1);
    come_and_go("2001:db8:1:ffff::1");
    EXPECT_FALSE(has_seat(sessions.at(0))) << "who has been away longest";
    EXPECT_TRUE(has_seat(sessions.at(1)));
    EXPECT_EQ(switchboard->seats_away(), seats + 1);
}

TEST_F(DoorTest, WhoIsIdleGoesBehindNoPassword) {
    const auto gus = come(guests, "203.0.113.7");
    ASSERT_EQ(log_in(*gus, "Gus"), ErrorCode::unspecified);
    ASSERT_EQ(gus->outcome(wire::Join{.channel = lobby, .password = {}}), ErrorCode::unspecified);
    const auto where = [&] { return switchboard->model().find(gus->session)->presence.channel; };
    clock.advance(std::chrono::minutes(11));
    switchboard->tick();
    EXPECT_EQ(where(), lobby);
    ASSERT_EQ(ada->outcome(wire::EditChannel{.channel = attic, .password = ""}),
              ErrorCode::unspecified);
    clock.advance(std::chrono::seconds(1));
    switchboard->tick();
    EXPECT_EQ(where(), attic);
}

}  // namespace
}  // namespace partyline::control

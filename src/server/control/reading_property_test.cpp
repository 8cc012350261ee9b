// Random requests of guests, members, a moderator, an admin and the owner, with locks, bans, roles and moves
// among them, while the disk answers late and the server starts again: nobody reads or hears what they may not
// at the moment it is told, nobody who is banned stays, and what holds is what held before the restart.
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <format>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "server/control/fake_relay.hpp"
#include "server/control/fake_store.hpp"
#include "server/control/reader_test_support.hpp"
#include "server/control/switchboard.hpp"
#include "server/room/bans.hpp"
#include "server/room/decide.hpp"
#include "wire/control.hpp"

namespace partyline::control {
namespace {

constexpr std::uint64_t seeds = 1000;
constexpr int steps = 120;
constexpr int steps_between_checks = 10;

using reading::cast;
using reading::channels;
using reading::Reader;
using reading::Tally;
using enum room::Permission;

class NoHashing final : public Hashing {
public:
    Result<void> run(Work, Work) override { return fail(ErrorCode::rate_limited, "Busy."); }
};

Config make_config() {
    Config config;
    for (std::uint32_t id = 1; id <= channels; ++id) {
        config.channels.push_back({.id = ChannelId{id},
                                   .parent = ChannelId{id > 2 ? id - 1 : 0},
                                   .name = std::format("Room {}", id),
                                   .topic = {}});
    }
    const Rate free{.per_second = 1e6, .burst = 1e6};
    auto& limits = config.limits;
    limits.messages = limits.refusals = limits.texts = limits.histories = limits.moves = free;
    limits.changes = limits.whispers = free;
    limits.outbox_bytes = std::size_t{64} << 20;
    return config;
}

class House {
public:
    House(std::uint64_t seed, Tally& tally) : random_(seed), tally_(tally) {
        EXPECT_TRUE(store_.settle(make_config().channels));
        auto& records = store_.remembered;
        for (const auto& one : cast()) {
            if (one.account.empty()) {
                continue;
            }
            const AccountId id{records.accounts.size() + 1};
            records.accounts.push_back({.id = id,
                                        .name = one.account,
                                        .password_hash = {},
                                        .recovery_hash = {},
                                        .roles = {},
                                        .owner = one.account == "Owner"});
            records.devices.push_back(
                {.identity = one.identity.public_key(), .account = id, .label = {}});
            records.last_account = id;
        }
        records.accounts[1].roles = {room::admin_role};
        records.accounts[2].roles = {room::moderator_role};
        open();
    }

    void step() {
        clock_.advance(std::chrono::milliseconds(random_.below(60)));
        if (random_.chance(0.02)) {
            restart();
            return;
        }
        auto& reader = readers_[random_.below(readers_.size())];
        if (!reader || reader->ended()) {
            come(reader);
        } else if (random_.chance(0.03)) {
            reader->read();
            reader.reset();
        } else {
            reader->ask(request());
        }
        if (random_.chance(0.3)) {
            let_the_store_answer();
        }
        if (random_.chance(0.2)) {
            switchboard_->tick();
        }
    }

    void check() {
        let_the_store_answer();
        for (const auto& reader : readers_) {
            if (reader) {
                reader->read();
            }
        }
        const auto& model = switchboard_->model();
        std::size_t seats = 0;
        for (const auto& [session, seat] : relay_->seats) {
            seats += seat->open ? 1U : 0U;
        }
        EXPECT_EQ(seats, model.sessions().size()) << "one seat for each session";
        for (const auto& [id, session] : model.sessions()) {
            check_place(id, session.presence);
            check_voice(id, session.presence);
            const auto* ban = room::find_ban(model.directory(),
                                             {.identity = session.keys.identity,
                                              .account = model.subject(id).account,
                                              .address = net::Endpoint::loopback_v4(1).address()},
                                             clock_.unix_ms());
            EXPECT_EQ(ban, nullptr) << session.presence.name << " is banned, and here";
        }
    }

private:
    void open() {
        old_ = store_.last_id();
        relay_.emplace();
        switchboard_ = Switchboard::create(make_config(), {.clock = clock_,
                                                           .identity = cast().front().identity,
                                                           .relay = *relay_,
                                                           .store = store_,
                                                           .hashing = hashing_})
                           .value();
        readers_.resize(cast().size());
    }
    /// In order, or with the power gone: what the disk has is kept, whether or not it has said so.
    void restart() {
        const bool in_order = random_.chance(0.5);
        if (in_order) {
            let_the_store_answer();
        }
        const auto before = records_of(switchboard_->model().directory());
        tally_.restarts += 1;
        tally_.crashes += posted_.empty() ? 0U : 1U;
        for (const auto& reader : readers_) {
            if (reader) {
                reader->read();
            }
        }
        posted_.clear();
        readers_.clear();
        switchboard_.reset();
        store_.reopen();
        open();
        if (in_order) {
            EXPECT_EQ(records_of(switchboard_->model().directory()), before);
        }
    }

    [[nodiscard]] bool may(SessionId id, ChannelId channel, room::Permission what) const {
        const auto& model = switchboard_->model();
        return room::decide(model.directory(), model.subject(id), channel, what);
    }
    void check_place(SessionId id, const room::Presence& presence) {
        EXPECT_TRUE(!presence.channel || may(id, presence.channel, enter))
            << presence.name << " is where they may not be";
    }
    /// What the relay has been told: it forwards by nothing else.
    void check_voice(SessionId id, const room::Presence& presence) {
        const auto& seat = *relay_->seats.at(id);
        EXPECT_TRUE(seat.open);
        EXPECT_EQ(seat.channel, presence.channel);
        EXPECT_TRUE(seat.flags.muted || !presence.channel || may(id, presence.channel, speak))
            << presence.name << " is heard";
        for (const auto& [stream, listeners] : seat.whispers) {
            for (const auto listener : listeners) {
                const auto* there = switchboard_->model().find(listener);
                EXPECT_TRUE(there != nullptr && may(id, there->presence.channel, whisper))
                    << presence.name << " whispers to whom they may not";
            }
        }
    }

    void come(std::unique_ptr<Reader>& reader) {
        if (reader) {
            reader->read();
        }
        reader.reset();
        const auto& one = cast()[static_cast<std::size_t>(&reader - readers_.data())];
        reader = std::make_unique<Reader>(tally_, old_, *switchboard_, clock_, admission_, one);
        reader->log_in(
            cast().front().identity.public_key(),
            one.account.empty() ? std::format("Guest {}", random_.below(20)) : one.account);
        reader->ask(wire::Join{.channel = channel(), .password = {}});
    }
    void let_the_store_answer() { posted_.do_all(); }

    ChannelId channel() {
        return ChannelId{static_cast<std::uint32_t>(1 + random_.below(channels))};
    }
    RoleId role() { return RoleId{static_cast<std::uint32_t>(1 + random_.below(6))}; }
    MessageId message() { return MessageId{1 + random_.below(30)}; }
    std::string account() { return cast()[random_.below(5)].account; }
    SessionId somebody() {
        const auto& sessions = switchboard_->model().sessions();
        return sessions.empty()
                   ? SessionId{1}
                   : std::next(sessions.begin(),
                               static_cast<std::ptrdiff_t>(random_.below(sessions.size())))
                         ->first;
    }
    wire::Person person() {
        return random_.chance(0.5)
                   ? wire::Person{.session = somebody(), .identity = {}, .account = {}}
                   : wire::Person{.identity = {}, .account = account()};
    }

    wire::ClientBody request() {
        switch (random_.below(5)) {
            case 0: return keep_order();
            case 1: return change_rules();
            case 2: return correspond();
            default: return live();
        }
    }
    wire::ClientBody live() {
        switch (random_.below(6)) {
            case 0: return wire::SendText{.channel = channel(), .text = "words"};
            case 1: return wire::Leave{};
            case 2:
            case 3: return wire::Join{.channel = channel(), .password = {}};
            default: return wire::GetHistory{.channel = channel()};
        }
    }
    wire::ClientBody correspond() {
        switch (random_.below(6)) {
            case 0: return wire::SendDirect{.to = person(), .text = "between us"};
            case 1: return wire::GetDirect{.with = person()};
            case 2: return wire::EditText{.id = message(), .text = "other words"};
            case 3: return wire::DeleteText{message()};
            case 4: return wire::GetUnread{};
            default:
                return wire::SetWhisper{
                    .stream = StreamId{1}, .sessions = {somebody()}, .channels = {channel()}};
        }
    }
    /// Bans are short, so that people come back.
    wire::ClientBody keep_order() {
        switch (random_.below(8)) {
            case 0: return wire::Kick{.session = somebody(), .reason = {}};
            case 1: return wire::AddBan{.session = somebody(), .of_identity = true, .seconds = 1};
            case 2: return wire::AddBan{.account = account(), .seconds = 1};
            case 3: return wire::AddBan{.range = "127.0.0.0/8", .seconds = 1};
            case 4: return wire::LiftBan{.ban = BanId{1 + random_.below(10)}, .reason = {}};
            case 5:
                return wire::MoveMember{.session = somebody(), .channel = channel(), .reason = {}};
            default:
                return wire::SetServerMute{
                    .session = somebody(), .mute = random_.chance(0.3), .reason = {}};
        }
    }
    /// Half of the locks are taken off again, so that somebody may do something.
    wire::ClientBody change_rules() {
        constexpr std::array<room::Permission, 6> of_rooms{see,   enter,        speak,
                                                           write, read_history, whisper};
        const auto which = room::PermissionSet{of_rooms.at(random_.below(of_rooms.size()))}.bits();
        switch (random_.below(8)) {
            case 0:
                return wire::CreateRole{{.name = std::format("Role {}", random_.below(9)),
                                         .rank = static_cast<std::uint16_t>(random_.below(900)),
                                         .grants = random_.below(64)}};
            case 1:
                return wire::EditRole{
                    .role = role(),
                    .settings = {.name = std::format("Role {}", random_.below(9)),
                                 .rank = static_cast<std::uint16_t>(random_.below(900)),
                                 .grants = random_.below(64)}};
            case 2: return wire::GrantRole{.account = account(), .role = role()};
            case 3: return wire::RevokeRole{.account = account(), .role = role()};
            default: {
                wire::SetOverride set{.channel = channel(), .override = {.role = role()}};
                (random_.chance(0.3) ? set.override.allow : set.override.deny) =
                    random_.chance(0.5) ? which : 0;
                return set;
            }
        }
    }

    Random random_;
    Tally& tally_;
    ManualClock clock_;
    std::optional<FakeRelay> relay_;
    Posted posted_;
    FakeStore store_{posted_.poster()};
    NoHashing hashing_;
    Admission admission_{Limits{.arrivals_per_address = {.per_second = 1e6, .burst = 1e6}}, {}};
    MessageId old_{};
    std::unique_ptr<Switchboard> switchboard_;
    std::vector<std::unique_ptr<Reader>> readers_;
};

TEST(ReadingProperty, NobodyReadsOrHearsWhatTheyMayNot) {
    Tally tally;
    for (std::uint64_t seed = 0; seed < seeds && !testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE(std::format("seed {}", seed));
        House house(seed, tally);
        for (int i = 1; i <= steps && !testing::Test::HasFailure(); ++i) {
            house.step();
            if (i % steps_between_checks == 0) {
                house.check();
            }
        }
    }
    EXPECT_GT(tally.histories, seeds);
    EXPECT_GT(tally.texts, seeds);
    EXPECT_GT(tally.letters, seeds);
    EXPECT_GT(tally.sent_away, seeds);
    EXPECT_GT(tally.restarts, seeds);
    EXPECT_GT(tally.crashes, seeds / 10);
    EXPECT_GT(tally.old_texts, seeds / 50);
}

}  // namespace
}  // namespace partyline::control

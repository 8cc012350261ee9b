// Accounts over the control lane, with real hashes of passwords.
#include "crypto/secret_code.hpp"
#include "server/control/server_fixture.hpp"
#include "server/room/limits.hpp"

namespace partyline::control {
namespace {

constexpr const char* password = "correct horse";
constexpr const char* other_password = "battery staple";

class AccountsTest : public ServerTest {
protected:
    void pass_time_by_hand() {
        clock = &manual_clock;
        config.limits.silence = std::chrono::hours(1);
    }
    net::task<wire::Account> claim(Caller& caller, std::string name) {
        co_return co_await caller.ask<wire::Account>(
            wire::ClaimAccount{.name = std::move(name), .password = password, .label = "first"});
    }
    static wire::LinkDevice link(std::string name, std::string secret) {
        return {.name = std::move(name), .secret = std::move(secret), .label = "second"};
    }
    /// The last account of this id that the store was given.
    [[nodiscard]] room::Account stored(AccountId id) const {
        room::Account found;
        for (const auto& changes : store.applied) {
            for (const auto& change : changes) {
                const auto* account = std::get_if<room::Account>(&change);
                found = account != nullptr && account->id == id ? *account : found;
            }
        }
        return found;
    }
    net::task<std::size_t> devices(Caller& caller, std::string name = {}) {
        const auto listed =
            co_await caller.ask<wire::Devices>(wire::ListDevices{.name = std::move(name)});
        co_return listed.devices.size();
    }

    net::task<> a_name_is_claimed() {
        Caller ada(loop);
        co_await ada.log_in(port(), "Ada");
        const auto account = co_await claim(ada, "Queen");
        EXPECT_EQ(account.name, "Queen");
        EXPECT_TRUE(crypto::hash_secret_code(account.recovery_code)) << account.recovery_code;
        EXPECT_TRUE(stored(account.id).password_hash.starts_with("$argon2id$"));
        EXPECT_NE(stored(account.id).recovery_hash, account.recovery_code);
        const auto listed = co_await ada.ask<wire::Devices>(wire::ListDevices{});
        EXPECT_EQ(listed.account, account.id);
        EXPECT_FALSE(listed.owner);
        EXPECT_EQ(listed.devices.size(), 1U);
        EXPECT_EQ(listed.devices.front().identity, to_bytes(ada.identity().public_key()));
        EXPECT_EQ(listed.devices.front().label, "first");

        Caller thief(loop);
        const auto hello = co_await thief.connect(port());
        co_await thief.send(thief.make_login({.name = "queen"}, hello));
        const auto last = co_await thief.last_words();
        EXPECT_EQ(std::get<wire::Refusal>(last.value().body).error.code, ErrorCode::name_taken);
    }

    net::task<> what_cannot_be_claimed() {
        Caller ada(loop);
        co_await ada.log_in(port(), "Ada");
        Caller bob(loop);
        co_await bob.log_in(port(), "Bob");
        const auto with = [](std::string name, std::string secret) {
            return wire::ClaimAccount{.name = std::move(name), .password = std::move(secret)};
        };
        co_await refused(ada, with("BOB", password), ErrorCode::name_taken);
        co_await refused(ada, with(" ", password), ErrorCode::invalid_name);
        co_await refused(ada, with("Ada", std::string(room::password_bytes_min - 1, 'x')),
                         ErrorCode::not_permitted);
        store.failure = Error{.code = ErrorCode::store_failed, .message = "The disk is full."};
        co_await refused(ada, with("Ada", password), ErrorCode::store_failed);
        store.failure.reset();
        co_await refused(ada, wire::ListDevices{}, ErrorCode::unknown_account);
        EXPECT_TRUE(store.applied.empty());
        co_await claim(ada, "Ada");
        co_await refused(ada, with("Ada2", password), ErrorCode::not_permitted);
    }

    net::task<> one_password_after_the_other() {
        Caller ada(loop);
        co_await ada.log_in(port(), "Ada");
        Bytes both;  // which are there before the first is hashed
        for (const std::uint64_t id : {101U, 102U}) {
            const wire::ClaimAccount claim{.name = "Ada", .password = password, .label = {}};
            wire::append_frame(both, wire::encode({.request_id = id, .body = claim})).value();
        }
        co_await ada.send_bytes(std::move(both));
        EXPECT_EQ((co_await ada.answer<wire::Refusal>(102)).error.code, ErrorCode::rate_limited);
        EXPECT_EQ((co_await ada.answer<wire::Account>(101)).name, "Ada");
    }

    net::task<> a_second_device() {
        Caller ada(loop);
        co_await ada.log_in(port(), "Ada");
        const auto account = co_await claim(ada, "Queen");
        Caller bob(loop);
        co_await bob.log_in(port(), "Bob");
        const auto refusal = co_await bob.ask<wire::Refusal>(link("Queen", "not the password"));
        EXPECT_EQ(refusal.error.code, ErrorCode::bad_password);
        EXPECT_EQ(co_await bob.ask<wire::Refusal>(link("Nobody", password)), refusal)
            << "nobody learns which names there are";
        const auto linked = co_await bob.ask<wire::Account>(link("QUEEN", password));
        EXPECT_EQ(linked, (wire::Account{.id = account.id, .name = "Queen", .recovery_code = {}}));
        EXPECT_EQ(co_await devices(ada), 2U);
        co_await refused(bob, link("Queen", password), ErrorCode::not_permitted);

        co_await ada.ask<wire::Ok>(
            wire::UnlinkDevice{.identity = to_bytes(bob.identity().public_key()), .name = {}});
        EXPECT_EQ(co_await devices(ada), 1U);
        co_await refused(bob, wire::ListDevices{}, ErrorCode::unknown_account);
        co_await refused(
            ada, wire::UnlinkDevice{.identity = to_bytes(bob.identity().public_key()), .name = {}},
            ErrorCode::unknown_account);
    }

    net::task<> a_recovery_code_works_once() {
        Caller ada(loop);
        co_await ada.log_in(port(), "Ada");
        const auto account = co_await claim(ada, "Queen");
        Caller bob(loop);
        co_await bob.log_in(port(), "Bob");
        const auto linked = co_await bob.ask<wire::Account>(link("Queen", account.recovery_code));
        EXPECT_TRUE(crypto::hash_secret_code(linked.recovery_code));
        EXPECT_NE(linked.recovery_code, account.recovery_code);
        Caller eve(loop);
        co_await eve.log_in(port(), "Eve");
        co_await refused(eve, link("Queen", account.recovery_code), ErrorCode::bad_password);
        const auto again = co_await eve.ask<wire::Account>(link("Queen", linked.recovery_code));
        EXPECT_EQ(again.id, account.id);
        // And it stands for a password that was forgotten.
        const auto changed = co_await eve.ask<wire::Account>(wire::ChangePassword{
            .current = again.recovery_code, .password = other_password, .name = {}});
        EXPECT_TRUE(crypto::hash_secret_code(changed.recovery_code));
        EXPECT_NE(changed.recovery_code, again.recovery_code);
    }

    net::task<> a_new_password() {
        Caller ada(loop);
        co_await ada.log_in(port(), "Ada");
        co_await claim(ada, "Queen");
        const auto change = [](std::string current, std::string next) {
            return wire::ChangePassword{
                .current = std::move(current), .password = std::move(next), .name = {}};
        };
        co_await refused(ada, change("not the password", other_password), ErrorCode::bad_password);
        co_await refused(ada, change(password, "short"), ErrorCode::not_permitted);
        const auto changed = co_await ada.ask<wire::Account>(change(password, other_password));
        EXPECT_TRUE(changed.recovery_code.empty()) << "the code is as before";
        Caller bob(loop);
        co_await bob.log_in(port(), "Bob");
        co_await refused(bob, change(password, other_password), ErrorCode::unknown_account);
        co_await refused(bob, link("Queen", password), ErrorCode::bad_password);
        co_await bob.ask<wire::Account>(link("Queen", other_password));
    }

    /// Of a code whose answer was lost nobody knows more than that it is there.
    net::task<> a_lost_recovery_code_is_replaced() {
        Caller ada(loop);
        co_await ada.log_in(port(), "Ada");
        co_await refused(ada, wire::RenewRecoveryCode{password}, ErrorCode::unknown_account);
        const auto lost = co_await claim(ada, "Queen");
        co_await refused(ada, wire::RenewRecoveryCode{other_password}, ErrorCode::bad_password);
        co_await refused(ada, wire::RenewRecoveryCode{lost.recovery_code}, ErrorCode::bad_password);
        const auto before = stored(lost.id);
        const auto renewed =
            co_await ada.ask<wire::Account>(wire::RenewRecoveryCode{.password = password});
        EXPECT_EQ(renewed.id, lost.id);
        EXPECT_TRUE(crypto::hash_secret_code(renewed.recovery_code)) << renewed.recovery_code;
        EXPECT_EQ(stored(lost.id).password_hash, before.password_hash);
        const auto& audit = std::get<room::AuditEntry>(store.applied.back().back());
        EXPECT_EQ(audit.action + " " + audit.actor + " " + audit.target,
                  "recovery_code_renewed Queen Queen");

        Caller bob(loop);
        co_await bob.log_in(port(), "Bob");
        co_await refused(bob, link("Queen", lost.recovery_code), ErrorCode::bad_password);
        const auto linked = co_await bob.ask<wire::Account>(link("Queen", renewed.recovery_code));
        EXPECT_EQ(linked.id, lost.id);
    }

    net::task<> a_code_is_renewed_only_so_often() {
        Caller ada(loop, manual_clock);
        co_await ada.log_in(port(), "Ada");
        co_await claim(ada, "Queen");
        co_await refused(ada, wire::RenewRecoveryCode{other_password}, ErrorCode::bad_password);
        co_await ada.ask<wire::Account>(wire::RenewRecoveryCode{password});
        const auto refusal = co_await ada.ask<wire::Refusal>(wire::RenewRecoveryCode{password});
        EXPECT_EQ(refusal.error.code, ErrorCode::rate_limited);
        EXPECT_EQ(refusal.error.retry_ms, 10'000U);
        manual_clock.advance(std::chrono::seconds(10));
        co_await ada.ask<wire::Account>(wire::RenewRecoveryCode{password});
    }

    net::task<> passwords_are_tried_only_so_often() {
        Caller bob(loop, manual_clock);
        co_await bob.log_in(port(), "Bob");
        co_await refused(bob, link("Queen", password), ErrorCode::bad_password);
        co_await refused(bob, link("queen", password), ErrorCode::bad_password);
        const auto refusal = co_await bob.ask<wire::Refusal>(link("QUEEN", password));
        EXPECT_EQ(refusal.error.code, ErrorCode::rate_limited);
        EXPECT_EQ(refusal.error.retry_ms, 10'000U);
        co_await refused(bob, link("King", password), ErrorCode::bad_password);
        manual_clock.advance(std::chrono::seconds(10));
        co_await refused(bob, link("Queen", password), ErrorCode::bad_password);
    }

    net::task<> the_owner() {
        Caller ada(loop);
        co_await ada.log_in(port(), "Ada");
        co_await refused(ada, wire::BecomeOwner{token}, ErrorCode::unknown_account);
        co_await claim(ada, "Ada");
        co_await refused(ada, wire::BecomeOwner{crypto::make_secret_code()},
                         ErrorCode::bad_password);
        co_await refused(ada, wire::BecomeOwner{"no code"}, ErrorCode::bad_password);
        co_await ada.ask<wire::Ok>(wire::BecomeOwner{token});
        EXPECT_TRUE((co_await ada.ask<wire::Devices>(wire::ListDevices{})).owner);
        co_await refused(ada, wire::BecomeOwner{token}, ErrorCode::bad_password);

        // Who may manage accounts helps those who have lost everything.
        Caller bob(loop);
        co_await bob.log_in(port(), "Bobby");
        co_await claim(bob, "Bob");
        co_await refused(bob, wire::ListDevices{"Ada"}, ErrorCode::not_permitted);
        EXPECT_EQ(co_await devices(bob, "bob"), 1U) << "one's own";
        EXPECT_EQ(co_await devices(ada, "Bob"), 1U);
        co_await refused(ada, wire::ListDevices{"Nobody"}, ErrorCode::unknown_account);
        co_await ada.ask<wire::Account>(
            wire::ChangePassword{.current = {}, .password = other_password, .name = "Bob"});
        co_await ada.ask<wire::Ok>(
            wire::UnlinkDevice{.identity = to_bytes(bob.identity().public_key()), .name = "Bob"});
        co_await bob.ask<wire::Account>(link("Bob", other_password));
    }

    static ErrorCode goodbye(const std::optional<wire::ServerMessage>& last) {
        const auto* words = last ? std::get_if<wire::Goodbye>(&last->body) : nullptr;
        return words == nullptr ? ErrorCode::unspecified : words->error.code;
    }

    net::task<> an_unlinked_device_loses_the_name() {
        Caller desk(loop);
        co_await desk.log_in(port(), "Ada");
        co_await claim(desk, "Ada");
        Caller phone(loop);
        co_await phone.log_in(port(), "Ada's phone");
        co_await phone.ask<wire::Account>(link("Ada", password));
        co_await phone.ask<wire::Ok>(
            wire::UnlinkDevice{.identity = to_bytes(desk.identity().public_key()), .name = {}});
        EXPECT_EQ(goodbye(co_await desk.last_words()), ErrorCode::kicked);
        Caller again(loop);
        again.be(phone);
        co_await again.log_in(port(), "Ada");  // which nobody bears now
    }

    /// Somebody comes in under a name while it becomes another's account.
    net::task<> a_name_that_is_being_claimed() {
        Caller ada(loop);
        co_await ada.log_in(port(), "Ada");
        store.hold = true;
        const auto claiming = co_await ada.send(
            wire::ClaimAccount{.name = "Queen", .password = password, .label = {}});
        while (store.applied.empty()) {
            co_await ada.ask<wire::ControlPong>(wire::ControlPing{});
        }
        Caller thief(loop);
        co_await thief.log_in(port(), "Queen");
        store.release();
        co_await ada.answer<wire::Account>(claiming);
        EXPECT_EQ(goodbye(co_await thief.last_words()), ErrorCode::kicked);
    }

    net::task<> guesses_keep_no_code_out() {
        Caller ada(loop);
        co_await ada.log_in(port(), "Ada");
        auto code = (co_await claim(ada, "Queen")).recovery_code;
        Caller eve(loop);
        co_await eve.log_in(port(), "Eve");
        co_await refused(eve, link("Queen", "not the password"), ErrorCode::bad_password);
        co_await refused(eve, link("Queen", "not the password"), ErrorCode::rate_limited);
        co_await refused(eve, link("Queen", crypto::make_secret_code()), ErrorCode::rate_limited);
        Caller bob(loop);
        co_await bob.log_in(port(), "Bob");
        code = (co_await bob.ask<wire::Account>(link("Queen", code))).recovery_code;
        co_await bob.ask<wire::Account>(
            wire::ChangePassword{.current = code, .password = other_password, .name = {}});
        co_await claim(eve, "King");
    }

    net::task<> guesses_keep_nobody_out_at_home() {
        Caller eve(loop), ada(loop), bob(loop);
        co_await eve.log_in(port(), "Eve");
        co_await refused(eve, link("Queen", "not the password"), ErrorCode::bad_password);
        co_await refused(eve, link("Queen", "not the password"), ErrorCode::rate_limited);
        co_await ada.log_in(port(), "Ada");
        co_await claim(ada, "Queen");
        co_await bob.log_in(port(), "Bob");
        co_await refused(bob, link("Queen", "not the password"), ErrorCode::bad_password);
        co_await bob.ask<wire::Account>(link("Queen", password));
        for (const auto* device : {&bob, &ada}) {
            co_await ada.ask<wire::Ok>(wire::UnlinkDevice{
                .identity = to_bytes(device->identity().public_key()), .name = {}});
        }
        co_await refused(bob, link("Queen", password), ErrorCode::rate_limited);
    }

    net::task<> accounts_are_claimed_only_so_often() {
        Caller ada(loop, manual_clock), bob(loop, manual_clock);
        co_await ada.log_in(port(), "Ada");
        co_await refused(ada, wire::ClaimAccount{.name = " ", .password = password},
                         ErrorCode::invalid_name);
        const auto frame = [](std::uint64_t id, wire::ClientBody body) {
            Bytes out;
            wire::append_frame(out, wire::encode({.request_id = id, .body = std::move(body)}))
                .value();
            return out;
        };
        // A claim that has to wait for another password is none.
        auto both = frame(101, link("Queen", "not the password"));
        const auto second =
            frame(102, wire::ClaimAccount{.name = "Ada", .password = password, .label = {}});
        both.insert(both.end(), second.begin(), second.end());
        co_await ada.send_bytes(std::move(both));
        EXPECT_EQ((co_await ada.answer<wire::Refusal>(102)).error.message,
                  "One password after the other, please.");
        EXPECT_EQ((co_await ada.answer<wire::Refusal>(101)).error.code, ErrorCode::bad_password);
        co_await claim(ada, "Ada");
        co_await bob.log_in(port(), "Bob");
        const wire::ClaimAccount another{.name = "Bob", .password = password, .label = {}};
        co_await refused(bob, another, ErrorCode::rate_limited);
        manual_clock.advance(std::chrono::seconds(200));
        co_await claim(bob, "Bob");
    }

    net::task<> devices_are_unlinked_only_so_often() {
        Caller ada(loop);
        co_await ada.log_in(port(), "Ada");
        co_await claim(ada, "Queen");
        const wire::UnlinkDevice unlink{.identity = to_bytes(ada.identity().public_key()),
                                        .name = {}};
        const wire::UnlinkDevice another{.identity = Bytes(wire::public_key_bytes), .name = {}};
        co_await refused(ada, another, ErrorCode::unknown_account);  // and is not counted
        co_await ada.ask<wire::Ok>(unlink);
        co_await ada.ask<wire::Account>(link("Queen", password));
        co_await refused(ada, unlink, ErrorCode::rate_limited);
        EXPECT_EQ(co_await devices(ada), 1U);
    }

    const std::string token = crypto::make_secret_code();
};

TEST_F(AccountsTest, ANameIsClaimed) { play(a_name_is_claimed()); }
TEST_F(AccountsTest, WhatCannotBeClaimed) { play(what_cannot_be_claimed()); }
TEST_F(AccountsTest, OnePasswordAfterTheOther) { play(one_password_after_the_other()); }
TEST_F(AccountsTest, ASecondDevice) { play(a_second_device()); }
TEST_F(AccountsTest, ARecoveryCodeWorksOnce) { play(a_recovery_code_works_once()); }
TEST_F(AccountsTest, ANewPassword) { play(a_new_password()); }
TEST_F(AccountsTest, ALostRecoveryCodeIsReplaced) { play(a_lost_recovery_code_is_replaced()); }
TEST_F(AccountsTest, ACodeIsRenewedOnlySoOften) {
    pass_time_by_hand();
    config.limits.password_attempts = {.per_second = 0.1, .burst = 2};
    play(a_code_is_renewed_only_so_often());
}

TEST_F(AccountsTest, PasswordsAreTriedOnlySoOften) {
    pass_time_by_hand();
    config.limits.password_attempts = {.per_second = 0.1, .burst = 2};
    play(passwords_are_tried_only_so_often());
}

TEST_F(AccountsTest, AnUnlinkedDeviceLosesTheAccountsName) {
    play(an_unlinked_device_loses_the_name());
}
TEST_F(AccountsTest, NobodyBearsANameThatIsBeingClaimed) {
    config.limits.messages = {.per_second = 1, .burst = 1e9};
    play(a_name_that_is_being_claimed());
}

TEST_F(AccountsTest, AccountsAreClaimedOnlySoOften) {
    pass_time_by_hand();
    config.limits.claims_per_address = {.per_second = 0.005, .burst = 1};
    play(accounts_are_claimed_only_so_often());
}

TEST_F(AccountsTest, DevicesAreUnlinkedOnlySoOften) {
    config.limits.changes = {.per_second = 0.0001, .burst = 1};
    play(devices_are_unlinked_only_so_often());
}

TEST_F(AccountsTest, GuessesKeepNoCodeOut) {
    config.limits.password_attempts = {.per_second = 0.0001, .burst = 1};
    play(guesses_keep_no_code_out());
}

TEST_F(AccountsTest, GuessesKeepNobodyOutBesideADeviceOfTheirs) {
    config.limits.password_attempts_per_account = {.per_second = 0.0001, .burst = 1};
    play(guesses_keep_nobody_out_at_home());
}

TEST_F(AccountsTest, TheOwner) {
    store.remembered.owner_token_hash = crypto::hash_secret_code(token);
    play(the_owner());
}

}  // namespace
}  // namespace partyline::control

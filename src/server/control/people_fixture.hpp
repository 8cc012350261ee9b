// For tests: a server with accounts on it, whose devices log in by name.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "server/control/server_fixture.hpp"

namespace partyline::control {

class PeopleTest : public ServerTest {
protected:
    PeopleTest() {
        add("Ada", {}, true);
        add("Adam", {room::admin_role});
        add("Mo", {room::moderator_role});
        add("Mem", {});
    }

    /// Before the server opens.
    void add(const std::string& name, std::vector<RoleId> roles, bool owner = false) {
        auto& records = store.remembered;
        const AccountId id{records.accounts.size() + 1};
        auto device = crypto::Identity::generate();
        records.accounts.push_back({.id = id,
                                    .name = name,
                                    .password_hash = {},
                                    .recovery_hash = {},
                                    .roles = std::move(roles),
                                    .owner = owner});
        records.devices.push_back({.identity = device.public_key(), .account = id, .label = {}});
        records.last_account = id;
        secrets_.emplace(name, device.seed());
    }

    /// A second device of an account; `as` is what to enter() with. Before the server opens.
    void add_device(const std::string& account, const std::string& as) {
        auto& records = store.remembered;
        const auto owner = std::ranges::find(records.accounts, account, &room::Account::name);
        auto device = crypto::Identity::generate();
        records.devices.push_back(
            {.identity = device.public_key(), .account = owner->id, .label = {}});
        secrets_.emplace(as, device.seed());
    }

    /// With that account's device, or as a guest if there is none, under another name if need be.
    net::task<> enter(Caller& caller, std::string account, std::string as = {}) {
        if (const auto secret = secrets_.find(account); secret != secrets_.end()) {
            caller.be(crypto::Identity::from_seed(secret->second));
        }
        co_await caller.log_in(port(), as.empty() ? account : as);
    }

    /// What becomes of a login: nothing, or why it was refused.
    net::task<std::optional<Error>> try_to_enter(Caller& caller, std::string name) {
        const auto hello = co_await caller.connect(port());
        const auto id = co_await caller.send(caller.make_login({.name = std::move(name)}, hello));
        const auto message = co_await caller.next();
        EXPECT_EQ(message.reply_to, id);
        const auto* refusal = std::get_if<wire::Refusal>(&message.body);
        co_return refusal == nullptr ? std::nullopt : std::optional(refusal->error);
    }

    /// What became of a request.
    static net::task<ErrorCode> outcome(Caller& caller, wire::ClientBody body) {
        const auto id = co_await caller.send(std::move(body));
        for (;;) {
            const auto message = co_await caller.next();
            if (message.reply_to != id) {
                continue;
            }
            const auto* refusal = std::get_if<wire::Refusal>(&message.body);
            co_return refusal == nullptr ? ErrorCode::unspecified : refusal->error.code;
        }
    }

private:
    std::map<std::string, crypto::Secret<32>> secrets_;
};

}  // namespace partyline::control

// Accounts: a name claimed with a password, the devices linked to it, the owner.
#include <algorithm>
#include <format>
#include <string>
#include <utility>

#include "base/bytes.hpp"
#include "crypto/keys.hpp"
#include "crypto/password.hpp"
#include "crypto/secret_code.hpp"
#include "server/control/convert.hpp"
#include "server/control/later.hpp"
#include "server/control/switchboard.hpp"
#include "server/room/account_plans.hpp"
#include "server/room/decide.hpp"
#include "server/room/names.hpp"
#include "wire/limits.hpp"

namespace partyline::control {
namespace {

std::string kept_code(const crypto::CodeHash& hash) { return to_base64url(hash); }

/// A code to show once, and what is kept of it.
struct FreshCode {
    std::string code = crypto::make_secret_code();
    std::string hash = kept_code(crypto::hash_secret_code(code).value());
};

bool is_recovery_code(const room::Account& account, std::string_view typed) {
    const auto hash = crypto::hash_secret_code(typed);
    return hash && !account.recovery_hash.empty() &&
           crypto::equal_in_constant_time(as_bytes(kept_code(*hash)),
                                          as_bytes(account.recovery_hash));
}

/// Nobody claims the name that somebody else bears.
Result<void> check_unborne(const room::Model& model, const std::string& name, SessionId by) {
    if (const auto borne = model.find(name); borne && *borne != by) {
        return fail(ErrorCode::name_taken, "Somebody online calls themself so; take another name.");
    }
    return {};
}

std::unexpected<Error> wrong_password() {
    return fail(ErrorCode::bad_password, "That name and that password do not belong together.");
}

}  // namespace

// --- what they have in common --------------------------------------------------------------------

Result<void> Switchboard::may_try(const Seat& seat) {
    if (!seat.session) {
        return {};  // at the machine nobody guesses
    }
    return attempts_.take(seat.peer->slot.address(), clock_.now());
}

Result<void> Switchboard::may_guess(const Seat& seat, const std::string& account,
                                    Attempts::Who who) {
    return attempts_.guess(seat.peer->slot.address(), room::fold_name(account), who, clock_.now());
}

void Switchboard::note_false_names(const room::Changes& changes) {
    for (const auto& change : changes) {
        std::optional<SessionId> session;
        if (const auto* drop = std::get_if<room::DropDevice>(&change)) {
            session = model_.session_of({.identity = drop->identity});
        } else if (const auto* account = std::get_if<room::Account>(&change)) {
            // Somebody came in under that name while it was being claimed.
            session = model_.find(account->name);
        }
        if (session) {
            note_false_name(*session);
        }
    }
}

void Switchboard::note_false_name(SessionId session) {
    const auto& it = *model_.find(session);
    if (!room::may_bear(directory_, it.keys.identity, it.presence.name)) {
        dismissals_.push_back({.session = session,
                               .why = {.code = ErrorCode::kicked,
                                       .message = std::format(
                                           "This device is not linked to the account \"{}\", so it "
                                           "may not bear its name: come in under another.",
                                           it.presence.name)}});
    }
}

const room::Account* Switchboard::account_of(SessionId session) const {
    const auto* found = model_.find(session);
    return found == nullptr ? nullptr : room::account_of(directory_, found->keys.identity);
}

Result<const room::Account*> Switchboard::account_meant(SessionId session,
                                                        const std::string& name) const {
    const auto* own = account_of(session);
    if (name.empty() || (own != nullptr && directory_.account_named(name) == own)) {
        return own != nullptr
                   ? Result<const room::Account*>(own)
                   : fail(ErrorCode::unknown_account, "This device is linked to no account.");
    }
    const auto actor = subject_of(session);
    if (!room::decide(directory_, actor, ChannelId{}, room::Permission::manage_accounts)) {
        return fail(ErrorCode::not_permitted, "You may not manage other people's accounts.");
    }
    const auto* other = directory_.account_named(name);
    if (other == nullptr) {
        return fail(ErrorCode::unknown_account, "There is no such account.");
    }
    if (!room::may_act_on(directory_, actor, {other->id})) {
        return fail(ErrorCode::not_permitted, "You may not act on somebody of that rank.");
    }
    return other;
}

room::NewDevice Switchboard::new_device(const Seat& seat, std::string label) const {
    return {.identity = model_.find(seat.session)->keys.identity,
            .label = std::move(label),
            .unix_ms = clock_.unix_ms()};
}

room::Deed Switchboard::deed_of(SessionId session) const {
    return {.by = actor_of(session)->name, .unix_ms = clock_.unix_ms()};
}

wire::ServerBody Switchboard::account_answer(AccountId id, std::string recovery_code) const {
    const auto* account = directory_.find(id);
    return wire::Account{.id = id,
                         .name = account == nullptr ? std::string{} : account->name,
                         .recovery_code = std::move(recovery_code)};
}

// --- claiming ------------------------------------------------------------------------------------

Result<void> Switchboard::on(Call& call, Seat& seat, const wire::ClaimAccount& claim) {
    if (const auto checked = room::check_password(claim.password); !checked) {
        return checked;
    }
    const auto may = check_unborne(model_, claim.name, seat.session)
                         .and_then([&] { return reserved_.may_bear(directory_, {}, claim.name); })
                         .and_then([&] { return may_try(seat); });
    if (!may) {
        return may;
    }
    FreshCode fresh;
    room::Claim plan{.name = claim.name,
                     .password_hash = {},
                     .recovery_hash = std::move(fresh.hash),
                     .device = new_device(seat, claim.label)};
    // What is refused anyway costs no hash, and is no claim. It is judged again when its turn has come.
    const auto planned = room::plan_claim(directory_, plan).and_then([&](const auto&) {
        return attempts_.check_claim(seat.peer->slot.address(), clock_.now());
    });
    if (!planned) {
        return planned;
    }
    const auto reply = will_reply(call, seat);
    const auto begun = hash<std::optional<std::string>>(
        seat, [password = claim.password] { return crypto::hash_password(password); },
        [this, reply, plan = std::move(plan),
         code = std::move(fresh.code)](std::optional<std::string> hashed) mutable {
            if (!hashed) {
                refuse_later(reply, no_memory_to_hash());
                return;
            }
            plan.password_hash = *std::move(hashed);
            const auto name = plan.name;
            administer(
                reply,
                [this, plan = std::move(plan)](SessionId session) mutable {
                    return check_unborne(model_, plan.name, session).and_then([&] {
                        return room::plan_claim(directory_, std::move(plan));
                    });
                },
                [this, name, code = std::move(code)]() mutable {
                    return account_answer(directory_.account_named(name)->id, std::move(code));
                });
        });
    if (begun) {
        attempts_.note_claim(seat.peer->slot.address(), clock_.now());
    }
    return begun;
}

// --- devices -------------------------------------------------------------------------------------

Result<void> Switchboard::on(Call& call, Seat& seat, const wire::LinkDevice& link) {
    if (const auto may = may_try(seat); !may) {
        return may;
    }
    const auto* account = directory_.account_named(link.name);
    auto device = new_device(seat, link.label);
    if (account != nullptr && is_recovery_code(*account, link.secret)) {
        return administer(call, seat, link_by_code(account->id, link.secret, std::move(device)));
    }
    // Whoever guesses from many addresses at once keeps nobody from linking another device at home.
    const bool at_home = std::ranges::any_of(seats_, [&](const auto& entry) {
        const auto* peer = entry.second->peer;
        return peer != nullptr && peer->slot.address() == seat.peer->slot.address() &&
               account != nullptr && account_of(entry.first) == account;
    });
    const auto who = at_home ? Attempts::Who::linked : Attempts::Who::anybody;
    if (const auto may = may_guess(seat, link.name, who); !may) {
        return may;
    }
    const auto reply = will_reply(call, seat);
    // For a name that nobody has it takes as long, so that nobody learns which there are.
    const auto id = account == nullptr ? AccountId{} : account->id;
    auto hash_kept = account == nullptr ? std::string{} : account->password_hash;
    return hash<crypto::PasswordCheck>(
        seat,
        [known = account != nullptr, hash_kept, password = link.secret] {
            return crypto::verify_password(known ? hash_kept : crypto::decoy_password_hash(),
                                           password);
        },
        [this, reply, id, hash_kept,
         device = std::move(device)](crypto::PasswordCheck check) mutable {
            if (check == crypto::PasswordCheck::no_memory) {
                refuse_later(reply, no_memory_to_hash());
                return;
            }
            if (check != crypto::PasswordCheck::right || !id) {
                refuse_later(reply, wrong_password().error());
                return;
            }
            administer(
                reply,
                [this, id, hash_kept,
                 device = std::move(device)](SessionId) mutable -> Result<room::Changes> {
                    const auto* linked = directory_.find(id);
                    if (linked == nullptr || linked->password_hash != hash_kept) {
                        return wrong_password();  // by now
                    }
                    return check_account_ban(id).and_then([&] {
                        return room::plan_link(directory_, id, std::move(device), std::nullopt);
                    });
                },
                [this, id] { return account_answer(id, {}); });
        });
}

Command Switchboard::link_by_code(AccountId id, std::string typed, room::NewDevice device) {
    FreshCode fresh;
    return {.plan = [this, id, typed = std::move(typed), device = std::move(device),
                     hash = std::move(fresh.hash)](SessionId) mutable -> Result<room::Changes> {
                const auto* account = directory_.find(id);
                if (account == nullptr || !is_recovery_code(*account, typed)) {
                    return wrong_password();  // somebody was faster with the same code
                }
                return check_account_ban(id).and_then(
                    [&] { return room::plan_link(directory_, id, std::move(device), hash); });
            },
            .answer =
                [this, id, code = std::move(fresh.code)]() mutable {
                    return account_answer(id, std::move(code));
                },
            .effect = {}};
}

Result<void> Switchboard::on(Call& call, Seat& seat, const wire::UnlinkDevice& unlink) {
    auto plan = [this, name = unlink.name,
                 identity = to_array<wire::public_key_bytes>(unlink.identity)](SessionId session) {
        return account_meant(session, name).and_then([&](const room::Account* meant) {
            return room::plan_unlink(directory_, meant->id, identity, deed_of(session));
        });
    };
    // What is refused anyway is no change.
    const auto may =
        plan(seat.session).and_then([&](const auto&) { return may_do(seat, Doing::change); });
    if (!may) {
        return may;
    }
    return administer(call, seat, {.plan = std::move(plan), .answer = {}, .effect = {}});
}

Result<void> Switchboard::on(Call& call, Seat& seat, const wire::ListDevices& list) {
    const auto account = account_meant(seat.session, list.name);
    if (!account) {
        return std::unexpected(account.error());
    }
    wire::Devices devices{.account = (*account)->id,
                          .name = (*account)->name,
                          .owner = (*account)->owner,
                          .devices = {}};
    for (const auto& device : room::devices_of(directory_, (*account)->id)) {
        devices.devices.push_back({.identity = to_bytes(device.identity),
                                   .label = device.label,
                                   .linked_unix_ms = device.linked_unix_ms});
    }
    answer(call, std::move(devices));
    return {};
}

// --- passwords -----------------------------------------------------------------------------------

/// What is asked for, and how the account was when it was judged: it must still be so when the turn has come.
struct Switchboard::NewPasswordPlan {
    std::string name;  // as it was asked for
    AccountId account{};
    std::string hash_before;
    std::string code_before;  // empty: no code was used
    std::string hash;
};

Result<void> Switchboard::on(Call& call, Seat& seat, const wire::ChangePassword& change) {
    if (const auto checked = room::check_password(change.password); !checked) {
        return checked;
    }
    const auto account = account_meant(seat.session, change.name);
    if (!account) {
        return std::unexpected(account.error());
    }
    const bool own = *account == account_of(seat.session);
    const bool by_code = own && is_recovery_code(**account, change.current);
    const auto may = may_try(seat).and_then([&] {
        return own && !by_code ? may_guess(seat, (*account)->name, Attempts::Who::linked)
                               : Result<void>();
    });
    if (!may) {
        return may;
    }
    const auto reply = will_reply(call, seat);
    NewPasswordPlan plan{.name = change.name,
                         .account = (*account)->id,
                         .hash_before = (*account)->password_hash,
                         .code_before = by_code ? (*account)->recovery_hash : std::string{},
                         .hash = {}};
    return hash<std::optional<std::string>>(
        seat,
        [check = own && !by_code, before = (*account)->password_hash, current = change.current,
         password = change.password] -> std::optional<std::string> {
            const auto checked =
                check ? crypto::verify_password(before, current) : crypto::PasswordCheck::right;
            switch (checked) {
                case crypto::PasswordCheck::right: return crypto::hash_password(password);
                case crypto::PasswordCheck::wrong: return "";  // which is no hash
                case crypto::PasswordCheck::no_memory: break;
            }
            return std::nullopt;
        },
        [this, reply, plan = std::move(plan)](std::optional<std::string> hashed) mutable {
            if (!hashed) {
                refuse_later(reply, no_memory_to_hash());
            } else if (hashed->empty()) {
                refuse_later(reply, {.code = ErrorCode::bad_password,
                                     .message = "That is not your password until now."});
            } else {
                plan.hash = *std::move(hashed);
                change_password(reply, std::move(plan));
            }
        });
}

void Switchboard::change_password(Reply reply, NewPasswordPlan plan) {
    // A code that was used is replaced by another.
    std::optional<FreshCode> fresh;
    if (!plan.code_before.empty()) {
        fresh.emplace();
    }
    auto code = fresh ? fresh->code : std::string{};
    const auto id = plan.account;
    administer(
        reply,
        [this, plan = std::move(plan),
         fresh = std::move(fresh)](SessionId session) mutable -> Result<room::Changes> {
            const auto meant = account_meant(session, plan.name);
            if (!meant) {
                return std::unexpected(meant.error());
            }
            const auto& account = **meant;
            if (account.id != plan.account || account.password_hash != plan.hash_before ||
                (fresh && account.recovery_hash != plan.code_before)) {
                return wrong_password();  // it was changed meanwhile
            }
            room::NewPassword password{.hash = std::move(plan.hash), .recovery_hash = {}};
            if (fresh) {
                password.recovery_hash = std::move(fresh->hash);
            }
            return room::plan_password(directory_, plan.account, std::move(password),
                                       deed_of(session));
        },
        [this, id, code = std::move(code)]() mutable {
            return account_answer(id, std::move(code));
        });
}

// --- recovery codes ------------------------------------------------------------------------------

// The answer that brings a code may be lost with its connection, and the code with it: nobody can ask what
// it was, so whoever has the password may have another.
Result<void> Switchboard::on(Call& call, Seat& seat, const wire::RenewRecoveryCode& renew) {
    const auto account = account_meant(seat.session, {});
    if (!account) {
        return std::unexpected(account.error());
    }
    const auto may = may_try(seat).and_then(
        [&] { return may_guess(seat, (*account)->name, Attempts::Who::linked); });
    if (!may) {
        return may;
    }
    const auto reply = will_reply(call, seat);
    return hash<crypto::PasswordCheck>(
        seat,
        [kept = (*account)->password_hash, password = renew.password] {
            return crypto::verify_password(kept, password);
        },
        [this, reply, id = (*account)->id,
         kept = (*account)->password_hash](crypto::PasswordCheck check) mutable {
            switch (check) {
                case crypto::PasswordCheck::right:
                    renew_recovery_code(reply, id, std::move(kept));
                    break;
                case crypto::PasswordCheck::wrong:
                    refuse_later(reply, {.code = ErrorCode::bad_password,
                                         .message = "That is not your password."});
                    break;
                case crypto::PasswordCheck::no_memory:
                    refuse_later(reply, no_memory_to_hash());
                    break;
            }
        });
}

void Switchboard::renew_recovery_code(Reply reply, AccountId id, std::string password_hash) {
    FreshCode fresh;
    administer(
        reply,
        [this, id, kept = std::move(password_hash),
         hash = std::move(fresh.hash)](SessionId session) mutable -> Result<room::Changes> {
            const auto* account = account_of(session);
            if (account == nullptr || account->id != id || account->password_hash != kept) {
                return wrong_password();  // by now
            }
            return room::plan_recovery_code(directory_, id, std::move(hash), deed_of(session));
        },
        [this, id, code = std::move(fresh.code)]() mutable {
            return account_answer(id, std::move(code));
        });
}

// --- the owner -----------------------------------------------------------------------------------

Result<void> Switchboard::on(Call& call, Seat& seat, const wire::BecomeOwner& become) {
    const auto* account = account_of(seat.session);
    if (account == nullptr) {
        return fail(ErrorCode::unknown_account,
                    "Claim an account first: it is what owns the server from then on.");
    }
    if (const auto may = may_try(seat); !may) {
        return may;
    }
    // What is no code at all has a hash that no code has.
    const auto hash = crypto::hash_secret_code(become.token).value_or(crypto::CodeHash{});
    return administer(call, seat,
                      {.plan = [this, hash](SessionId session) -> Result<room::Changes> {
                           const auto* owner = account_of(session);
                           return room::plan_owner(directory_,
                                                   owner == nullptr ? AccountId{} : owner->id, hash,
                                                   clock_.unix_ms());
                       },
                       .answer = {}});
}

}  // namespace partyline::control

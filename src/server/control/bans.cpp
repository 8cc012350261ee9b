// Who may not come in, and who has to go because of it.
#include "server/room/bans.hpp"

#include <algorithm>
#include <format>
#include <memory>
#include <utility>

#include "base/bytes.hpp"
#include "server/control/address_range.hpp"
#include "server/control/convert.hpp"
#include "server/control/limits.hpp"
#include "server/control/switchboard.hpp"
#include "server/room/account_plans.hpp"
#include "server/room/decide.hpp"
#include "server/room/limits.hpp"
#include "server/room/names.hpp"
#include "wire/limits.hpp"

namespace partyline::control {
namespace {

// With the ban itself and its line in the audit log: or else what has ended would keep moderators from banning.
static_assert(room::ended_bans_dropped_max + 2 <= durable_owed_of_one_max);

/// Than whoever is here under that session.
bool may_hit_others(const wire::AddBan& add) {
    return add.of_address || !add.identity.empty() || !add.account.empty() || !add.range.empty();
}

Result<void> unless(const room::Ban* ban) {
    return ban == nullptr ? Result<void>{} : std::unexpected(room::banned(*ban));
}

/// Whom it hits, for the audit log.
std::string in_words(const wire::Ban& ban) {
    std::string words;
    const auto add = [&words](const std::string& more) {
        words += words.empty() ? more : ", " + more;
    };
    if (!ban.identity.empty()) {
        add("identity " + to_base64url(ban.identity));
    }
    if (!ban.account.empty()) {
        add("account " + ban.account);
    }
    if (!ban.range.empty()) {
        add(ban.range);
    }
    if (ban.until_unix_ms != 0) {
        add(std::format("for {} s", (ban.until_unix_ms - ban.created_unix_ms) / 1000));
    }
    return words;
}

/// Whether that may change whom a ban hits, of whoever is here.
class IsAbout {
public:
    explicit IsAbout(const room::Visitor& who) : who_(who) {}
    bool operator()(const room::Account& it) const { return it.id == who_.account; }
    bool operator()(const room::DropAccount& it) const { return it.id == who_.account; }
    bool operator()(const room::Device& it) const { return it.identity == who_.identity; }
    bool operator()(const room::DropDevice& it) const { return it.identity == who_.identity; }
    bool operator()(const room::Role&) const { return true; }
    bool operator()(const room::DropRole&) const { return true; }
    template <class Other>
    bool operator()(const Other&) const {
        return false;
    }

private:
    const room::Visitor& who_;
};

Result<void> may_ban(const room::Directory& directory, room::Subject actor) {
    if (!room::decide(directory, actor, {}, room::Permission::ban)) {
        return fail(ErrorCode::not_permitted, "You may not ban anybody.");
    }
    return {};
}

std::unexpected<Error> unclear(const char* message) {
    return fail(ErrorCode::not_permitted, message);
}

}  // namespace

// --- the door ------------------------------------------------------------------------------------

room::Visitor Switchboard::visitor(const Peer& peer, const room::Identity& identity) const {
    const auto* account = room::account_of(directory_, identity);
    return {.identity = identity,
            .account = account == nullptr ? AccountId{} : account->id,
            .address = peer.remote.address()};
}

room::Visitor Switchboard::visitor(const Seat& seat) const {
    return {.identity = model_.find(seat.session)->keys.identity,
            .account = model_.subject(seat.session).account,
            .address = seat.address};
}

Result<void> Switchboard::check_address(const Peer& peer, const room::Identity& identity) const {
    // Whoever only says that they are somebody whom such bans pass over has that to prove next.
    const auto who = visitor(peer, identity);
    return unless(room::find_range_ban(directory_, {who.account}, who.address, clock_.unix_ms()));
}

Result<void> Switchboard::check_bans(const room::Visitor& visitor) const {
    return unless(room::find_ban(directory_, visitor, clock_.unix_ms()));
}

Result<void> Switchboard::check_account_ban(AccountId account) const {
    return unless(room::find_account_ban(directory_, account, clock_.unix_ms()));
}

void Switchboard::dismiss_banned() {
    for (const auto& ban : std::exchange(new_bans_, {})) {
        for (const auto& [session, seat] : seats_) {
            if (room::hits(directory_, ban, visitor(*seat), clock_.unix_ms())) {
                dismissals_.push_back({.session = session, .why = room::banned(ban)});
            }
        }
    }
    for (const auto& [session, why] : std::exchange(dismissals_, {})) {
        if (seats_.contains(session)) {
            dismiss(session, why);
        }
    }
}

std::vector<SessionId> Switchboard::whom_bans_may_hit(const room::Changes& changes) const {
    std::vector<SessionId> people;
    if (directory_.bans().empty()) {
        return people;
    }
    for (const auto& [session, seat] : seats_) {
        const auto who = visitor(*seat);
        if (std::ranges::any_of(changes, [&](const room::Change& change) {
                return std::visit(IsAbout(who), change);
            })) {
            people.push_back(session);
        }
    }
    return people;
}

// --- placing and lifting -------------------------------------------------------------------------

Result<void> Switchboard::add_target(SessionId actor, const wire::AddBan& add,
                                     room::NewBan& ban) const {
    const auto found = seats_.find(add.session);
    if (found == seats_.end()) {
        return fail(ErrorCode::unknown_session, "That person is not here any more.");
    }
    if (!room::may_act_on(directory_, subject_of(actor), model_.subject(add.session))) {
        return fail(ErrorCode::not_permitted,
                    "You may only ban people whose rank is below your own.");
    }
    const auto who = visitor(*found->second);
    if ((ban.identity && *ban.identity != who.identity) ||
        (ban.account && ban.account != who.account) ||
        (ban.range && !room::contains(*ban.range, who.address))) {
        return unclear("Ban one person at a time: these belong to different people.");
    }
    if (add.of_account && !who.account) {
        return unclear("They have no account; ban them by their identity.");
    }
    ban.name = whom(add.session).name;
    if (add.of_identity) {
        ban.identity = who.identity;
    }
    if (add.of_account) {
        ban.account = who.account;
    }
    if (add.of_address) {
        // Of IPv6 whoever has one address has all of its network.
        ban.range = room::trimmed(
            {.address = who.address,
             .prefix_bits = room::is_v4(who.address) ? std::uint8_t{128} : std::uint8_t{64}});
    }
    return {};
}

/// By what it names, without a session.
Result<room::NewBan> Switchboard::ban_named(const wire::AddBan& add) const {
    room::NewBan ban{.reason = add.reason, .seconds = add.seconds};
    if (!add.identity.empty()) {
        ban.identity = to_array<wire::public_key_bytes>(add.identity);
        const auto* account = room::account_of(directory_, *ban.identity);
        ban.name = account == nullptr ? std::string() : account->name;
    }
    if (!add.account.empty()) {
        const auto* account = directory_.account_named(add.account);
        if (account == nullptr) {
            return fail(ErrorCode::unknown_account, "There is no such account.");
        }
        ban.account = account->id;
        ban.name = account->name;
    }
    if (!add.range.empty()) {
        const auto range = parse_address_range(add.range);
        if (!range) {
            return std::unexpected(range.error());
        }
        ban.range = *range;
    }
    return ban;
}

Result<room::NewBan> Switchboard::ban_meant(SessionId actor, const wire::AddBan& add) const {
    if ((add.of_identity && !add.identity.empty()) || (add.of_account && !add.account.empty()) ||
        (add.of_address && !add.range.empty())) {
        return unclear("Ban one identity, account or address at a time.");
    }
    if (!add.session && (add.of_identity || add.of_account || add.of_address)) {
        return unclear("Say who here is to be banned by that.");
    }
    auto ban = ban_named(add);
    if (!ban) {
        return ban;
    }
    ban->by = deed_of(actor).by;
    ban->now_unix_ms = clock_.unix_ms();
    if (add.session) {
        if (const auto added = add_target(actor, add, *ban); !added) {
            return std::unexpected(added.error());
        }
    }
    return ban;
}

wire::Ban Switchboard::ban_shown(const room::Ban& ban) const {
    const auto* account = directory_.find(ban.account);
    return {.id = ban.id,
            .identity = ban.identity ? to_bytes(*ban.identity) : Bytes{},
            .account = account == nullptr ? std::string() : account->name,
            .range = ban.range ? to_text(*ban.range) : std::string(),
            .name = ban.name,
            .reason = ban.reason,
            .by = ban.by,
            .created_unix_ms = ban.created_unix_ms,
            .until_unix_ms = ban.until_unix_ms};
}

// Whether the actor may ban is asked at once as well as in its turn: whoever may not takes up no
// room among what moderators wait for.
Result<void> Switchboard::on(Call& call, Seat& seat, const wire::AddBan& add) {
    const auto checked = may_ban(directory_, subject_of(seat.session)).and_then([&] {
        return may_do(seat, Doing::change);
    });
    if (!checked) {
        return checked;
    }
    // Or else whoever asks to ban somebody whom they may not ban would hold up what these do.
    const bool may_be_hit =
        model_.find(add.session) != nullptr &&
        room::may_act_on(directory_, subject_of(seat.session), model_.subject(add.session));
    const auto made = std::make_shared<room::Ban>();
    auto plan = audited([this, add, made, session = seat.session](
                            room::Subject actor, room::AuditEntry& entry) -> Result<room::Changes> {
        if (const auto may = may_ban(directory_, actor); !may) {
            return std::unexpected(may.error());
        }
        auto ban = ban_meant(session, add);
        if (!ban) {
            return std::unexpected(ban.error());
        }
        return room::plan_ban(directory_, actor, *std::move(ban))
            .transform([&](room::Changes changes) {
                *made = std::get<room::Ban>(changes.front());
                entry.action = "ban";
                entry.target = made->name;
                entry.reason = made->reason;
                entry.detail = in_words(ban_shown(*made));
                return changes;
            });
    });
    return administer(
        call, seat,
        {.plan = std::move(plan),
         .answer = [this, made] { return wire::Bans{.bans = {ban_shown(*made)}}; },
         .effect = {},
         .turn = Turn::at_once,
         .whom = may_be_hit ? std::optional(model_.person(add.session)) : std::nullopt,
         .others_too = may_hit_others(add)});
}

Result<void> Switchboard::on(Call& call, Seat& seat, const wire::LiftBan& lift) {
    const auto checked = may_ban(directory_, subject_of(seat.session)).and_then([&] {
        return room::check_reason(lift.reason);
    });
    if (!checked) {
        return checked;
    }
    return change_rules(
        call, seat,
        [this, lift](room::Subject actor, room::AuditEntry& entry) {
            const auto found = directory_.bans().find(lift.ban);
            entry.action = "unban";
            entry.reason = lift.reason;
            if (found != directory_.bans().end()) {
                entry.target = found->second.name;
                entry.detail = in_words(ban_shown(found->second));
            }
            return room::plan_lift_ban(directory_, actor, lift.ban);
        },
        {}, Turn::at_once);
}

Result<void> Switchboard::on(Call& call, Seat& seat, const wire::ListBans& list) {
    if (!room::decide(directory_, subject_of(seat.session), {}, room::Permission::ban)) {
        return fail(ErrorCode::not_permitted, "You may not look up who is banned.");
    }
    if (const auto may = may_do(seat, Doing::history); !may) {
        return may;
    }
    wire::Bans bans;
    const auto& all = directory_.bans();
    for (auto at = all.upper_bound(list.after); at != all.end() && !bans.more; ++at) {
        if (room::has_ended(at->second, clock_.unix_ms())) {
            continue;
        }
        bans.more = bans.bans.size() == wire::moderation_page_entries_max;
        if (!bans.more) {
            bans.bans.push_back(ban_shown(at->second));
        }
    }
    answer(call, std::move(bans));
    return {};
}

}  // namespace partyline::control

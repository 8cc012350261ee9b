// Roles: who has them, what they grant, what rooms say of them, and why somebody may do something.
#include <algorithm>
#include <cassert>
#include <format>
#include <memory>
#include <utility>

#include "server/control/audit_words.hpp"
#include "server/control/switchboard.hpp"
#include "server/room/role_plans.hpp"
#include "wire/limits.hpp"
#include "wire/permission_names.hpp"

namespace partyline::control {
namespace {

static_assert(room::roles_max == wire::roles_max);
static_assert(room::permission_count == wire::permission_names.size());
static_assert(2 + room::channel_depth_max <= wire::explained_steps_max);

room::RoleSettings to_room(const wire::RoleSettings& settings) {
    return {.name = settings.name,
            .rank = settings.rank,
            .grants = room::PermissionSet::from_bits(settings.grants)};
}

wire::Role to_wire(const room::Role& role) {
    return {.role = role.id,
            .settings = {.name = role.name, .rank = role.rank, .grants = role.grants.bits()},
            .built_in = role.built_in};
}

std::string name_of(const room::Directory& directory, RoleId id) {
    const auto* role = directory.find(id);
    return role == nullptr ? std::format("role {}", id.value) : role->name;
}

Result<AccountId> account_named(const room::Directory& directory, const std::string& name) {
    if (const auto* account = directory.account_named(name)) {
        return account->id;
    }
    return fail(ErrorCode::unknown_account, std::format("There is no account \"{}\".", name));
}

}  // namespace

/// Plans a change by somebody, with its line in the audit log.
Result<void> Switchboard::change_rules(Call& call, Seat& seat, RulesPlan plan, Answer answer,
                                       Turn turn) {
    if (const auto may = may_do(seat, Doing::change); !may) {
        return may;
    }
    return administer(call, seat,
                      {.plan = audited(std::move(plan)),
                       .answer = std::move(answer),
                       .effect = {},
                       .turn = turn});
}

Plan Switchboard::audited(RulesPlan plan) {
    return [this, plan = std::move(plan)](SessionId session) mutable -> Result<room::Changes> {
        const auto actor = *actor_of(session);
        room::AuditEntry entry{.unix_ms = clock_.unix_ms(), .actor = actor.name};
        auto changes = plan(actor.subject, entry);
        if (changes && !changes->empty() && !entry.action.empty()) {
            changes->emplace_back(std::move(entry));
        }
        return changes;
    };
}

// --- roles ---------------------------------------------------------------------------------------

Result<void> Switchboard::on(Call& call, Seat&, const wire::GetRoles&) {
    wire::Roles roles;
    for (const auto& [id, role] : directory_.roles()) {
        roles.roles.push_back(to_wire(role));
    }
    std::ranges::stable_sort(roles.roles, std::ranges::greater{},
                             [](const wire::Role& role) { return role.settings.rank; });
    answer(call, std::move(roles));
    return {};
}

Result<void> Switchboard::on(Call& call, Seat& seat, const wire::CreateRole& create) {
    const auto made = std::make_shared<room::Role>();
    return change_rules(
        call, seat,
        [this, create, made](room::Subject actor, room::AuditEntry& entry) {
            return room::plan_create_role(directory_, actor, to_room(create.settings))
                .transform([&](room::Changes changes) {
                    *made = std::get<room::Role>(changes.front());
                    entry.action = "role_created";
                    entry.target = made->name;
                    entry.detail = std::format("rank {}, {}", made->rank, in_words(*made));
                    return changes;
                });
        },
        [made] { return wire::Roles{.roles = {to_wire(*made)}}; });
}

Result<void> Switchboard::on(Call& call, Seat& seat, const wire::EditRole& edit) {
    return change_rules(call, seat, [this, edit](room::Subject actor, room::AuditEntry& entry) {
        entry.action = "role_changed";
        entry.target = name_of(directory_, edit.role);
        return room::plan_edit_role(directory_, actor, edit.role, to_room(edit.settings))
            .transform([&](room::Changes changes) {
                entry.detail = changes_in_words(*directory_.find(edit.role),
                                                std::get<room::Role>(changes.front()));
                return changes;
            });
    });
}

Result<void> Switchboard::on(Call& call, Seat& seat, const wire::DeleteRole& gone) {
    return change_rules(call, seat, [this, gone](room::Subject actor, room::AuditEntry& entry) {
        entry.action = "role_deleted";
        entry.target = name_of(directory_, gone.role);
        return room::plan_delete_role(directory_, actor, gone.role);
    });
}

Result<void> Switchboard::on(Call& call, Seat& seat, const wire::GrantRole& grant) {
    return change_rules(
        call, seat,
        [this, grant](room::Subject actor, room::AuditEntry& entry) -> Result<room::Changes> {
            entry.action = "role_granted";
            entry.detail = name_of(directory_, grant.role);
            if (!room::decide(directory_, actor, {}, room::Permission::manage_roles)) {
                return fail(ErrorCode::not_permitted, "You may not manage roles.");
            }
            return account_named(directory_, grant.account).and_then([&](AccountId account) {
                entry.target = directory_.find(account)->name;
                return room::plan_grant(directory_, actor, account, grant.role);
            });
        });
}

Result<void> Switchboard::on(Call& call, Seat& seat, const wire::RevokeRole& revoke) {
    return change_rules(
        call, seat,
        [this, revoke](room::Subject actor, room::AuditEntry& entry) -> Result<room::Changes> {
            entry.action = "role_revoked";
            entry.detail = name_of(directory_, revoke.role);
            if (!room::decide(directory_, actor, {}, room::Permission::manage_roles)) {
                return fail(ErrorCode::not_permitted, "You may not manage roles.");
            }
            return account_named(directory_, revoke.account).and_then([&](AccountId account) {
                entry.target = directory_.find(account)->name;
                return room::plan_revoke(directory_, actor, account, revoke.role);
            });
        });
}

// --- what rooms say ------------------------------------------------------------------------------

Result<void> Switchboard::on(Call& call, Seat& seat, const wire::SetOverride& set) {
    return change_rules(call, seat, [this, set](room::Subject actor, room::AuditEntry& entry) {
        const auto* channel = directory_.find(set.channel);
        entry.action = "override_set";
        entry.target = channel == nullptr ? std::string() : channel->channel.name;
        const room::Override now{.allow = room::PermissionSet::from_bits(set.override.allow),
                                 .deny = room::PermissionSet::from_bits(set.override.deny)};
        return room::plan_override(directory_, actor, set.channel, set.override.role, now)
            .transform([&](room::Changes changes) {
                assert(channel != nullptr);  // there is a plan
                const auto& said = channel->overrides;
                const auto before = said.find(set.override.role);
                entry.detail =
                    std::format("{}: {}", name_of(directory_, set.override.role),
                                changes_in_words(
                                    before == said.end() ? room::Override{} : before->second, now));
                return changes;
            });
    });
}

Result<void> Switchboard::on(Call& call, Seat& seat, const wire::GetOverrides& get) {
    const auto held = room::permissions(directory_, subject_of(seat.session), get.channel);
    const auto* record = directory_.find(get.channel);
    if (record == nullptr || !held.has(room::Permission::see)) {
        return fail(ErrorCode::unknown_channel, "There is no such room.");
    }
    if (!held.has(room::Permission::manage_locks)) {
        return fail(ErrorCode::not_permitted, "You may not look up who may do what in this room.");
    }
    wire::Overrides overrides{.channel = get.channel, .overrides = {}};
    for (const auto& [role, said] : record->overrides) {
        overrides.overrides.push_back(
            {.role = role, .allow = said.allow.bits(), .deny = said.deny.bits()});
    }
    answer(call, std::move(overrides));
    return {};
}

// --- why -----------------------------------------------------------------------------------------

Result<room::Subject> Switchboard::explained_subject(const Seat& seat,
                                                     const wire::Explain& explain) const {
    const auto own = subject_of(seat.session);
    const auto* account = directory_.find(own.account);
    const bool by_account =
        explain.account.empty() ||
        (account != nullptr && directory_.account_named(explain.account) == account);
    if (explain.session ? explain.session == seat.session : by_account) {
        return own;
    }
    if (!room::decide(directory_, own, {}, room::Permission::manage_roles) &&
        !room::decide(directory_, own, explain.channel, room::Permission::manage_locks)) {
        return fail(ErrorCode::not_permitted, "You may only ask what you may do yourself.");
    }
    if (explain.session) {
        if (model_.find(explain.session) == nullptr) {
            return fail(ErrorCode::unknown_session, "There is no such session.");
        }
        return model_.subject(explain.session);
    }
    return account_named(directory_, explain.account).transform([](AccountId id) {
        return room::Subject{id};
    });
}

Result<void> Switchboard::on(Call& call, Seat& seat, const wire::Explain& explain) {
    if (explain.permission >= room::permission_count) {
        return fail(ErrorCode::unsupported, "This server does not know that permission.");
    }
    if (explain.channel && seat.session && !seat.view->contains(explain.channel)) {
        return fail(ErrorCode::unknown_channel, "There is no such room.");
    }
    const auto subject = explained_subject(seat, explain);
    if (!subject) {
        return std::unexpected(subject.error());
    }
    const auto steps = room::explain(directory_, *subject, explain.channel,
                                     static_cast<room::Permission>(explain.permission));
    wire::Explanation explanation{.holds = steps.back().holds, .steps = {}};
    for (const auto& step : steps) {
        explanation.steps.push_back(
            {.rule = static_cast<std::uint8_t>(step.rule),
             .role = step.role,
             .role_name = step.role ? name_of(directory_, step.role) : std::string(),
             .channel = step.channel,
             .holds = step.holds});
    }
    answer(call, std::move(explanation));
    return {};
}

}  // namespace partyline::control

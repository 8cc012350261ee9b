#include "server/room/account_plans.hpp"

#include <algorithm>
#include <format>
#include <utility>

#include "server/room/limits.hpp"
#include "server/room/names.hpp"

namespace partyline::room {
namespace {

std::unexpected<Error> unknown_account() {
    return fail(ErrorCode::unknown_account, "There is no such account.");
}

AuditEntry entry(std::string_view action, std::string by, std::string target,
                 std::int64_t unix_ms) {
    return {.unix_ms = unix_ms,
            .actor = std::move(by),
            .action = std::string(action),
            .target = std::move(target),
            .reason = {},
            .detail = {}};
}

Result<void> may_link(const Directory& directory, const Identity& identity, AccountId to) {
    if (const auto* account = account_of(directory, identity)) {
        return fail(
            ErrorCode::not_permitted,
            account->id == to
                ? "This device is linked to that account already."
                : std::format("This device is linked to the account \"{}\"; unlink it there "
                              "first.",
                              account->name));
    }
    if (devices_of(directory, to).size() >= devices_per_account_max) {
        return fail(ErrorCode::not_permitted,
                    std::format("An account has at most {} devices; unlink one first.",
                                devices_per_account_max));
    }
    return {};
}

}  // namespace

Result<void> check_device_label(std::string_view label) {
    return label.empty() ? Result<void>{} : check_person_name(label);
}

Result<void> check_password(std::string_view password) {
    if (password.size() < password_bytes_min || password.size() > password_bytes_max) {
        return fail(ErrorCode::not_permitted,
                    std::format("A password has from {} to {} bytes; take a longer or shorter one.",
                                password_bytes_min, password_bytes_max));
    }
    return {};
}

// --- questions -----------------------------------------------------------------------------------

const Account* account_of(const Directory& directory, const Identity& identity) {
    const auto* device = directory.find(identity);
    return device == nullptr ? nullptr : directory.find(device->account);
}

std::vector<Device> devices_of(const Directory& directory, AccountId account) {
    auto devices = directory.devices_of(account);
    std::ranges::stable_sort(devices, {}, &Device::linked_unix_ms);
    return devices;
}

bool has_owner(const Directory& directory) {
    return std::ranges::any_of(directory.accounts(),
                               [](const auto& entry) { return entry.second.owner; });
}

Result<void> may_bear(const Directory& directory, const Identity& identity, std::string_view name) {
    const auto* account = directory.account_named(name);
    if (account == nullptr || account == account_of(directory, identity)) {
        return {};
    }
    return fail(ErrorCode::name_taken,
                std::format("\"{}\" is somebody's account. If it is yours, come in under another "
                            "name and link this device to it.",
                            account->name));
}

// --- plans ---------------------------------------------------------------------------------------

Result<Changes> plan_claim(const Directory& directory, Claim claim) {
    if (const auto checked = check_person_name(claim.name); !checked) {
        return std::unexpected(checked.error());
    }
    if (const auto checked = check_device_label(claim.device.label); !checked) {
        return std::unexpected(checked.error());
    }
    if (const auto* account = account_of(directory, claim.device.identity)) {
        return fail(
            ErrorCode::not_permitted,
            std::format("This device is linked to the account \"{}\" already.", account->name));
    }
    if (const auto* account = directory.account_named(claim.name)) {
        return fail(ErrorCode::name_taken,
                    std::format("\"{}\" is somebody's account already.", account->name));
    }
    if (directory.accounts().size() >= accounts_max) {
        return fail(ErrorCode::server_full, "This server has as many accounts as it can have.");
    }
    auto name = normal_name(claim.name);
    const auto unix_ms = claim.device.unix_ms;
    const auto id = directory.next_account();
    return Changes{Account{.id = id,
                           .name = name,
                           .password_hash = std::move(claim.password_hash),
                           .recovery_hash = std::move(claim.recovery_hash),
                           .roles = {},
                           .created_unix_ms = unix_ms},
                   Device{.identity = claim.device.identity,
                          .account = id,
                          .label = std::move(claim.device.label),
                          .linked_unix_ms = unix_ms},
                   entry(account_claimed, name, name, unix_ms)};
}

Result<Changes> plan_link(const Directory& directory, AccountId to, NewDevice device,
                          const std::optional<std::string>& recovery_hash) {
    const auto* account = directory.find(to);
    if (account == nullptr) {
        return unknown_account();
    }
    if (const auto checked = check_device_label(device.label); !checked) {
        return std::unexpected(checked.error());
    }
    if (const auto may = may_link(directory, device.identity, to); !may) {
        return std::unexpected(may.error());
    }
    auto audit = entry(device_linked, account->name, account->name, device.unix_ms);
    audit.detail = device.label;
    Changes changes{Device{.identity = device.identity,
                           .account = to,
                           .label = std::move(device.label),
                           .linked_unix_ms = device.unix_ms}};
    if (recovery_hash) {
        auto with_code = *account;
        with_code.recovery_hash = *recovery_hash;
        audit.reason = "recovery code";
        changes.emplace_back(std::move(with_code));
    }
    changes.emplace_back(std::move(audit));
    return changes;
}

Result<Changes> plan_unlink(const Directory& directory, AccountId from, const Identity& identity,
                            const Deed& deed) {
    const auto* account = directory.find(from);
    if (account == nullptr) {
        return unknown_account();
    }
    const auto* device = directory.find(identity);
    if (device == nullptr || device->account != from) {
        return fail(ErrorCode::unknown_account,
                    std::format("\"{}\" has no such device.", account->name));
    }
    auto audit = entry(device_unlinked, deed.by, account->name, deed.unix_ms);
    audit.detail = device->label;
    return Changes{DropDevice{identity}, std::move(audit)};
}

Result<Changes> plan_password(const Directory& directory, AccountId of, NewPassword password,
                              const Deed& deed) {
    const auto* account = directory.find(of);
    if (account == nullptr) {
        return unknown_account();
    }
    auto changed = *account;
    changed.password_hash = std::move(password.hash);
    if (password.recovery_hash) {
        changed.recovery_hash = *std::move(password.recovery_hash);
    }
    auto audit = entry(password_changed, deed.by, account->name, deed.unix_ms);
    return Changes{std::move(changed), std::move(audit)};
}

Result<Changes> plan_recovery_code(const Directory& directory, AccountId of, std::string hash,
                                   const Deed& deed) {
    const auto* account = directory.find(of);
    if (account == nullptr) {
        return unknown_account();
    }
    auto changed = *account;
    changed.recovery_hash = std::move(hash);
    return Changes{std::move(changed),
                   entry(recovery_code_renewed, deed.by, account->name, deed.unix_ms)};
}

Result<Changes> plan_delete_account(const Directory& directory, AccountId id, const Deed& deed) {
    const auto* account = directory.find(id);
    if (account == nullptr) {
        return unknown_account();
    }
    if (account->owner) {
        return fail(ErrorCode::not_permitted, "The account that owns the server stays.");
    }
    return Changes{DropAccount{id}, entry("account_deleted", deed.by, account->name, deed.unix_ms)};
}

Result<Changes> plan_owner(const Directory& directory, AccountId id,
                           const std::array<std::byte, 32>& token_hash, std::int64_t unix_ms) {
    const auto* account = directory.find(id);
    if (account == nullptr) {
        return unknown_account();
    }
    const auto& given_out = directory.owner_token_hash();
    if (!given_out || *given_out != token_hash) {
        return fail(ErrorCode::bad_password,
                    "That is not the token that the server printed when it last started.");
    }
    auto owner = *account;
    owner.owner = true;
    auto audit = entry("became_owner", account->name, account->name, unix_ms);
    return Changes{std::move(owner), SetOwnerToken{}, std::move(audit)};
}

}  // namespace partyline::room

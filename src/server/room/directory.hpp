// All that is remembered, by id: what the rules look things up in.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/room/records.hpp"

namespace partyline::room {

/// Owned by the room model. Holds what the store holds, and temporary rooms beside. It judges
/// nothing: what is applied here has been planned by the rules, and made durable where it lasts.
class Directory {
public:
    /// A server that nobody has changed, without a room.
    Directory();
    /// A parent comes before its children.
    explicit Directory(const Records& records);

    void apply(const Change& change);
    void apply(const Changes& changes);

    [[nodiscard]] const Role* find(RoleId id) const;
    [[nodiscard]] const Account* find(AccountId id) const;
    [[nodiscard]] const ChannelRecord* find(ChannelId id) const;
    [[nodiscard]] const Device* find(const Identity& identity) const;
    /// Names count as the same as fold_name() says.
    [[nodiscard]] const Role* role_named(std::string_view name) const;
    [[nodiscard]] const Account* account_named(std::string_view name) const;
    /// By a name that fold_name() gave.
    [[nodiscard]] const Account* account_folded(const std::string& folded) const;

    [[nodiscard]] const std::map<RoleId, Role>& roles() const { return roles_; }
    [[nodiscard]] const std::map<AccountId, Account>& accounts() const { return accounts_; }
    [[nodiscard]] const std::map<ChannelId, ChannelRecord>& channels() const { return channels_; }
    [[nodiscard]] const std::map<Identity, Device>& devices() const { return devices_; }
    [[nodiscard]] const std::map<BanId, Ban>& bans() const { return bans_; }
    [[nodiscard]] const std::map<InviteId, Invite>& invites() const { return invites_; }
    [[nodiscard]] const std::map<Person, Silence>& silences() const { return silences_; }
    /// Null for somebody who is neither muted nor deafened.
    [[nodiscard]] const Silence* silence_of(const Person& person) const;
    /// Of that account, in the order of their keys.
    [[nodiscard]] std::vector<Device> devices_of(AccountId account) const;
    /// An account, or the device itself where it is linked to none.
    [[nodiscard]] Person person_of(const Identity& identity) const;
    [[nodiscard]] const auto& owner_token_hash() const { return owner_token_hash_; }

    /// From the top of the tree down to that room; empty for one that is not there.
    [[nodiscard]] std::vector<const ChannelRecord*> path(ChannelId channel) const;
    /// How deep it lies: 1 at the top, 0 for no room.
    [[nodiscard]] std::size_t depth(ChannelId channel) const;
    [[nodiscard]] bool is_inside(ChannelId channel, ChannelId ancestor) const;
    /// It and all below, a parent before its children.
    [[nodiscard]] std::vector<ChannelId> subtree(ChannelId channel) const;

    // The ids that what is new gets. None was ever in use.
    [[nodiscard]] RoleId next_role() const { return {last_role_.value + 1}; }
    [[nodiscard]] AccountId next_account() const { return {last_account_.value + 1}; }
    [[nodiscard]] ChannelId next_channel() const { return {last_channel_.value + 1}; }
    [[nodiscard]] BanId next_ban() const { return {last_ban_.value + 1}; }
    [[nodiscard]] InviteId next_invite() const { return {last_invite_.value + 1}; }

    /// Roles, rooms, and this one account: enough to try what a change would give to it.
    [[nodiscard]] Directory excerpt(AccountId account) const;

private:
    struct Empty {};
    explicit Directory(Empty) {}

    void put(const Role& role);
    void put(const Account& account);
    void put(const Device& device);
    void put(const ChannelRecord& channel);
    void put(const Ban& ban);
    void put(const Invite& invite);
    void put(const SetOwnerToken& token);
    void put(const DropRole& drop);
    void put(const DropAccount& drop);
    void put(const DropDevice& drop);
    void put(const DropChannel& drop);
    void put(const DropBan& drop);
    void put(const DropInvite& drop);
    void put(const UseInvite& use);
    void put(const Silence& silence);
    void put(const DropSilence& drop);
    void put(const KnowAwayRoom&) {}  // these two are the store's alone
    void put(const AuditEntry&) {}

    std::map<RoleId, Role> roles_;
    std::map<AccountId, Account> accounts_;
    std::map<std::string, AccountId> account_names_;  // folded
    std::map<Identity, Device> devices_;
    std::set<std::pair<AccountId, Identity>> devices_by_account_;
    std::map<ChannelId, ChannelRecord> channels_;
    std::map<BanId, Ban> bans_;
    std::map<InviteId, Invite> invites_;
    std::map<Person, Silence> silences_;
    std::optional<std::array<std::byte, 32>> owner_token_hash_;
    RoleId last_role_{};
    AccountId last_account_{};
    ChannelId last_channel_{};
    BanId last_ban_{};
    InviteId last_invite_{};
};

}  // namespace partyline::room

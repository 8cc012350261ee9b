#include "server/room/directory.hpp"

#include <algorithm>
#include <utility>

#include "server/room/built_in.hpp"
#include "server/room/names.hpp"

namespace partyline::room {
namespace {

template <class Map, class Key>
auto look_up(const Map& map, const Key& key) {
    const auto found = map.find(key);
    return found == map.end() ? nullptr : &found->second;
}

}  // namespace

Directory::Directory() : Directory(Records{.roles = built_in_roles()}) {}

Directory::Directory(const Records& records) {
    const auto put_all = [this](const auto& list) {
        for (const auto& record : list) {
            put(record);
        }
    };
    put_all(records.roles);
    put_all(records.accounts);
    put_all(records.devices);
    put_all(records.channels);
    put_all(records.bans);
    put_all(records.invites);
    put_all(records.silences);
    owner_token_hash_ = records.owner_token_hash;
    last_role_ = std::max(last_role_, records.last_role);
    last_account_ = std::max(last_account_, records.last_account);
    last_channel_ = std::max(last_channel_, records.last_channel);
    last_ban_ = std::max(last_ban_, records.last_ban);
    last_invite_ = std::max(last_invite_, records.last_invite);
}

// --- changing ------------------------------------------------------------------------------------

void Directory::apply(const Change& change) {
    std::visit([this](const auto& it) { put(it); }, change);
}

void Directory::apply(const Changes& changes) {
    for (const auto& change : changes) {
        apply(change);
    }
}

void Directory::put(const Role& role) {
    last_role_ = std::max(last_role_, role.id);
    roles_.insert_or_assign(role.id, role);
}

void Directory::put(const Account& account) {
    last_account_ = std::max(last_account_, account.id);
    if (const auto* before = find(account.id)) {
        account_names_.erase(fold_name(before->name));
    }
    account_names_.insert_or_assign(fold_name(account.name), account.id);
    accounts_.insert_or_assign(account.id, account);
}

void Directory::put(const Device& device) {
    put(DropDevice{device.identity});
    devices_.emplace(device.identity, device);
    devices_by_account_.emplace(device.account, device.identity);
}

void Directory::put(const ChannelRecord& channel) {
    last_channel_ = std::max(last_channel_, channel.channel.id);
    channels_.insert_or_assign(channel.channel.id, channel);
}

void Directory::put(const Ban& ban) {
    last_ban_ = std::max(last_ban_, ban.id);
    bans_.insert_or_assign(ban.id, ban);
}

void Directory::put(const Invite& invite) {
    last_invite_ = std::max(last_invite_, invite.id);
    invites_.insert_or_assign(invite.id, invite);
}

void Directory::put(const SetOwnerToken& token) { owner_token_hash_ = token.token_hash; }

void Directory::put(const DropRole& drop) {
    roles_.erase(drop.id);
    for (auto& [id, account] : accounts_) {
        std::erase(account.roles, drop.id);
    }
    for (auto& [id, channel] : channels_) {
        channel.overrides.erase(drop.id);
    }
    for (auto& [id, invite] : invites_) {
        invite.role = invite.role == drop.id ? RoleId{} : invite.role;
    }
}

void Directory::put(const DropAccount& drop) {
    if (const auto* account = find(drop.id)) {
        account_names_.erase(fold_name(account->name));
        accounts_.erase(drop.id);
    }
    for (const auto& device : devices_of(drop.id)) {
        put(DropDevice{device.identity});
    }
    silences_.erase(Person::of(drop.id));
}

void Directory::put(const DropDevice& drop) {
    if (const auto* device = find(drop.identity)) {
        devices_by_account_.erase({device->account, drop.identity});
        devices_.erase(drop.identity);
    }
}

void Directory::put(const DropChannel& drop) {
    channels_.erase(drop.id);
    for (auto& [id, invite] : invites_) {
        invite.channel = invite.channel == drop.id ? ChannelId{} : invite.channel;
    }
}

void Directory::put(const DropBan& drop) { bans_.erase(drop.id); }
void Directory::put(const DropInvite& drop) { invites_.erase(drop.id); }

void Directory::put(const UseInvite& use) {
    if (const auto found = invites_.find(use.id); found != invites_.end()) {
        --found->second.uses_left;
        found->second.used_by.insert(use.by);
    }
}

void Directory::put(const Silence& silence) { silences_.insert_or_assign(silence.whose, silence); }

void Directory::put(const DropSilence& drop) { silences_.erase(drop.whose); }

// --- looking up ----------------------------------------------------------------------------------

const Role* Directory::find(RoleId id) const { return look_up(roles_, id); }
const Account* Directory::find(AccountId id) const { return look_up(accounts_, id); }
const ChannelRecord* Directory::find(ChannelId id) const { return look_up(channels_, id); }
const Device* Directory::find(const Identity& identity) const {
    return look_up(devices_, identity);
}

const Role* Directory::role_named(std::string_view name) const {
    const auto folded = fold_name(name);
    const auto found = std::ranges::find_if(
        roles_, [&](const auto& entry) { return fold_name(entry.second.name) == folded; });
    return found == roles_.end() ? nullptr : &found->second;
}

const Account* Directory::account_named(std::string_view name) const {
    return account_folded(fold_name(name));
}

const Account* Directory::account_folded(const std::string& folded) const {
    const auto* id = look_up(account_names_, folded);
    return id == nullptr ? nullptr : find(*id);
}

std::vector<Device> Directory::devices_of(AccountId account) const {
    std::vector<Device> devices;
    for (auto at = devices_by_account_.lower_bound({account, Identity{}});
         at != devices_by_account_.end() && at->first == account; ++at) {
        devices.push_back(*find(at->second));
    }
    return devices;
}

Person Directory::person_of(const Identity& identity) const {
    const auto* device = find(identity);
    return device == nullptr ? Person::of(identity) : Person::of(device->account);
}

const Silence* Directory::silence_of(const Person& person) const {
    return look_up(silences_, person);
}

// --- the tree ------------------------------------------------------------------------------------

std::vector<const ChannelRecord*> Directory::path(ChannelId channel) const {
    std::vector<const ChannelRecord*> path;
    for (const auto* at = find(channel); at != nullptr; at = find(at->channel.parent)) {
        path.push_back(at);
    }
    std::ranges::reverse(path);
    return path;
}

std::size_t Directory::depth(ChannelId channel) const { return path(channel).size(); }

bool Directory::is_inside(ChannelId channel, ChannelId ancestor) const {
    return std::ranges::any_of(path(channel),
                               [&](const auto* record) { return record->channel.id == ancestor; });
}

std::vector<ChannelId> Directory::subtree(ChannelId channel) const {
    std::vector<ChannelId> found{channel};
    for (std::size_t i = 0; i < found.size(); ++i) {
        for (const auto& [id, record] : channels_) {
            if (record.channel.parent == found[i]) {
                found.push_back(id);
            }
        }
    }
    return found;
}

Directory Directory::excerpt(AccountId account) const {
    Directory copy{Empty{}};
    copy.roles_ = roles_;
    copy.channels_ = channels_;
    copy.last_role_ = last_role_;
    copy.last_channel_ = last_channel_;
    if (const auto* it = find(account)) {
        copy.put(*it);
    }
    return copy;
}

}  // namespace partyline::room

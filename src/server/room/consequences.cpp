#include "server/room/consequences.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "server/room/bans.hpp"
#include "server/room/limits.hpp"

namespace partyline::room {
namespace {

/// Looks at one change after the other, as each leaves what the next one finds.
class Follower {
public:
    Follower(const Directory& directory, std::int64_t now_unix_ms)
        : directory_(directory), now_unix_ms_(now_unix_ms) {}

    void operator()(const Device& come) {
        const auto* own = silence_of(Person::of(come.identity));
        if (own == nullptr) {
            return;
        }
        auto both = *own;
        both.whose = Person::of(come.account);
        if (const auto* theirs = silence_of(both.whose)) {
            both.mute = both.mute || theirs->mute;
            both.deafen = both.deafen || theirs->deafen;
            both.rank = std::max(both.rank, theirs->rank);
            if (theirs->unix_ms > both.unix_ms) {
                both.unix_ms = theirs->unix_ms;
                both.reason = theirs->reason;
            }
        }
        both.left = {};
        drop(Person::of(come.identity));
        put(std::move(both));
    }
    void operator()(const DropDevice& gone) {
        if (const auto* device = directory_.find(gone.identity)) {
            leave(device->identity, device->account);
        }
    }
    void operator()(const DropAccount& gone) {
        for (const auto& device : directory_.devices_of(gone.id)) {
            leave(device.identity, gone.id);
        }
    }
    template <class Other>
    void operator()(const Other&) {}

    Changes take() { return std::move(changes_); }

private:
    void leave(const Identity& identity, AccountId account) {
        if (const auto* theirs = silence_of(Person::of(account))) {
            auto left = *theirs;
            left.whose = Person::of(identity);
            left.left = account;
            make_room(account);
            put(std::move(left));
        }
        for (const auto& [id, ban] : directory_.bans()) {
            if (ban.account == account && ban.identity != identity && bans() < bans_max &&
                !has_ended(ban, now_unix_ms_)) {
                auto left = ban;
                left.id = {directory_.next_ban().value + new_bans_++};
                left.account = {};
                left.range = {};
                left.identity = identity;
                changes_.emplace_back(std::move(left));
            }
        }
    }

    /// Nobody makes so many of these that they fill all the room there is.
    void make_room(AccountId account) {
        std::size_t of_account = 0;
        const Silence* oldest = nullptr;
        const Silence* oldest_of_account = nullptr;
        const auto older = [](const Silence* one, const Silence& other) {
            return one == nullptr || other.unix_ms < one->unix_ms;
        };
        for (const auto& [whose, silence] : silences()) {
            if (!silence.left) {
                continue;
            }
            oldest = older(oldest, silence) ? &silence : oldest;
            if (silence.left == account) {
                ++of_account;
                oldest_of_account =
                    older(oldest_of_account, silence) ? &silence : oldest_of_account;
            }
        }
        if (of_account >= silences_left_max) {
            drop(Person{oldest_of_account->whose});
        } else if (silences().size() >= silences_max && oldest != nullptr) {
            drop(Person{oldest->whose});
        }
    }

    [[nodiscard]] std::size_t bans() const { return directory_.bans().size() + new_bans_; }

    // --- silences as they will be ------------------------------------------------------------
    [[nodiscard]] const std::map<Person, Silence>& silences() const {
        return changed_ ? *changed_ : directory_.silences();
    }
    [[nodiscard]] const Silence* silence_of(const Person& person) const {
        const auto found = silences().find(person);
        return found == silences().end() ? nullptr : &found->second;
    }
    void put(Silence silence) {
        if (silences().size() >= silences_max && !silences().contains(silence.whose)) {
            return;  // all by moderators
        }
        copy().insert_or_assign(silence.whose, silence);
        changes_.emplace_back(std::move(silence));
    }
    void drop(const Person& whose) {
        copy().erase(whose);
        changes_.emplace_back(DropSilence{whose});
    }
    std::map<Person, Silence>& copy() {
        if (!changed_) {
            changed_ = directory_.silences();
        }
        return *changed_;
    }

    const Directory& directory_;
    const std::int64_t now_unix_ms_;
    std::optional<std::map<Person, Silence>> changed_;
    std::size_t new_bans_ = 0;
    Changes changes_;
};

}  // namespace

Changes with_consequences(const Directory& directory, Changes changes, std::int64_t now_unix_ms) {
    Follower follower(directory, now_unix_ms);
    for (const auto& change : changes) {
        std::visit(follower, change);
    }
    auto more = follower.take();
    if (!more.empty()) {
        // Before the line in the audit log.
        const auto at = changes.size() > 1 ? std::prev(changes.end()) : changes.end();
        changes.insert(at, std::make_move_iterator(more.begin()),
                       std::make_move_iterator(more.end()));
    }
    return changes;
}

}  // namespace partyline::room

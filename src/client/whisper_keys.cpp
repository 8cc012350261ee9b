#include "client/whisper_keys.hpp"

#include <algorithm>
#include <span>

#include "client/limits.hpp"
#include "wire/limits.hpp"

namespace partyline::client {

WhisperKeys::WhisperKeys(Given given) : given_(std::move(given)) {}

// --- who is in a set -------------------------------------------------------------------------

WhisperKeys::Set& WhisperKeys::set_of(StreamId stream) {
    const auto [at, added] = sets_.try_emplace(stream);
    if (added) {
        at->second.stream = stream;
    }
    return at->second;
}

void WhisperKeys::members(const wire::WhisperMembers& page) {
    if (!page.stream || page.stream.value >= streams_max) {
        return;
    }
    auto& set = set_of(page.stream);
    if (set.pages.size() < whisper_members_max) {
        set.pages.insert(set.pages.end(), page.members.begin(), page.members.end());
    }
    if (page.more) {
        return;
    }
    set.epoch = page.epoch;
    const auto members = std::exchange(set.pages, {});
    for (auto at = set.members.begin(); at != set.members.end();) {
        const bool stays = std::ranges::contains(members, at->first, &wire::Member::session);
        at = stays ? std::next(at) : remove(set, at);
    }
    for (const auto& member : members) {
        admit(set, member);
    }
    tick();
}

void WhisperKeys::changed(const wire::WhisperChanged& change) {
    const auto at = sets_.find(change.stream);
    if (at == sets_.end()) {
        return;
    }
    auto& set = at->second;
    set.epoch = std::max(set.epoch, change.epoch);
    for (const auto session : change.left) {
        remove(set, set.members.find(session));
    }
    for (const auto& member : change.joined) {
        admit(set, member);
    }
    tick();
}

void WhisperKeys::admit(Set& set, const wire::Member& wire_member) {
    const bool room_for_one =
        set.members.contains(wire_member.session) || set.members.size() < whisper_members_max;
    if (wire_member.session == given_.own.session || !room_for_one) {
        return;
    }
    auto& member = set.members[wire_member.session];
    if (given_.book.admit(wire_member)) {
        member.refused = false;
    } else if (given_.book.pair(wire_member.session) == nullptr &&
               !std::exchange(member.refused, true)) {
        outputs_.emplace_back(DeviceRefused{wire_member.session});
    }
}

WhisperKeys::Members::iterator WhisperKeys::remove(Set& set, Members::iterator member) {
    if (member == set.members.end()) {
        return member;
    }
    // Somebody who was never sent the newest key holds nothing that must be replaced.
    set.rotation_due =
        set.rotation_due || member->second.last_generation == set.newest.generation();
    return set.members.erase(member);
}

void WhisperKeys::session_gone(SessionId session) {
    for (auto& [stream, set] : sets_) {
        remove(set, set.members.find(session));
    }
    tick();
}

bool WhisperKeys::is_in_audience(const Set& set, const Members::value_type& entry) const {
    const auto& [session, member] = entry;
    return !member.refused && given_.book.pair(session) != nullptr &&
           given_.shown(set.stream, session);
}

bool WhisperKeys::has_audience(const Set& set) const {
    return std::ranges::any_of(set.members,
                               [&](const auto& entry) { return is_in_audience(set, entry); });
}

std::vector<SessionId> WhisperKeys::audience(StreamId stream) const {
    std::vector<SessionId> audience;
    if (const auto at = sets_.find(stream); at != sets_.end()) {
        for (const auto& entry : at->second.members) {
            if (is_in_audience(at->second, entry)) {
                audience.push_back(entry.first);
            }
        }
    }
    return audience;
}

bool WhisperKeys::is_heard(StreamId stream) const {
    const auto at = sets_.find(stream);
    return at != sets_.end() && std::ranges::any_of(at->second.members, [&](const auto& entry) {
               return entry.second.holds && is_in_audience(at->second, entry);
           });
}

// --- the keys --------------------------------------------------------------------------------

void WhisperKeys::key_requested(const wire::KeyRequested& request) {
    const auto set = sets_.find(request.stream);
    if (set == sets_.end()) {
        return;
    }
    const auto at = set->second.members.find(request.from);
    if (at == set->second.members.end()) {
        return;
    }
    if (at->second.take_request(given_.clock.now())) {
        tick();
    }
}

void WhisperKeys::answered(std::uint64_t ticket, const std::optional<Error>& error) {
    const auto shared = outstanding_.extract(ticket);
    if (!shared) {
        return;
    }
    auto& set = sets_.at(shared.mapped().stream);
    const auto now = given_.clock.now();
    const bool limited = error && error->code == ErrorCode::rate_limited;
    if (limited) {
        const Duration wait = std::chrono::milliseconds(error->retry_ms);
        set.share_not_before = now + std::max<Duration>(wait, share_retry_after);
    }
    // A refusal for a membership that has changed since is no reason to wait.
    const bool pause = error && !limited && shared.mapped().epoch == set.epoch;
    for (auto& [session, member] : set.members) {
        if (member.ticket == ticket) {
            member.answered(!error, pause ? now + share_retry_after : TimePoint{});
        }
    }
    tick();
}

// Who was sent a key and has not been said to have it is sent it again.
void WhisperKeys::go_away() {
    away_ = true;
    outstanding_.clear();
    for (auto& [stream, set] : sets_) {
        for (auto& [session, member] : set.members) {
            member.go_away();
        }
    }
}

void WhisperKeys::come_back() {
    away_ = false;
    const auto now = given_.clock.now();
    for (auto& [stream, set] : sets_) {
        set.pages.clear();
        if (set.offered_since) {
            set.offered_since = now;
        }
    }
    tick();
}

void WhisperKeys::tick() {
    if (away_) {
        return;
    }
    const auto now = given_.clock.now();
    ticked_at_ = now;
    for (auto& [stream, set] : sets_) {
        entitle(set, now);
        start_rotation(set, now);
        share_key(set, now);
        finish_rotation(set, now);
    }
}

// Whoever is new is due a key under which nothing has been said yet, and whoever has gone from the
// screen knows one that must be replaced.
void WhisperKeys::entitle(Set& set, TimePoint now) const {
    for (auto& entry : set.members) {
        auto& member = entry.second;
        const bool hears = is_in_audience(set, entry);
        if (hears == member.entitled) {
            continue;
        }
        if (!hears) {
            set.rotation_due =
                set.rotation_due || member.last_generation == set.newest.generation();
            member.entitled = false;
        } else if (set.in_use) {
            set.rotation_due = true;
        } else {
            member.entitled = true;
            set.offered_since = set.offered_since.value_or(now);
            set.last_rotation = set.last_rotation.value_or(now);
        }
    }
}

void WhisperKeys::start_rotation(Set& set, TimePoint now) const {
    if (!set.rotation_due || !set.in_use || !has_audience(set) ||
        (set.last_rotation && now - *set.last_rotation < rotation_interval_min)) {
        return;
    }
    set.newest.rotate();
    set.in_use = false;
    set.rotation_due = false;
    set.offered_since = now;
    set.last_rotation = now;
    for (auto& entry : set.members) {
        auto& member = entry.second;
        member.entitled = is_in_audience(set, entry);
        member.outdate();
    }
}

void WhisperKeys::share_key(Set& set, TimePoint now) {
    if (now < set.share_not_before) {
        return;
    }
    std::vector<Members::value_type*> to;
    for (auto& entry : set.members) {
        const auto& member = entry.second;
        const bool wanted = member.entitled && (member.requested || member.ticket == 0);
        if (wanted && now >= member.share_not_before && is_in_audience(set, entry)) {
            to.push_back(&entry);
        }
    }
    const auto most =
        std::clamp<std::size_t>(given_.shares_per_message, 1, wire::shares_per_message_max);
    for (std::span rest(to); !rest.empty(); rest = rest.subspan(std::min(most, rest.size()))) {
        send_shares(set, rest.first(std::min(most, rest.size())));
    }
}

void WhisperKeys::send_shares(Set& set, std::span<Members::value_type* const> to) {
    const auto material = set.newest.material();
    wire::ShareKeys message{.channel = {},
                            .channel_epoch = set.epoch,
                            .stream = set.stream,
                            .generation = material.generation,
                            .step = material.step,
                            .shares = {}};
    message.shares.reserve(to.size());
    outstanding_[++last_ticket_] = {.stream = set.stream, .epoch = set.epoch};
    for (auto* entry : to) {
        auto& [session, member] = *entry;
        member.sent(last_ticket_, material.generation);
        member.holds = member.holds || set.in_use;
        const crypto::ShareContext context{.channel = {},
                                           .from = given_.own.session,
                                           .to = session,
                                           .stream = set.stream,
                                           .generation = material.generation,
                                           .step = material.step};
        message.shares.push_back(
            {.to = session, .sealed = given_.book.pair(session)->seal(context, material)});
    }
    outputs_.emplace_back(ToServer{.body = std::move(message), .ticket = last_ticket_});
}

bool WhisperKeys::all_confirmed(const Set& set) const {
    return std::ranges::all_of(set.members, [&](const auto& entry) {
        const auto& member = entry.second;
        return !member.entitled || member.confirmed || !is_in_audience(set, entry);
    });
}

void WhisperKeys::finish_rotation(Set& set, TimePoint now) {
    if (!set.offered_since ||
        (!all_confirmed(set) && now - *set.offered_since < rotation_confirm_max)) {
        return;
    }
    set.offered_since.reset();
    set.in_use = true;
    for (auto& [session, member] : set.members) {
        member.holds = member.last_generation == set.newest.generation();
    }
    outputs_.emplace_back(UseSenderKey{.key = set.newest.material(), .stream = set.stream});
}

// --- time ------------------------------------------------------------------------------------

std::optional<TimePoint> WhisperKeys::next_tick() const {
    if (away_) {
        return std::nullopt;
    }
    std::optional<TimePoint> next;
    const auto at = [&next](TimePoint time) { next = std::min(next.value_or(time), time); };
    for (const auto& [stream, set] : sets_) {
        if (set.offered_since) {
            at(*set.offered_since + rotation_confirm_max);
        } else if (set.rotation_due && has_audience(set)) {
            at(set.last_rotation ? *set.last_rotation + rotation_interval_min : TimePoint{});
        }
        // What is left has no hurry: shares to repeat.
        const bool paused = set.share_not_before > ticked_at_ ||
                            std::ranges::any_of(set.members, [this](const auto& entry) {
                                return entry.second.share_not_before > ticked_at_;
                            });
        if (paused) {
            at(ticked_at_ + key_exchange_idle_tick);
        }
    }
    return next;
}

}  // namespace partyline::client

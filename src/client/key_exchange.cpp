#include "client/key_exchange.hpp"

#include <algorithm>
#include <cassert>
#include <limits>
#include <utility>

namespace partyline::client {
namespace {

constexpr StreamId room_stream{0};

}  // namespace

KeyExchange::KeyExchange(OwnDevice own, const Clock& clock, std::size_t shares_per_message)
    : own_(std::move(own)),
      clock_(clock),
      shares_per_message_(
          std::clamp<std::size_t>(shares_per_message, 1, wire::shares_per_message_max)) {}

// --- the room --------------------------------------------------------------------------------

void KeyExchange::joined(const wire::Joined& joined) {
    epoch_ = joined.channel_epoch;
    if (joined.channel == channel_) {
        return;  // we were there already: nothing has changed
    }
    left_room();
    channel_ = joined.channel;
    large_ = joined.members > wire::share_on_join_members_max;
    // Pages of keys come unasked in small rooms only, and when there is anybody.
    pages_complete_ = large_ || joined.members <= 1;
    completion_due_ = true;
    replace_key(clock_.now());
    use_newest_key();
    tick();
}

void KeyExchange::left_room() {
    channel_ = {};
    members_.clear();
    outstanding_.clear();
    step_due_ = false;
    rotation_due_ = false;
    rotating_since_.reset();
    share_not_before_ = {};
    completion_due_ = false;
    outputs_.emplace_back(RoomCleared{});
}

void KeyExchange::member_keys(const wire::MemberKeys& page) {
    if (page.channel != channel_ || !channel_) {
        return;
    }
    epoch_ = std::max(epoch_, page.channel_epoch);
    for (const auto& member : page.members) {
        admit(member);
    }
    pages_complete_ = pages_complete_ || !page.more;
    tick();
}

void KeyExchange::member_joined(const wire::MemberJoined& joined) {
    if (joined.channel != channel_ || !channel_) {
        return;
    }
    epoch_ = std::max(epoch_, joined.channel_epoch);
    // A known member is told again when its device was renewed; only a new one makes a step due.
    step_due_ = step_due_ || !members_.contains(joined.member.session);
    admit(joined.member);
    tick();
}

void KeyExchange::member_left(const wire::MemberLeft& left) {
    if (left.channel != channel_ || !channel_) {
        return;
    }
    epoch_ = std::max(epoch_, left.channel_epoch);
    remove_member(members_.find(left.session));
    tick();
}

void KeyExchange::session_gone(SessionId session) {
    remove_member(members_.find(session));
    book_.forget(session);
    outputs_.emplace_back(SessionGone{session});
    tick();
}

void KeyExchange::set_seen(std::span<const SessionId> seen) {
    assert(std::ranges::is_sorted(seen));
    if (!channel_) {
        return;
    }
    for (const auto session : seen) {
        if (session != own_.session && !members_.contains(session)) {
            add_member(session);
            step_due_ = true;
        }
    }
    for (auto member = members_.begin(); member != members_.end();) {
        const auto next = std::next(member);
        if (!std::ranges::binary_search(seen, member->first)) {
            remove_member(member);
        }
        member = next;
    }
    tick();
}

KeyExchange::Members::iterator KeyExchange::add_member(SessionId session) {
    const auto [member, added] = members_.try_emplace(session);
    if (added) {
        member->second.since = clock_.now();
        completion_due_ = completion_due_ || may_share(member->second.since);
        large_ = large_ || members_.size() + 1 > wire::share_on_join_members_max;
        outputs_.emplace_back(MemberEntered{session});
    }
    return member;
}

void KeyExchange::remove_member(Members::iterator member) {
    if (member == members_.end()) {
        return;
    }
    // Somebody who was never sent the newest key holds nothing that must be replaced.
    rotation_due_ = rotation_due_ || member->second.last_generation == newest_.generation();
    outputs_.emplace_back(MemberGone{member->first});
    members_.erase(member);
    large_ = large_ && members_.size() + 1 > wire::share_on_join_members_max;
}

void KeyExchange::admit(const wire::Member& wire_member) {
    if (wire_member.session == own_.session) {
        return;
    }
    auto& member = add_member(wire_member.session)->second;
    member.vouched = true;
    if (!book_.admit(wire_member)) {
        ++counters_.devices_refused;
        const bool keyless = book_.pair(wire_member.session) == nullptr;
        if (keyless && !std::exchange(member.refused, true)) {
            outputs_.emplace_back(DeviceRefused{wire_member.session});
        }
        return;
    }
    member.refused = false;
    for (const auto& share : std::exchange(member.early_shares, {})) {
        take_share(member, share);
    }
}

// --- the keys of others ----------------------------------------------------------------------

void KeyExchange::key_share(const wire::KeyShare& share) {
    const auto member = members_.find(share.from);
    if (member == members_.end() || share.channel != channel_) {
        ++counters_.shares_dropped;
        return;
    }
    take_share(member->second, share);
    tick();
}

void KeyExchange::take_share(Member& member, const wire::KeyShare& share) {
    const auto* pair = book_.pair(share.from);
    if (pair == nullptr) {
        // In large rooms somebody's key may come before we had reason to ask who they are.
        if (!member.refused && member.early_shares.size() < early_shares_max) {
            member.early_shares.push_back(share);
        } else {
            ++counters_.shares_dropped;
        }
        return;
    }
    auto material = pair->open({.channel = share.channel,
                                .from = share.from,
                                .to = own_.session,
                                .stream = share.stream,
                                .generation = share.generation,
                                .step = share.step},
                               share.sealed);
    if (!material) {
        ++counters_.shares_dropped;
        return;
    }
    // Whether the generation rises is judged by ReceiverKeys, which outlives the room.
    outputs_.emplace_back(UseSpeakerKey{
        {.speaker = share.from, .stream = share.stream, .material = std::move(*material)}});
}

void KeyExchange::key_needed(const KeyNeed& need) {
    if (members_.contains(need.speaker)) {
        outputs_.emplace_back(
            ToServer{.body = wire::KeyRequest{.speaker = need.speaker, .kid = need.kid}});
    }
}

// --- our key ---------------------------------------------------------------------------------

void KeyExchange::key_requested(const wire::KeyRequested& request) {
    const auto at = members_.find(request.from);
    if (at == members_.end()) {
        return;
    }
    if (at->second.take_request(clock_.now())) {
        tick();
    }
}

void KeyExchange::answered(std::uint64_t ticket, const std::optional<Error>& error) {
    const auto covered = outstanding_.extract(ticket);
    if (!covered) {
        return;  // of a room that we have left
    }
    const auto now = clock_.now();
    const bool limited = error && error->code == ErrorCode::rate_limited;
    if (limited) {
        const Duration wait = std::chrono::milliseconds(error->retry_ms);
        share_not_before_ = now + std::max<Duration>(wait, share_retry_after);
    }
    // A refusal for a membership that has changed since is no reason to wait.
    const bool pause = error && !limited && covered.mapped() == epoch_;
    for (auto& [session, member] : members_) {
        if (member.ticket == ticket) {
            member.answered(!error, pause ? now + share_retry_after : TimePoint{});
        }
    }
    tick();
}

void KeyExchange::set_talking(bool talking) {
    const auto now = clock_.now();
    advance(now);
    talking_ = talking;
    if (!talking) {
        talk_held_until_ = now + talk_hold;
    }
    tick();
}

// Who was sent our key and has not been said to have it is sent it again.
void KeyExchange::go_away() {
    away_ = true;
    outstanding_.clear();
    for (auto& [session, member] : members_) {
        member.go_away();
        member.keys_asked_at.reset();
    }
}

void KeyExchange::come_back() {
    const auto now = clock_.now();
    away_ = false;
    if (rotating_since_) {
        rotating_since_ = now;
    }
    tick();
}

void KeyExchange::tick() {
    if (!channel_ || away_) {
        return;
    }
    const auto now = clock_.now();
    advance(now);
    start_rotation(now);
    take_step(now);
    fetch_keys(now);
    share_key(now);
    finish_rotation(now);
    tell_when_complete(now);
}

// Nobody has the new key yet, and nothing has been sealed under it.
void KeyExchange::replace_key(TimePoint now) {
    newest_.rotate();
    last_rotation_ = now;
    last_step_.reset();
    talked_since_step_ = {};
    rotation_due_ = false;
    step_due_ = false;
    for (auto& [session, member] : members_) {
        member.outdate();
    }
    rotating_since_.reset();
}

void KeyExchange::use_newest_key() { outputs_.emplace_back(UseSenderKey{newest_.material()}); }

void KeyExchange::begin_rotation(TimePoint now) {
    replace_key(now);
    if (may_share(now)) {
        // The old key serves until the others can have the new one.
        rotating_since_ = now;
    } else {
        // Who is silent in a large room will share it when they talk: there is nothing to bridge.
        use_newest_key();
    }
}

void KeyExchange::start_rotation(TimePoint now) {
    if (!rotation_due_ || rotating_since_ ||
        (last_rotation_ && now - *last_rotation_ < rotation_interval())) {
        return;
    }
    begin_rotation(now);
}

void KeyExchange::finish_rotation(TimePoint now) {
    if (rotating_since_ && (all_confirmed(now) || now - *rotating_since_ >= rotation_confirm_max)) {
        rotating_since_.reset();
        use_newest_key();
    }
}

void KeyExchange::take_step(TimePoint now) {
    if (!step_due_ || (last_step_ && now - *last_step_ < step_interval_min)) {
        return;
    }
    step_due_ = false;
    last_step_ = now;
    talked_since_step_ = {};
    if (rotating_since_) {
        return;  // under the newest key nothing has been said that a newcomer must not hear
    }
    if (newest_.current_step() == std::numeric_limits<std::uint16_t>::max()) {
        begin_rotation(now);
        return;
    }
    newest_.step();
    use_newest_key();
}

void KeyExchange::advance(TimePoint now) {
    if (talking_) {
        talked_since_step_ += now - ticked_at_;
        step_due_ = step_due_ || talked_since_step_ >= step_after_talk;
    }
    ticked_at_ = now;
}

void KeyExchange::share_key(TimePoint now) {
    if (step_due_ || now < share_not_before_) {
        return;
    }
    std::vector<Members::value_type*> to;
    for (auto& entry : members_) {
        const auto& [session, member] = entry;
        const bool wanted = member.requested || (member.ticket == 0 && may_share(now));
        if (wanted && now >= member.share_not_before && !member.refused &&
            book_.pair(session) != nullptr) {
            to.push_back(&entry);
        }
    }
    // The screen may show for a moment somebody who has left before we came, and the server refuses
    // a message with a share for them as a whole. So whom it named itself never travel with others.
    const auto unvouched = std::ranges::stable_partition(
        to, [](const Members::value_type* entry) { return entry->second.vouched; });
    const std::span all(to);
    send_in_messages(all.first(all.size() - unvouched.size()));
    send_in_messages(all.last(unvouched.size()));
}

void KeyExchange::send_in_messages(std::span<Members::value_type* const> to) {
    for (; !to.empty(); to = to.subspan(std::min(shares_per_message_, to.size()))) {
        send_shares(to.first(std::min(shares_per_message_, to.size())));
    }
}

void KeyExchange::send_shares(std::span<Members::value_type* const> to) {
    const auto material = newest_.material();
    wire::ShareKeys message{.channel = channel_,
                            .channel_epoch = epoch_,
                            .stream = room_stream,
                            .generation = material.generation,
                            .step = material.step,
                            .shares = {}};
    message.shares.reserve(to.size());
    outstanding_[++last_ticket_] = epoch_;
    for (auto* entry : to) {
        auto& [session, member] = *entry;
        member.sent(last_ticket_, material.generation);
        const crypto::ShareContext context{.channel = channel_,
                                           .from = own_.session,
                                           .to = session,
                                           .stream = room_stream,
                                           .generation = material.generation,
                                           .step = material.step};
        message.shares.push_back(
            {.to = session, .sealed = book_.pair(session)->seal(context, material)});
    }
    outputs_.emplace_back(ToServer{.body = std::move(message), .ticket = last_ticket_});
}

// --- whose keys we lack ----------------------------------------------------------------------

bool KeyExchange::wants_keys_of(const Members::value_type& entry, TimePoint now) const {
    const auto& [session, member] = entry;
    if (member.refused || book_.pair(session) != nullptr ||
        (member.keys_asked_at && now - *member.keys_asked_at < member_keys_retry_after)) {
        return false;
    }
    const bool needed_now =
        member.requested || !member.early_shares.empty() || (is_large() && is_talking(now));
    // In a small room they come unasked; this is for what may go wrong.
    const bool overdue = !is_large() && now - member.since >= member_keys_patience;
    return needed_now || overdue;
}

void KeyExchange::fetch_keys(TimePoint now) {
    wire::GetMemberKeys request;
    for (auto& entry : members_) {
        if (!wants_keys_of(entry, now)) {
            continue;
        }
        entry.second.keys_asked_at = now;
        request.sessions.push_back(entry.first);
        if (request.sessions.size() == wire::member_keys_request_max) {
            outputs_.emplace_back(ToServer{.body = std::exchange(request, {})});
        }
    }
    if (!request.sessions.empty()) {
        outputs_.emplace_back(ToServer{.body = std::move(request)});
    }
}

// --- questions -------------------------------------------------------------------------------

bool KeyExchange::all_confirmed(TimePoint now) const {
    if (!may_share(now)) {
        return true;
    }
    return std::ranges::all_of(members_, [&](const auto& entry) {
        const auto& [session, member] = entry;
        // Nobody waits for ever for somebody whose keys do not come.
        const bool out_of_reach = member.refused || (book_.pair(session) == nullptr &&
                                                     now - member.since >= keyless_grace);
        return out_of_reach || member.confirmed;
    });
}

void KeyExchange::tell_when_complete(TimePoint now) {
    if (completion_due_ && pages_complete_ && !step_due_ && all_confirmed(now)) {
        completion_due_ = false;
        outputs_.emplace_back(KeysComplete{channel_});
    }
}

bool KeyExchange::is_talking(TimePoint now) const { return talking_ || now < talk_held_until_; }

Duration KeyExchange::rotation_interval() const {
    return std::max<Duration>(rotation_interval_min,
                              rotation_interval_per_member * static_cast<int>(members_.size()));
}

std::optional<TimePoint> KeyExchange::next_tick() const {
    if (!channel_ || away_) {
        return std::nullopt;
    }
    std::optional<TimePoint> next;
    const auto at = [&next](TimePoint time) { next = std::min(next.value_or(time), time); };
    if (step_due_) {
        at(last_step_ ? *last_step_ + step_interval_min : TimePoint{});
    }
    if (rotating_since_) {
        at(*rotating_since_ + rotation_confirm_max);
    } else if (rotation_due_) {
        at(last_rotation_ ? *last_rotation_ + rotation_interval() : TimePoint{});
    }
    // What is left has no hurry: shares to repeat, keys to ask for, the step after long talk.
    const bool paused =
        share_not_before_ > ticked_at_ || std::ranges::any_of(members_, [this](const auto& entry) {
            return entry.second.share_not_before > ticked_at_;
        });
    if (talking_ || completion_due_ || paused) {
        at(ticked_at_ + key_exchange_idle_tick);
    }
    return next;
}

}  // namespace partyline::client

// Voice keys, handed on between members of a room, or to those who are whispered to. The server can
// open none of them.
#include <algorithm>
#include <chrono>
#include <ranges>
#include <string>
#include <utility>

#include "server/control/convert.hpp"
#include "server/control/switchboard.hpp"
#include "wire/limits.hpp"

namespace partyline::control {
namespace {

std::unexpected<Error> wait_for_keys(std::string message, Duration wait) {
    const auto whole = std::chrono::ceil<std::chrono::milliseconds>(wait);
    return std::unexpected(Error{.code = ErrorCode::rate_limited,
                                 .message = std::move(message),
                                 .retry_ms = static_cast<std::uint32_t>(whole.count())});
}

}  // namespace

std::vector<wire::MemberKeys> Switchboard::member_keys(const Seat& seat,
                                                       std::span<const SessionId> sessions) const {
    const auto channel = model_.find(seat.session)->presence.channel;
    const wire::MemberKeys empty{.channel = channel, .channel_epoch = model_.find(channel)->epoch};
    std::vector<wire::MemberKeys> pages{empty};
    for (const auto session : sessions) {
        if (session == seat.session || !model_.together(session, seat.session)) {
            continue;
        }
        if (pages.back().members.size() == wire::page_entries_max) {
            pages.back().more = true;
            pages.push_back(empty);
        }
        pages.back().members.push_back(to_wire(*model_.find(session)));
    }
    return pages;
}

void Switchboard::tell_members(Seat& seat) {
    const auto channel = model_.find(seat.session)->presence.channel;
    if (!channel || model_.find(channel)->members.size() > wire::share_on_join_members_max) {
        return;
    }
    for (const auto& page : member_keys(seat, model_.find(channel)->members)) {
        tell(seat, page, Outbox::Bound::counted);
    }
}

Result<void> Switchboard::on(Call& call, Seat& seat, const wire::GetMemberKeys& get) {
    if (!model_.find(seat.session)->presence.channel) {
        return fail(ErrorCode::not_in_room, "You are in no room.");
    }
    auto sessions = get.sessions;
    std::ranges::sort(sessions);
    const auto repeated = std::ranges::unique(sessions);
    sessions.erase(repeated.begin(), repeated.end());
    if (const auto may = seat.member_keys.take(clock_.now(), static_cast<double>(sessions.size()));
        !may) {
        return may;
    }
    // Who has left meanwhile is left out. The last page is the answer: with it, all is there.
    auto pages = member_keys(seat, sessions);
    for (const auto& page : std::span(pages).first(pages.size() - 1)) {
        tell(seat, page, Outbox::Bound::counted);
    }
    answer(call, std::move(pages.back()));
    return {};
}

Result<void> Switchboard::check_generation(Seat& seat, StreamId stream, std::uint32_t generation) {
    const auto now = clock_.now();
    auto& newest = seat.streams[stream.value].generation;
    if (newest && generation < *newest) {
        return fail(ErrorCode::bad_key_share, "A key's generation never falls.");
    }
    // More shares of a generation that is out already are for those who came later.
    if (newest == generation) {
        return seat.share_messages.take(now);
    }
    if (const auto may = seat.streams[stream.value].rotations.take(now); !may) {
        return may;
    }
    newest = generation;
    return {};
}

Result<std::vector<SessionId>> Switchboard::share_receivers(const Seat& seat,
                                                            const wire::ShareKeys& keys) const {
    std::vector<SessionId> to;
    to.reserve(keys.shares.size());
    std::ranges::transform(keys.shares, std::back_inserter(to), &wire::SealedShare::to);
    if (!keys.stream) {
        return model_.share_receivers(seat.session,
                                      {.channel = keys.channel, .epoch = keys.channel_epoch}, to);
    }
    if (keys.channel) {
        return fail(ErrorCode::bad_key_share, "A whisper's key is of no room.");
    }
    return model_.whisper_receivers({.whisperer = seat.session, .stream = keys.stream},
                                    keys.channel_epoch, to);
}

Result<void> Switchboard::on(Call&, Seat& seat, const wire::ShareKeys& keys) {
    const auto receivers = share_receivers(seat, keys);
    if (!receivers) {
        return std::unexpected(receivers.error());
    }
    if (const auto may = check_generation(seat, keys.stream, keys.generation); !may) {
        return may;
    }
    // `receivers` are those of the shares without those who have left, in the same order.
    auto receiver = receivers->begin();
    for (const auto& share : keys.shares) {
        if (receiver == receivers->end() || *receiver != share.to) {
            continue;
        }
        deliver(*receiver++, wire::KeyShare{.from = seat.session,
                                            .channel = keys.channel,
                                            .channel_epoch = keys.channel_epoch,
                                            .stream = keys.stream,
                                            .generation = keys.generation,
                                            .step = keys.step,
                                            .sealed = share.sealed});
    }
    return {};
}

Result<void> Switchboard::on(Call&, Seat& seat, const wire::KeyRequest& request) {
    const auto events = model_.request_key(
        seat.session, {.speaker = request.speaker, .kid = request.kid, .stream = request.stream});
    if (!events) {
        return std::unexpected(events.error());
    }
    const auto now = clock_.now();
    const auto interval = config_.limits.key_request_interval;
    const std::pair what{request.speaker, request.stream};
    auto& asked = seat.key_requests;
    if (const auto last = asked.find(what); last != asked.end() && now - last->second < interval) {
        return wait_for_keys("You have just asked for that speaker's key.",
                             last->second + interval - now);
    }
    if (asked.size() >= key_requests_remembered_max && !asked.contains(what)) {
        std::erase_if(asked, [&](const auto& entry) { return now - entry.second >= interval; });
        if (asked.size() >= key_requests_remembered_max) {
            const auto oldest = std::ranges::min(asked | std::views::values);
            return wait_for_keys("You are asking for too many keys at once.",
                                 oldest + interval - now);
        }
    }
    asked[what] = now;
    publish(*events);
    return {};
}

Result<void> Switchboard::on(Call&, Seat& seat, const wire::RenewDevice& renew) {
    if (const auto may = may_do(seat, Doing::move); !may) {
        return may;
    }
    auto keys = model_.find(seat.session)->keys;
    keys.device = to_room(renew.device);
    if (const auto checked = check_device(keys); !checked) {
        return checked;
    }
    publish(model_.renew_device(seat.session, keys.device));
    return {};
}

}  // namespace partyline::control

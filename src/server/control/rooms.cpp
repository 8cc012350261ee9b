// Joining, leaving, one's own state, and text.
#include "server/control/convert.hpp"
#include "server/control/switchboard.hpp"
#include "wire/limits.hpp"

namespace partyline::control {

Result<void> Switchboard::on(Call& call, Seat& seat, const wire::Join& join) {
    if (const auto may = seat.moves.take(clock_.now()); !may) {
        return may;
    }
    const auto joined = model_.join(seat.session, join.channel);
    if (!joined) {
        return std::unexpected(joined.error());
    }
    const std::span<const SessionId> members = model_.find(join.channel)->members;
    if (!joined->events.empty()) {
        seat.route = relay_.move(seat.voice, join.channel);
        tell_presence_early(seat, members);
    }
    answer(call, wire::Joined{.channel = join.channel,
                              .channel_epoch = joined->epoch,
                              .route = seat.route,
                              .frame_ms = frame_ms(join.channel),
                              .members = static_cast<std::uint32_t>(joined->members)});
    if (joined->members <= wire::share_on_join_members_max) {
        for (const auto& page : member_keys(seat, members)) {
            tell(seat, page, Outbox::Bound::counted);
        }
    }
    publish(joined->events);
    return {};
}

Result<void> Switchboard::on(Call&, Seat& seat, const wire::Leave&) {
    if (const auto may = seat.moves.take(clock_.now()); !may) {
        return may;
    }
    const auto left = model_.leave(seat.session);
    if (!left) {
        return std::unexpected(left.error());
    }
    seat.route = relay_.move(seat.voice, ChannelId{});
    publish(*left);
    return {};
}

Result<void> Switchboard::on(Call&, Seat& seat, const wire::SetSelfState& state) {
    publish(model_.set_self_state(seat.session, {.mute = state.mute, .deafen = state.deafen}));
    const auto& presence = model_.find(seat.session)->presence;
    relay_.set_flags(seat.voice, {.muted = presence.self_mute, .deafened = presence.self_deafen});
    return {};
}

Result<void> Switchboard::on(Call& call, Seat& seat, const wire::SendText& text) {
    // Sent again because our answer was lost: that costs nothing, and its author may have left since.
    if (const auto before = model_.find_text(seat.session, text.nonce)) {
        answer(call, wire::TextAccepted{.id = before->id, .unix_ms = before->unix_ms});
        return {};
    }
    if (const auto may = seat.texts.take(clock_.now()); !may) {
        return may;
    }
    const auto said = model_.say(seat.session, {.channel = text.channel,
                                                .text = text.text,
                                                .nonce = text.nonce,
                                                .unix_ms = clock_.unix_ms()});
    if (!said) {
        return std::unexpected(said.error());
    }
    answer(call, wire::TextAccepted{.id = said->accepted.id, .unix_ms = said->accepted.unix_ms});
    publish(said->events);
    return {};
}

}  // namespace partyline::control

// Joining, leaving, and one's own state.
#include "server/control/convert.hpp"
#include "server/control/switchboard.hpp"
#include "wire/limits.hpp"

namespace partyline::control {

Result<void> Switchboard::on(Call& call, Seat& seat, const wire::Join& join) {
    if (const auto may = may_do(seat, Doing::move); !may) {
        return may;
    }
    const auto joined = model_.join(seat.session, join.channel);
    if (joined) {
        come_in(call, seat, join.channel, *joined);
        return {};
    }
    if (joined.error().code == ErrorCode::bad_password && !join.password.empty()) {
        return knock(call, seat, join);
    }
    return std::unexpected(joined.error());
}

void Switchboard::come_in(Call& call, Seat& seat, ChannelId channel, const room::Joined& joined) {
    const std::span<const SessionId> members = model_.find(channel)->members;
    if (!joined.events.empty()) {
        // Who was silenced has nothing on its way to the room before, and must not get a voice there by being heard
        // in this one: so out of it first.
        if (seat.flags.muted) {
            seat.route = relay_.move(seat.voice, ChannelId{});
        }
        update_voice(seat);
        seat.route = relay_.move(seat.voice, channel);
        update_view(seat);
        tell_presence_early(seat, members);
    }
    answer(call, wire::Joined{.channel = channel,
                              .channel_epoch = joined.epoch,
                              .route = seat.route,
                              .frame_ms = frame_ms(channel),
                              .members = static_cast<std::uint32_t>(joined.members)});
    tell_members(seat);
    charge_whispers(seat, joined.events);
    publish(joined.events);
}

Result<void> Switchboard::on(Call& call, Seat& seat, const wire::Leave&) {
    if (const auto may = may_do(seat, Doing::move); !may) {
        return may;
    }
    const auto left = model_.leave(seat.session);
    if (!left) {
        return std::unexpected(left.error());
    }
    seat.route = relay_.move(seat.voice, ChannelId{});
    update_view(seat);
    // Whispers go on from no room, and need a route for that.
    answer(call, wire::Moved{.route = seat.route});
    charge_whispers(seat, *left);
    publish(*left);
    return {};
}

Result<void> Switchboard::on(Call&, Seat& seat, const wire::SetSelfState& state) {
    publish(model_.set_self_state(seat.session, {.mute = state.mute, .deafen = state.deafen}));
    update_voice(seat);
    return {};
}

}  // namespace partyline::control

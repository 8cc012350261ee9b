// The voice lane as the control lane sees it.
#include "server/control/switchboard.hpp"

namespace partyline::control {

Result<void> Switchboard::on(Call&, Seat& seat, const wire::SetVoiceLane& lane) {
    switch (lane.lane) {
        case wire::VoiceLane::udp:
            relay_.set_downlink(seat.voice, relay::DownlinkLane::udp);
            return {};
        case wire::VoiceLane::tunnel:
            relay_.set_downlink(seat.voice, relay::DownlinkLane::tunnel);
            return {};
        case wire::VoiceLane::unspecified: break;
    }
    return fail(ErrorCode::unsupported, "This server does not know that voice lane.");
}

Result<void> Switchboard::on(Call&, Seat& seat, const wire::VoiceTunnel& tunnel) {
    // When the relay's ring is full the packet is lost, as it might have been anywhere else.
    static_cast<void>(relay_.tunnel_up(seat.voice, tunnel.datagram));
    return {};
}

Result<void> Switchboard::on(Call& call, Seat&, const wire::ControlPing& ping) {
    answer(call, wire::ControlPong{.token = ping.token});
    return {};
}

bool Switchboard::deliver_tunnelled() {
    const auto now = clock_.now();
    const auto waiting = relay_.take_tunnel_down(tunnel_down_batch);
    for (const auto& [session, datagram] : waiting) {
        if (const auto seat = seats_.find(session);
            seat != seats_.end() && seat->second->peer != nullptr) {
            seat->second->peer->send_voice(datagram, now);
        }
    }
    return !waiting.empty();
}

}  // namespace partyline::control

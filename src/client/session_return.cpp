// Back on a new connection as we were on the last.
#include <array>
#include <utility>

#include "client/session.hpp"

namespace partyline::client {

Estate Session::leave_behind() {
    if (!model_.ready()) {
        return std::move(estate_);  // nothing of it has been taken up
    }
    emit_all(model_.hush());
    Estate estate{.again = true,
                  .room = model_.path_of(heading_),
                  .in_room = estate_.in_room,
                  .mute = mute_,
                  .deafen = deafen_,
                  .unsaid = {}};
    const bool stays = heading_ == model_.own_channel();
    for (auto& [id, text] : saying_) {
        if (stays) {
            estate.unsaid.push_back(std::move(text));
        }
    }
    for (auto& text : estate_.unsaid) {
        estate.unsaid.push_back(std::move(text));
    }
    const Error lost{.code = ErrorCode::closed,
                     .message = "The connection was lost before the server had answered."};
    for (const auto& [id, request] : requests_) {
        const bool taken_along = request.asked == Asked::join || request.asked == Asked::leave ||
                                 request.asked == Asked::self_state ||
                                 (request.asked == Asked::say && stays);
        if (!taken_along) {
            refuse(request, lost);
        }
    }
    return estate;
}

void Session::go_back() {
    if (!estate_.again) {
        return;
    }
    port_.emit(RoomsChanged{});
    // Before the room, so that not one word of a muted person gets out.
    if (estate_.mute || estate_.deafen) {
        set_self_state(estate_.mute, estate_.deafen);
    }
    if (estate_.room.empty()) {
        if (std::exchange(estate_.in_room, false)) {
            port_.emit(RoomLeft{});
        }
        return;
    }
    heading_ = model_.room_at(estate_.room);
    if (!heading_) {
        stay_out({.code = ErrorCode::unknown_channel,
                  .message = "The room you were in is not there any more."});
        return;
    }
    going_back_ = true;
    request(wire::Join{heading_}, {.asked = Asked::join, .ticket = 0, .back = true});
}

void Session::be_back() {
    going_back_ = false;
    for (auto& text : std::exchange(estate_.unsaid, {})) {
        send_text(std::move(text));
    }
}

void Session::stay_out(Error error) {
    going_back_ = false;
    if (std::exchange(estate_.in_room, false)) {
        port_.emit(RoomLeft{});
    }
    const auto unsaid = std::exchange(estate_.unsaid, {});
    refuse(Asked::join, error);
    for (std::size_t i = 0; i < unsaid.size(); ++i) {
        refuse(Asked::say,
               {.code = ErrorCode::not_in_room,
                .message = "Not said, as we could not get back to the room: " + unsaid[i].text});
    }
}

}  // namespace partyline::client

// Rooms that ask for a password: setting one, and knocking with one.
#include <string>
#include <utility>

#include "base/log.hpp"
#include "crypto/password.hpp"
#include "server/control/later.hpp"
#include "server/control/switchboard.hpp"
#include "server/room/channel_plans.hpp"
#include "server/room/decide.hpp"

namespace partyline::control {

Result<void> Switchboard::knock(Call& call, Seat& seat, const wire::Join& join) {
    if (const auto may = attempts_.take_for_room(seat.peer->slot.address(), clock_.now()); !may) {
        return may;
    }
    const auto reply = will_reply(call, seat);
    auto kept = directory_.find(join.channel)->password_hash;
    return hash<crypto::PasswordCheck>(
        seat, [kept, password = join.password] { return crypto::verify_password(kept, password); },
        [this, reply, kept, channel = join.channel](crypto::PasswordCheck check) {
            auto* peer = peer_of(reply);
            if (peer == nullptr) {
                return;  // it could not be told that it is in
            }
            if (check == crypto::PasswordCheck::no_memory) {
                refuse_later(reply, no_memory_to_hash());
                return;
            }
            const bool right = check == crypto::PasswordCheck::right;
            const auto* record = directory_.find(channel);
            if (!right) {
                log::info("session {} has guessed the password of room {} wrong ({})",
                          reply.session.value, channel.value, peer->address);
            }
            if (!right || (record != nullptr && record->password_hash != kept)) {
                refuse_later(reply, {.code = ErrorCode::bad_password,
                                     .message = "That is not the password of this room."});
                return;
            }
            const auto joined = model_.join(reply.session, channel, room::Door::unlocked);
            if (!joined) {
                refuse_later(reply, joined.error());
                return;
            }
            Call again{.peer = *peer, .id = reply.request};
            come_in(again, *seats_.at(reply.session), channel, *joined);
        });
}

Result<void> Switchboard::set_room_password(Call& call, Seat& seat, ChannelId channel,
                                            const std::string& password, room::ChannelEdit edit) {
    // What is refused anyway costs no hash. It is judged again when its turn has come.
    const auto planned =
        room::plan_edit_channel(directory_, model_.subject(seat.session), channel, edit);
    if (!planned) {
        return std::unexpected(planned.error());
    }
    const auto reply = will_reply(call, seat);
    return hash<std::optional<std::string>>(
        seat, [password] { return crypto::hash_password(password); },
        [this, reply, channel, edit = std::move(edit)](std::optional<std::string> hashed) mutable {
            if (!hashed) {
                refuse_later(reply, no_memory_to_hash());
                return;
            }
            edit.password_hash = std::move(hashed);
            administer(reply, audited(edit_room(channel, std::move(edit))), {});
        });
}

}  // namespace partyline::control

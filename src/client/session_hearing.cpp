// How each person is heard here: how loud they were set, and whether they speak above others.
#include <algorithm>
#include <format>
#include <utility>

#include "client/session.hpp"

namespace partyline::client {

void Session::set_priority(bool on) {
    estate_.priority = false;  // whatever was asked for before
    wants_priority_ = on;
    request(wire::SetPriority{on}, {.asked = Asked::priority});
}

void Session::heed_own_priority(const std::vector<wire::Presence>& people) {
    const auto own = std::ranges::find(people, seating_.session, &wire::Presence::session);
    if (own != people.end()) {
        priority_ = own->priority;
    }
}

void Session::set_volume(SessionId session, Volume volume) {
    const auto refuse = [this](ErrorCode code, std::string message) {
        port_.emit(
            Refused{.command = "volume", .error = {.code = code, .message = std::move(message)}});
    };
    const auto person = model_.person(session);
    if (!person || session == seating_.session) {
        refuse(ErrorCode::unknown_session,
               person ? "You do not hear yourself." : "That person is not here any more.");
        return;
    }
    if (!is_in_range(volume)) {
        refuse(ErrorCode::malformed,
               std::format("A volume is {} to {} dB.", volume_db_min, volume_db_max));
        return;
    }
    const auto owner = volume_owner_of(*person);
    if (owner.empty()) {
        refuse(ErrorCode::not_in_room,
               std::format("{} has no account and has been in no room with us: their device, which "
                           "a volume is kept for, is not known yet.",
                           person->name));
        return;
    }
    auto kept = volumes_.set(owner, volume);
    if (const auto* device = keys_.devices().identity(session);
        kept && device != nullptr && !person->account.empty()) {
        kept = volumes_.set(volume_owner(*device), {});  // from when they had no account
    }
    if (!kept) {
        refuse(kept.error().code, std::move(kept.error().message));
    }
    update_hearing();
}

// Whoever claims an account keeps the volume that their device had, until it is set anew.
std::string Session::volume_owner_of(const Person& person) {
    if (!person.account.empty()) {
        return volume_owner(server_id(), person.account);
    }
    const auto* device = keys_.devices().identity(person.session);
    return device == nullptr ? std::string() : volume_owner(*device);
}

Volume Session::volume_of(const Person& person) {
    if (volumes_.empty()) {
        return {};
    }
    if (!person.account.empty()) {
        if (const auto volume = volumes_.find(volume_owner(server_id(), person.account))) {
            return *volume;
        }
    }
    const auto* device = keys_.devices().identity(person.session);
    return device == nullptr ? Volume{} : volumes_.of(volume_owner(*device));
}

void Session::update_hearing() {
    std::vector<SessionId> everybody;
    model_.each_person([&](const Person& person) { everybody.push_back(person.session); });
    for (const auto session : everybody) {
        update_hearing(session);
    }
}

void Session::update_hearing(SessionId session) {
    const auto person = model_.person(session);
    if (!person) {
        return;
    }
    const auto volume = volume_of(*person);
    const SetHearing hearing{
        .session = session, .gain = gain_of(volume), .priority = person->priority};
    const auto told = hearing_told_.find(session);
    const SetHearing before =
        told == hearing_told_.end() ? SetHearing{.session = session} : told->second;
    if (hearing != before && session != seating_.session) {
        hearing_told_.insert_or_assign(session, hearing);
        port_.to_down(hearing);
    }
    emit_all(model_.set_volume(session, volume));
}

}  // namespace partyline::client

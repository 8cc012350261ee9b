#include "client/model_view.hpp"

#include <utility>

#include "client/model.hpp"

namespace partyline::client {

void ModelView::follow(Model& model) {
    auto changes = model.take_changes();
    auto rooms = changes.rooms ? model.rooms() : std::vector<Room>();
    const std::lock_guard lock(mutex_);
    room_ = model.own_channel();
    if (changes.rooms) {
        rooms_.swap(rooms);
    }
    if (changes.everybody) {
        // Whoever was here before may not be known to this model at all.
        for (const auto& [session, person] : people_) {
            changes.people.push_back(session);
        }
        model.each_person([&](const Person& person) { changes.people.push_back(person.session); });
    }
    for (const auto session : changes.people) {
        follow_person(model, session);
    }
}

void ModelView::follow_person(const Model& model, SessionId session) {
    if (auto person = model.person(session)) {
        people_.insert_or_assign(session, *std::move(person));
    } else if (const auto gone = people_.extract(session)) {
        gone_.add(gone.mapped());
    }
}

std::vector<Room> ModelView::rooms() const {
    const std::lock_guard lock(mutex_);
    return rooms_;
}

std::vector<Person> ModelView::people() const {
    const std::lock_guard lock(mutex_);
    std::vector<Person> people;
    people.reserve(people_.size());
    for (const auto& [session, person] : people_) {
        people.push_back(person);
    }
    return people;
}

std::optional<ChannelId> ModelView::room() const {
    const std::lock_guard lock(mutex_);
    return room_ ? std::optional(room_) : std::nullopt;
}

std::string ModelView::name_of(SessionId session) const {
    const std::lock_guard lock(mutex_);
    const auto here = people_.find(session);
    return here == people_.end() ? gone_.name_of(session) : here->second.name;
}

}  // namespace partyline::client

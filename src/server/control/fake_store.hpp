// For tests: a store that forgets everything in the end, and can be told to fail.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <ranges>
#include <utility>
#include <variant>
#include <vector>

#include "server/room/built_in.hpp"
#include "server/room/directory.hpp"
#include "server/store/sqlite_store.hpp"

namespace partyline::control {

/// What a store would have kept of it.
inline room::Records records_of(const room::Directory& directory) {
    room::Records records;
    const auto add = [](auto& list, const auto& all) {
        std::ranges::copy(all | std::views::values, std::back_inserter(list));
    };
    add(records.roles, directory.roles());
    add(records.accounts, directory.accounts());
    add(records.devices, directory.devices());
    add(records.channels, directory.channels());
    std::ranges::stable_sort(records.channels, {}, [&](const auto& record) {
        return directory.depth(record.channel.id);
    });
    add(records.bans, directory.bans());
    add(records.invites, directory.invites());
    add(records.silences, directory.silences());
    records.owner_token_hash = directory.owner_token_hash();
    records.last_role = {directory.next_role().value - 1};
    records.last_account = {directory.next_account().value - 1};
    records.last_channel = {directory.next_channel().value - 1};
    records.last_ban = {directory.next_ban().value - 1};
    records.last_invite = {directory.next_invite().value - 1};
    return records;
}

/// What a store posts, until a test has it done. One thread.
class Posted {
public:
    [[nodiscard]] store::Poster poster() {
        return [this](std::move_only_function<void()> work) { work_.push_back(std::move(work)); };
    }
    [[nodiscard]] bool empty() const { return work_.empty(); }
    void do_one() {
        auto work = std::move(work_.front());
        work_.pop_front();
        work();
    }
    /// And what is posted meanwhile.
    void do_all() {
        while (!work_.empty()) {
            do_one();
        }
    }
    void clear() { work_.clear(); }

private:
    std::deque<std::move_only_function<void()>> work_;
};

class FakeStore final : public store::Store {
public:
    explicit FakeStore(store::Poster post) : post_(std::move(post)) {}

    /// As after the end of its program: what was applied is what records() gives from now on.
    void reopen() {
        room::Directory directory(remembered);
        for (const auto& changes : std::exchange(applied, {})) {
            directory.apply(changes);
        }
        remembered = records_of(directory);
    }

    std::map<MessageId, room::Message> messages;
    std::optional<Error> failure;  // of every call, while it is set
    int prunings = 0;
    store::Figures shown;  // to whoever watches
    int probes = 0;
    bool hold = false;  // what it has to answer waits for release()
    void release() {
        hold = false;
        for (auto& answer : std::exchange(held_, {})) {
            post_(std::move(answer));
        }
    }
    /// What records() gives.
    room::Records remembered{.roles = room::built_in_roles(), .last_role = room::admin_role};
    std::vector<room::Changes> applied;

    Result<std::vector<room::Channel>> settle(std::vector<room::Channel> channels) override {
        remembered.channels.clear();
        for (const auto& channel : channels) {
            remembered.channels.push_back({.channel = channel});
            remembered.last_channel = std::max(remembered.last_channel, channel.id);
        }
        return channels;
    }
    Result<room::Records> records() override { return remembered; }
    Result<void> apply_and_wait(room::Changes changes) override {
        applied.push_back(std::move(changes));
        return {};
    }
    void apply(room::Changes changes, Done<void> done) override {
        if (!failure) {
            applied.push_back(std::move(changes));
        }
        answer(std::move(done));
    }
    [[nodiscard]] store::Figures figures() const override { return shown; }
    void probe() override { ++probes; }
    /// The newest, whatever is asked for.
    void audit(store::AuditQuery query, Done<store::AuditPage> done) override {
        store::AuditPage page;
        for (const auto& change : applied | std::views::join) {
            if (const auto* entry = std::get_if<room::AuditEntry>(&change)) {
                page.entries.insert(page.entries.begin(), {*entry, page.entries.size() + 1});
            }
        }
        page.entries.resize(std::min(page.entries.size(), query.entries_max));
        answer<store::AuditPage>(std::move(done), std::move(page));
    }
    [[nodiscard]] MessageId last_id() const override {
        return messages.empty() ? MessageId{} : messages.rbegin()->first;
    }
    Result<void> note_id(MessageId) override {
        return failure ? Result<void>(std::unexpected(*failure)) : Result<void>();
    }
    void append(room::Message message, Done<room::AcceptedText> done) override {
        const auto before = std::ranges::find_if(messages, [&](const auto& entry) {
            return message.nonce != 0 && entry.second.nonce == message.nonce &&
                   entry.second.author == message.author;
        });
        const auto& kept = before == messages.end() ? message : before->second;
        answer<room::AcceptedText>(std::move(done), {.id = kept.id, .unix_ms = kept.unix_ms});
        if (!failure && before == messages.end()) {
            messages[message.id] = std::move(message);
        }
    }
    void edit(store::MessageEdit edit, Done<bool> done) override {
        auto* message = undeleted(edit.id);
        if (message != nullptr) {
            message->text = edit.text;
            message->edited_unix_ms = edit.unix_ms;
            message->mentions = edit.mentions;
        }
        answer<bool>(std::move(done), message != nullptr);
    }
    void erase(MessageId id, std::int64_t unix_ms, Done<bool> done) override {
        auto* message = undeleted(id);
        if (message != nullptr) {
            message->text.clear();
            message->deleted = true;
            message->edited_unix_ms = unix_ms;
        }
        answer<bool>(std::move(done), message != nullptr);
    }
    void erase_and_log(MessageId id, room::AuditEntry line, Done<bool> done) override {
        if (undeleted(id) != nullptr) {
            applied.push_back(room::Changes{line});
        }
        erase(id, line.unix_ms, std::move(done));
    }
    void prune(ChannelId, room::Retention, std::int64_t, Done<void> done) override {
        ++prunings;
        answer(std::move(done));
    }
    void find(MessageId id, Done<std::optional<room::Message>> done) override {
        const auto found = messages.find(id);
        answer<std::optional<room::Message>>(
            std::move(done), found == messages.end() ? std::nullopt : std::optional(found->second));
    }
    std::vector<store::ReadMarker> markers;  // in the order in which they came
    int letter_prunings = 0;
    int sweeps = 0;
    int countings = 0;

    void direct(store::DirectQuery query, Done<store::HistoryPage> done) override {
        store::HistoryPage page;
        for (const auto& [id, message] : messages) {
            if (is_between(message, query.one, query.other) &&
                (!query.before || id < query.before)) {
                page.messages.push_back(message);
            }
        }
        answer<store::HistoryPage>(std::move(done), newest(std::move(page), query.messages_max));
    }
    void mark_read(std::vector<store::ReadMarker> news, Done<void> done) override {
        if (!failure) {
            markers.insert(markers.end(), news.begin(), news.end());
        }
        answer(std::move(done));
    }
    void unread(store::UnreadQuery query, Done<store::Unread> done) override {
        ++countings;
        store::Unread unread;
        for (const auto channel : query.rooms) {
            store::RoomState state{.channel = channel, .read_to = read_to(query.who, channel, {})};
            for (const auto& [id, message] : messages) {
                const bool counts = message.channel == channel && id > state.read_to &&
                                    who_wrote(message) != query.who;
                state.unread += counts ? 1U : 0U;
                state.mentions +=
                    counts && std::ranges::contains(message.mentions, query.who) ? 1U : 0U;
            }
            unread.rooms.push_back(state);
        }
        add_people(query, unread);
        answer<store::Unread>(std::move(done), std::move(unread));
    }
    void prune_direct(std::uint32_t, std::int64_t, Done<void> done) override {
        ++letter_prunings;
        answer(std::move(done));
    }
    void sweep(std::int64_t, Done<void> done) override {
        ++sweeps;
        answer(std::move(done));
    }
    void history(store::HistoryQuery query, Done<store::HistoryPage> done) override {
        store::HistoryPage page;
        for (const auto& [id, message] : messages) {
            if (message.channel == query.channel && (!query.before || id < query.before)) {
                page.messages.push_back(message);
            }
        }
        answer<store::HistoryPage>(std::move(done), newest(std::move(page), query.messages_max));
    }

private:
    /// Nothing either while the disk fails.
    room::Message* undeleted(MessageId id) {
        const auto found = messages.find(id);
        return failure || found == messages.end() || found->second.deleted ? nullptr
                                                                           : &found->second;
    }
    static bool is_between(const room::Message& message, const room::Person& one,
                           const room::Person& other) {
        const auto& direct = message.direct;
        return direct && ((direct->from == one && direct->to == other) ||
                          (direct->from == other && direct->to == one));
    }
    static store::HistoryPage newest(store::HistoryPage page, std::size_t messages_max) {
        if (page.messages.size() > messages_max) {
            page.more = true;
            page.messages.erase(page.messages.begin(),
                                page.messages.end() - static_cast<std::ptrdiff_t>(messages_max));
        }
        return page;
    }
    /// Accounts by the devices that were there from the first.
    [[nodiscard]] room::Person who_wrote(const room::Message& message) const {
        if (message.account) {
            return room::Person::of(message.account);
        }
        const auto device =
            std::ranges::find(remembered.devices, message.author, &room::Device::identity);
        return device == remembered.devices.end() ? room::Person::of(message.author)
                                                  : room::Person::of(device->account);
    }
    [[nodiscard]] MessageId read_to(const room::Person& who, ChannelId channel,
                                    const std::optional<room::Person>& with) const {
        MessageId to{};
        for (const auto& marker : markers) {
            if (marker.who == who && marker.channel == channel && marker.with == with) {
                to = std::max(to, marker.to);
            }
        }
        return to;
    }
    void add_people(const store::UnreadQuery& query, store::Unread& unread) const {
        for (const auto& [id, message] : std::views::reverse(messages)) {
            const auto& direct = message.direct;
            if (!direct || (direct->from != query.who && direct->to != query.who)) {
                continue;
            }
            const bool own = direct->from == query.who;
            const auto& with = own ? direct->to : direct->from;
            if (query.with ? with != *query.with : query.people_max == 0) {
                continue;
            }
            auto state = std::ranges::find(unread.people, with, &store::ConversationState::with);
            if (state == unread.people.end()) {
                state = unread.people.insert(state,
                                             {.with = with,
                                              .name = own ? direct->to_name : message.author_name,
                                              .last = id,
                                              .read_to = read_to(query.who, {}, with)});
            }
            state->unread += !own && id > state->read_to ? 1U : 0U;
        }
    }
    template <class T>
    void answer(Done<T> done, T value) {
        post([done = std::move(done), value = std::move(value), failure = failure]() mutable {
            done(failure ? Result<T>(std::unexpected(*failure)) : Result<T>(std::move(value)));
        });
    }
    void answer(Done<void> done) {
        post([done = std::move(done), failure = failure]() mutable {
            done(failure ? Result<void>(std::unexpected(*failure)) : Result<void>());
        });
    }
    void post(std::move_only_function<void()> answer) {
        if (hold) {
            held_.push_back(std::move(answer));
        } else {
            post_(std::move(answer));
        }
    }

    store::Poster post_;
    std::vector<std::move_only_function<void()>> held_;
};

}  // namespace partyline::control

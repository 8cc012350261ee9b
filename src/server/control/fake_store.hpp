// For tests: a store that forgets everything in the end, and can be told to fail.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <ranges>
#include <utility>
#include <variant>
#include <vector>

#include "server/room/built_in.hpp"
#include "server/store/sqlite_store.hpp"

namespace partyline::control {

class FakeStore final : public store::Store {
public:
    explicit FakeStore(store::Poster post) : post_(std::move(post)) {}

    std::map<MessageId, room::Message> messages;
    std::optional<Error> failure;  // of every call, while it is set
    int prunings = 0;
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
    /// All of it, whatever is asked for.
    void audit(store::AuditQuery, Done<store::AuditPage> done) override {
        store::AuditPage page;
        for (const auto& change : applied | std::views::join) {
            if (const auto* entry = std::get_if<room::AuditEntry>(&change)) {
                page.entries.insert(page.entries.begin(), {*entry, page.entries.size() + 1});
            }
        }
        answer<store::AuditPage>(std::move(done), std::move(page));
    }
    [[nodiscard]] MessageId last_id() const override { return {}; }
    void note_id(MessageId) override {}
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
    void edit(store::MessageEdit edit, Done<void> done) override {
        if (!failure) {
            messages.at(edit.id).text = edit.text;
            messages.at(edit.id).edited_unix_ms = edit.unix_ms;
        }
        answer(std::move(done));
    }
    void erase(MessageId id, std::int64_t unix_ms, Done<void> done) override {
        if (!failure) {
            auto& message = messages.at(id);
            message.text.clear();
            message.deleted = true;
            message.edited_unix_ms = unix_ms;
        }
        answer(std::move(done));
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
    void history(store::HistoryQuery query, Done<store::HistoryPage> done) override {
        store::HistoryPage page;
        for (const auto& [id, message] : messages) {
            if (message.channel == query.channel && (!query.before || id < query.before)) {
                page.messages.push_back(message);
            }
        }
        if (page.messages.size() > query.messages_max) {
            page.more = true;
            page.messages.erase(
                page.messages.begin(),
                page.messages.end() - static_cast<std::ptrdiff_t>(query.messages_max));
        }
        answer<store::HistoryPage>(std::move(done), std::move(page));
    }

private:
    template <class T>
    void answer(Done<T> done, T value) {
        post_([done = std::move(done), value = std::move(value), failure = failure]() mutable {
            done(failure ? Result<T>(std::unexpected(*failure)) : Result<T>(std::move(value)));
        });
    }
    void answer(Done<void> done) {
        post_([done = std::move(done), failure = failure]() mutable {
            done(failure ? Result<void>(std::unexpected(*failure)) : Result<void>());
        });
    }

    store::Poster post_;
};

}  // namespace partyline::control

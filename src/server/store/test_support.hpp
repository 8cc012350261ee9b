// What the tests of this folder share: a folder that goes away, and an executor that waits.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "server/store/sqlite_store.hpp"

namespace partyline::store::test {

class Folder {
public:
    Folder() {
        auto name = (std::filesystem::temp_directory_path() / "partyline-XXXXXX").string();
        EXPECT_NE(mkdtemp(name.data()), nullptr);
        path = name;
    }
    ~Folder() { std::filesystem::remove_all(path); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    std::filesystem::path path;
};

/// The control executor: work is posted from any thread, and done by run_one().
class Executor {
public:
    Poster poster() {
        return [this](std::move_only_function<void()> work) {
            {
                const std::lock_guard lock(mutex_);
                work_.push_back(std::move(work));
            }
            wake_.notify_one();
        };
    }
    void run_one() {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [this] { return !work_.empty(); });
        auto work = std::move(work_.front());
        work_.pop_front();
        lock.unlock();
        work();
    }

private:
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::move_only_function<void()>> work_;
};

inline room::Message message(std::uint64_t id, std::string text = "hello",
                             std::uint64_t nonce = 0) {
    room::Message message{.id = MessageId{id},
                          .channel = ChannelId{7},
                          .author_name = "Zoë",
                          .text = std::move(text),
                          .nonce = nonce,
                          .unix_ms = 1'700'000'000'000 + static_cast<std::int64_t>(id)};
    message.author.fill(std::byte{9});
    return message;
}

/// A store on disk, each call of which is waited for.
class Waiting {
public:
    explicit Waiting(const std::filesystem::path& path)
        : store(open_sqlite_store(path, executor.poster()).value()) {}

    /// What became of `call(store, done)`.
    template <class T, class Call>
    Result<T> wait(Call call) {
        std::optional<Result<T>> got;
        call(*store, [&got](Result<T> result) { got = std::move(result); });
        EXPECT_FALSE(got) << "never from inside the call";
        while (!got) {
            executor.run_one();
        }
        return *std::move(got);
    }

    Result<room::AcceptedText> append(room::Message message) {
        return wait<room::AcceptedText>(
            [&](Store& to, auto done) { to.append(std::move(message), std::move(done)); });
    }
    std::optional<room::Message> find(std::uint64_t id) {
        return wait<std::optional<room::Message>>(
                   [&](Store& from, auto done) { from.find(MessageId{id}, std::move(done)); })
            .value();
    }
    HistoryPage history(HistoryQuery query) {
        return wait<HistoryPage>(
                   [&](Store& from, auto done) { from.history(query, std::move(done)); })
            .value();
    }
    /// Whether there was such a message.
    bool edit(MessageEdit edit) {
        return wait<bool>([&](Store& to, auto done) { to.edit(std::move(edit), std::move(done)); })
            .value();
    }
    bool erase(std::uint64_t id, std::int64_t unix_ms) {
        return wait<bool>(
                   [&](Store& to, auto done) { to.erase(MessageId{id}, unix_ms, std::move(done)); })
            .value();
    }
    Result<bool> erase_and_log(std::uint64_t id, room::AuditEntry line) {
        return wait<bool>([&](Store& to, auto done) {
            to.erase_and_log(MessageId{id}, std::move(line), std::move(done));
        });
    }
    Result<void> prune(room::Retention retention, std::int64_t now_unix_ms) {
        return wait<void>([&](Store& to, auto done) {
            to.prune(ChannelId{7}, retention, now_unix_ms, std::move(done));
        });
    }

    HistoryPage direct(DirectQuery query) {
        return wait<HistoryPage>(
                   [&](Store& from, auto done) { from.direct(query, std::move(done)); })
            .value();
    }
    Result<void> mark_read(ReadMarker marker) {
        return wait<void>(
            [&](Store& to, auto done) { to.mark_read({std::move(marker)}, std::move(done)); });
    }
    Unread unread(UnreadQuery query) {
        return wait<Unread>(
                   [&](Store& from, auto done) { from.unread(std::move(query), std::move(done)); })
            .value();
    }
    Result<void> prune_direct(std::uint32_t days, std::int64_t now_unix_ms) {
        return wait<void>(
            [&](Store& to, auto done) { to.prune_direct(days, now_unix_ms, std::move(done)); });
    }

    Result<void> sweep(std::int64_t now_unix_ms) {
        return wait<void>([&](Store& to, auto done) { to.sweep(now_unix_ms, std::move(done)); });
    }

    Result<void> apply(room::Changes changes) {
        return wait<void>(
            [&](Store& to, auto done) { to.apply(std::move(changes), std::move(done)); });
    }
    AuditPage audit(AuditQuery query) {
        return wait<AuditPage>([&](Store& from, auto done) { from.audit(query, std::move(done)); })
            .value();
    }
    room::Records records() { return store->records().value(); }

    Executor executor;
    std::unique_ptr<Store> store;  // ends before the executor that it posts to
};

}  // namespace partyline::store::test

// What waits for a slow disk, and who waits for whom.
#include <cstddef>
#include <filesystem>
#include <functional>
#include <latch>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "server/store/limits.hpp"
#include "server/store/test_support.hpp"

namespace partyline::store {
namespace {

/// Its threads stand at their first answer until they are released, and all the rest waits for them. What
/// is refused at once is answered meanwhile.
class HeldStore {
public:
    explicit HeldStore(const std::filesystem::path& path)
        : store(open_sqlite_store(path, [this](std::move_only_function<void()> work) {
                    if (std::this_thread::get_id() != own_) {
                        released_.wait();
                    }
                    executor.poster()(std::move(work));
                }).value()) {}
    ~HeldStore() { release(); }
    HeldStore(const HeldStore&) = delete;
    HeldStore& operator=(const HeldStore&) = delete;

    void release() {
        if (!std::exchange(is_released_, true)) {
            released_.count_down();
        }
    }

    test::Executor executor;

private:
    const std::thread::id own_ = std::this_thread::get_id();
    std::latch released_{1};
    bool is_released_ = false;

public:
    const std::unique_ptr<Store> store;  // last: its threads use the others
};

class WaitingStoreTest : public testing::Test {
protected:
    void write() {
        held.store->erase(MessageId{1}, 1, [this](const Result<bool>& done) {
            ++answered;
            written += done ? 1U : 0U;
            if (!done) {
                refused.push_back(done.error());
            }
        });
    }
    void read() {
        held.store->find(MessageId{1}, [this](const Result<std::optional<room::Message>>& done) {
            ++answered;
            found += done ? 1U : 0U;
            if (!done) {
                refused.push_back(done.error());
            }
        });
    }
    void count() {
        held.store->unread({.who = room::Person::of(AccountId{1}), .rooms = {ChannelId{7}}},
                           [this](const Result<Unread>& done) {
                               ++answered;
                               counted += done ? 1U : 0U;
                           });
    }
    /// A write that is being written: whatever comes next waits for it.
    void begin_writing() {
        write();
        while (held.store->figures().writes_waiting > 0) {
        }
    }
    /// All of it, once so much has been answered.
    void finish(std::size_t answers) {
        held.release();
        while (answered < answers) {
            held.executor.run_one();
        }
    }

    const test::Folder folder_;
    HeldStore held{folder_.path / "partyline.db"};
    std::size_t answered = 0;
    std::size_t written = 0;
    std::size_t found = 0;
    std::size_t counted = 0;
    std::vector<Error> refused;
};

TEST_F(WaitingStoreTest, BeyondWhatMayWaitForASlowDiskIsRefusedAtOnce) {
    begin_writing();
    for (std::size_t i = 0; i < waiting_max; ++i) {
        write();
    }
    EXPECT_EQ(held.store->figures().writes_waiting, waiting_max);
    write();
    EXPECT_EQ(held.store->figures().writes_waiting, waiting_max);
    held.executor.run_one();
    ASSERT_EQ(refused.size(), 1U) << "while the others still wait";
    EXPECT_EQ(refused.front().code, ErrorCode::store_failed);
    EXPECT_EQ(refused.front().message, "The server's disk cannot keep up; try again in a while.");
    finish(waiting_max + 2);
    EXPECT_EQ(written, waiting_max + 1) << "whatever has waited is done";
}

TEST_F(WaitingStoreTest, ReadsThatWaitForASlowDiskAreBoundedAndTakeNobodysPlaceWhoWrites) {
    begin_writing();
    count();
    EXPECT_EQ(held.store->figures().reads_waiting, 1U) << "once";
    for (std::size_t i = 1; i < waiting_max; ++i) {
        read();
    }
    EXPECT_EQ(held.store->figures().reads_waiting, waiting_max);
    EXPECT_EQ(held.store->figures().writes_waiting, 0U);
    read();
    count();
    held.executor.run_one();
    ASSERT_EQ(refused.size(), 1U) << "while the others still wait";
    EXPECT_EQ(refused.front().code, ErrorCode::store_failed);
    for (std::size_t i = 0; i < waiting_max; ++i) {
        write();
    }
    EXPECT_EQ(held.store->figures().writes_waiting, waiting_max) << "none of them is refused";
    finish(2 * waiting_max + 3);
    EXPECT_EQ(written, waiting_max + 1);
    EXPECT_EQ(found, waiting_max - 1);
    EXPECT_EQ(counted, 1U) << "and the other was refused";
    EXPECT_EQ(refused.size(), 1U);
    EXPECT_EQ(held.store->figures().reads_waiting, 0U);
}

TEST_F(WaitingStoreTest, WhoeverReadsWaitsForNobodysWholeCount) {
    std::vector<std::string> order;
    held.store->find(MessageId{1}, [&](const auto&) { order.push_back("found"); });
    const UnreadQuery much{.who = room::Person::of(AccountId{1}),
                           .rooms = std::vector(3 * counted_at_once + 1, ChannelId{7})};
    const UnreadQuery little{.who = room::Person::of(AccountId{2}), .rooms = {ChannelId{7}}};
    held.store->unread(much, [&](const Result<Unread>& unread) {
        EXPECT_EQ(unread->rooms.size(), much.rooms.size());
        order.push_back("much");
    });
    held.store->unread(little, [&](const Result<Unread>& unread) {
        EXPECT_EQ(unread->rooms.size(), 1U);
        order.push_back("little");
    });
    held.store->history({.channel = ChannelId{7}},
                        [&](const auto&) { order.push_back("history"); });
    held.release();
    while (order.size() < 4) {
        held.executor.run_one();
    }
    EXPECT_EQ(order, (std::vector<std::string>{"found", "history", "little", "much"}));
}

}  // namespace
}  // namespace partyline::store

#include "server/control/hashing.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>
#include <utility>

#include "server/control/limits.hpp"
#include "server/store/test_support.hpp"

namespace partyline::control {
namespace {

using store::test::Executor;

TEST(Hashing, IsDoneElsewhereAndToldHere) {
    Executor executor;
    HashingThreads hashing(executor.poster());
    std::thread::id where;
    bool told = false;
    ASSERT_TRUE(hashing.run([&] { where = std::this_thread::get_id(); }, [&] { told = true; }));
    executor.run_one();
    EXPECT_TRUE(told);
    EXPECT_NE(where, std::this_thread::get_id());
}

TEST(Hashing, OnlySoManyAreMadeAtOnceAndOnlySoManyWait) {
    Executor executor;
    HashingThreads hashing(executor.poster());
    std::promise<void> go;
    const auto may_go = go.get_future().share();
    std::atomic<std::size_t> at_once = 0;
    std::atomic<std::size_t> at_once_most = 0;
    std::promise<void> all_busy;
    const auto work = [&] {
        const auto now = ++at_once;
        if (now > at_once_most.load()) {
            at_once_most = now;
            if (now == hashes_at_once_max) {
                all_busy.set_value();
            }
        }
        may_go.wait();
        --at_once;
    };
    std::size_t submitted = 0;
    for (; submitted < hashes_at_once_max; ++submitted) {
        ASSERT_TRUE(hashing.run(work, [] {}));
    }
    all_busy.get_future().wait();
    for (std::size_t waiting = 0; waiting < hashes_waiting_max; ++waiting, ++submitted) {
        ASSERT_TRUE(hashing.run(work, [] {}));
    }
    const auto refused = hashing.run(work, [] {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::rate_limited);
    EXPECT_EQ(refused.error().retry_ms, hashing_retry_ms);
    go.set_value();
    for (; submitted > 0; --submitted) {
        executor.run_one();
    }
    EXPECT_LE(at_once_most, hashes_at_once_max);
    EXPECT_TRUE(hashing.run([] {}, [] {})) << "there is room again";
}

TEST(Hashing, WhatWaitsAtTheEndIsNotTold) {
    Executor executor;
    std::atomic<int> told = 0;
    {
        HashingThreads hashing(executor.poster());
        for (int i = 0; i < 10; ++i) {
            ASSERT_TRUE(hashing.run([] {}, [&] { ++told; }));
        }
    }
    EXPECT_EQ(told, 0) << "nobody ran the executor";
}

}  // namespace
}  // namespace partyline::control

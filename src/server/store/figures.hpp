// What the store tells whoever watches the server.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/clock.hpp"

namespace partyline::store {

/// Upper bounds of the buckets that commits are counted in, by how long they took.
inline constexpr std::array commit_bounds_s{0.001, 0.002, 0.005, 0.01, 0.02, 0.05,
                                            0.1,   0.2,   0.5,   1.0,  2.0,  5.0};

struct Figures {
    std::size_t writes_waiting = 0;
    std::size_t reads_waiting = 0;
    /// The last commit failed: until one succeeds, writes are refused.
    bool refusing = false;
    /// It was looked through, and is not whole.
    bool damaged = false;
    std::uint64_t commits = 0;
    std::uint64_t commits_failed = 0;
    std::uint64_t writes = 0;  // that became durable
    /// Commits that succeeded, by commit_bounds_s; the last bucket has no bound.
    std::array<std::uint64_t, commit_bounds_s.size() + 1> commit_counts{};
    double commit_seconds = 0;
};

/// The writer counts, anybody reads. Several numbers read at once may be of different moments.
class CommitMeter {
public:
    /// [writer]
    void succeeded(std::size_t writes, Duration took);
    /// [writer]
    void failed();
    /// [any] Fills in all but what waits.
    void read(Figures& figures) const;
    /// [any]
    [[nodiscard]] bool refusing() const { return refusing_.load(std::memory_order_relaxed); }

private:
    std::atomic<bool> refusing_{false};
    std::atomic<std::uint64_t> failed_{0};
    std::atomic<std::uint64_t> writes_{0};
    std::atomic<std::int64_t> nanoseconds_{0};
    std::array<std::atomic<std::uint64_t>, commit_bounds_s.size() + 1> counts_{};
};

}  // namespace partyline::store

#include "server/store/figures.hpp"

#include <algorithm>
#include <chrono>

namespace partyline::store {

void CommitMeter::succeeded(std::size_t writes, Duration took) {
    const auto seconds = std::chrono::duration<double>(took).count();
    const auto* const bound = std::ranges::lower_bound(commit_bounds_s, seconds);
    const auto bucket = static_cast<std::size_t>(bound - commit_bounds_s.begin());
    counts_[bucket].fetch_add(1, std::memory_order_relaxed);
    nanoseconds_.fetch_add(std::chrono::duration_cast<std::chrono::nanoseconds>(took).count(),
                           std::memory_order_relaxed);
    writes_.fetch_add(writes, std::memory_order_relaxed);
    refusing_.store(false, std::memory_order_relaxed);
}

void CommitMeter::failed() {
    failed_.fetch_add(1, std::memory_order_relaxed);
    refusing_.store(true, std::memory_order_relaxed);
}

void CommitMeter::read(Figures& figures) const {
    figures.refusing = refusing();
    figures.commits_failed = failed_.load(std::memory_order_relaxed);
    figures.writes = writes_.load(std::memory_order_relaxed);
    figures.commit_seconds =
        std::chrono::duration<double>(
            std::chrono::nanoseconds(nanoseconds_.load(std::memory_order_relaxed)))
            .count();
    figures.commits = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
        figures.commit_counts[i] = counts_[i].load(std::memory_order_relaxed);
        figures.commits += figures.commit_counts[i];
    }
}

}  // namespace partyline::store

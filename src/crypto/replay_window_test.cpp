#include "crypto/replay_window.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <ranges>
#include <set>
#include <vector>

#include "crypto/test_support.hpp"

namespace partyline::crypto {
namespace {

constexpr std::uint64_t window = ReplayWindow::window;
constexpr std::uint64_t last = std::numeric_limits<std::uint64_t>::max();

struct Arrival {
    std::uint64_t counter;
    bool accepted;
};

void check(const char* name, const std::vector<Arrival>& arrivals) {
    SCOPED_TRACE(name);
    ReplayWindow seen;
    for (std::size_t i = 0; i < arrivals.size(); ++i) {
        const auto& [counter, accepted] = arrivals[i];
        EXPECT_EQ(seen.would_accept(counter), accepted) << "arrival " << i << ": " << counter;
        EXPECT_EQ(seen.accept(counter), accepted) << "arrival " << i << ": " << counter;
    }
}

/// The counters once in this order, all accepted; then `late`, with one answer for all.
void check_bulk(const char* name, const std::vector<std::uint64_t>& order,
                const std::vector<Arrival>& late) {
    std::vector<Arrival> arrivals;
    for (const auto counter : order) {
        arrivals.push_back({counter, true});
    }
    arrivals.insert(arrivals.end(), late.begin(), late.end());
    check(name, arrivals);
}

std::vector<std::uint64_t> rising(std::uint64_t from, std::uint64_t to) {
    std::vector<std::uint64_t> counters;
    for (auto counter = from; counter <= to; ++counter) {
        counters.push_back(counter);
    }
    return counters;
}

std::vector<std::uint64_t> falling(std::uint64_t from, std::uint64_t to) {
    auto counters = rising(to, from);
    std::ranges::reverse(counters);
    return counters;
}

TEST(ReplayWindow, EdgeCases) {
    check("first at zero", {{0, true}, {0, false}, {1, true}, {1, false}, {0, false}});
    check("first above zero", {{9, true}, {0, true}, {8, true}, {7, true}, {7, false}, {9, false}});
    check("window's last place",
          {{window, true}, {0, true}, {0, false}, {1, true}, {window, false}});
    check("just behind the window", {{window + 1, true}, {0, false}, {1, true}, {1, false}});
    check("both ends after moving one on",
          {{window, true}, {window + 1, true}, {0, false}, {1, true}, {2, true}, {window, false}});
    check("moving within a block keeps what was seen",
          {{64, true}, {65, true}, {127, true}, {64, false}, {65, false}, {66, true}});
    check("moving over a block's edge keeps what was seen",
          {{63, true}, {64, true}, {63, false}, {62, true}, {128, true}, {64, false}, {127, true}});
    check("a lap later the same slot is free", {{5, true},
                                                {5 + window + 64, true},
                                                {5 + window + 64, false},
                                                {5, false},
                                                {4 + window + 64, true},
                                                {6 + window, true}});
    check("a leap of many laps clears all", {{3, true},
                                             {100, true},
                                             {window * 40, true},
                                             {window * 39, true},
                                             {window * 39 - 1, false},
                                             {window * 40 - 64, true},
                                             {100, false}});
    check("a leap of exactly the ring",
          {{0, true}, {window + 64, true}, {64, true}, {63, false}, {window + 63, true}});
    check("to the very end", {{last - window, true},
                              {last - 1, true},
                              {last, true},
                              {last, false},
                              {last - window, false},
                              {last - window + 1, true},
                              {last - window - 1, false},
                              {0, false}});
    check("from nothing to the very end", {{last, true}, {last, false}, {0, false}, {1, false}});
}

TEST(ReplayWindow, BulkOrders) {
    check_bulk("rising from one", rising(1, window), {{0, true}, {0, false}, {1, false}});
    check_bulk("rising, then the one that fell out", rising(2, window + 1),
               {{1, true}, {0, false}, {1, false}});
    check_bulk("falling", falling(window, 0), {{0, false}, {window, false}, {window + 1, true}});
    check_bulk("falling from one above", falling(window + 1, 1), {{0, false}, {1, false}});
    check_bulk("several laps", rising(0, 5 * window),
               {{5 * window, false}, {4 * window, false}, {5 * window + 1, true}});
    auto gap = rising(0, window);
    gap.push_back(3 * window);
    check_bulk(
        "a gap, and then what was in it", gap,
        {{2 * window, true}, {2 * window - 1, false}, {window, false}, {3 * window - 1, true}});
}

TEST(ReplayWindow, LookingChangesNothing) {
    ReplayWindow seen;
    EXPECT_TRUE(seen.empty());
    EXPECT_TRUE(seen.would_accept(1'000'000));
    EXPECT_TRUE(seen.empty());
    EXPECT_TRUE(seen.accept(0));
    EXPECT_FALSE(seen.empty());
    EXPECT_EQ(seen.highest(), 0U);
    EXPECT_TRUE(seen.accept(7));
    EXPECT_TRUE(seen.accept(5));
    EXPECT_EQ(seen.highest(), 7U);
}

/// The rule itself, as slow as it is plain.
class Model {
public:
    bool accept(std::uint64_t counter) {
        const auto highest = seen_.empty() ? 0 : *seen_.rbegin();
        if (counter < highest && highest - counter > window) {
            return false;
        }
        const bool fresh = seen_.insert(counter).second;
        while (*seen_.rbegin() - *seen_.begin() > window) {
            seen_.erase(seen_.begin());
        }
        return fresh;
    }

private:
    std::set<std::uint64_t> seen_;
};

/// Mostly near the highest one, to both sides and over the edges; now and then a leap.
std::uint64_t next_counter(Random& random, std::uint64_t highest) {
    const auto kind = random.below(100);
    if (kind < 60) {
        const auto back = random.below(window + window / 8);
        return back > highest ? random.below(highest + 1) : highest - back;
    }
    if (kind < 98) {
        return highest + random.below(8);
    }
    return highest + random.below(3 * window);
}

TEST(ReplayWindow, AgreesWithTheModel) {
    const std::size_t count = full_suite() ? 10'000'000 : 1'000'000;
    Random random(42);
    ReplayWindow seen;
    Model model;
    std::size_t accepted = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const auto counter = next_counter(random, seen.highest());
        const bool expected = model.accept(counter);
        ASSERT_EQ(seen.would_accept(counter), expected) << i << ": " << counter;
        ASSERT_EQ(seen.accept(counter), expected) << i << ": " << counter;
        accepted += expected ? 1 : 0;
    }
    // Both answers must have been asked for, or this shows nothing.
    EXPECT_GT(accepted, count / 10);
    EXPECT_LT(accepted, count - count / 10);
}

}  // namespace
}  // namespace partyline::crypto

// What counts, and how it is counted: the token bucket, admission, and the presence board.
#include "wire/limits.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <format>
#include <list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/control/admission.hpp"
#include "server/control/presence_board.hpp"
#include "server/control/token_bucket.hpp"

namespace partyline::control {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr TimePoint start{};

TEST(TokenBucket, FillsAtItsRate) {
    TokenBucket bucket({.per_second = 10, .burst = 2}, start);
    EXPECT_TRUE(bucket.take(start));
    EXPECT_TRUE(bucket.take(start));
    const auto refused = bucket.take(start);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::rate_limited);
    EXPECT_EQ(refused.error().retry_ms, 100U);
    EXPECT_FALSE(bucket.take(start + milliseconds(99)));
    EXPECT_TRUE(bucket.take(start + milliseconds(100)));
    EXPECT_FALSE(bucket.take(start + milliseconds(101))) << "a refusal costs nothing, a take does";
    EXPECT_TRUE(bucket.take(start + seconds(100)));
    EXPECT_TRUE(bucket.take(start + seconds(100)));
    EXPECT_FALSE(bucket.take(start + seconds(100))) << "never more than the burst";
}

TEST(TokenBucket, WaitingAsLongAsToldIsAlwaysEnough) {
    for (const double rate : {0.3, 1.0, 7.0, 333.0}) {
        TokenBucket bucket({.per_second = rate, .burst = 3}, start);
        auto now = start;
        for (int i = 0; i < 100; ++i) {
            if (const auto refused = bucket.take(now); !refused) {
                now += milliseconds(refused.error().retry_ms);
                EXPECT_TRUE(bucket.take(now)) << rate;
            }
        }
    }
}

TEST(TokenBucket, WhatHasHappenedIsMadeUpFor) {
    TokenBucket bucket({.per_second = 10, .burst = 2}, start);
    bucket.spend(start, 3);
    const auto refused = bucket.take(start, 0);
    ASSERT_FALSE(refused) << "not even what costs nothing";
    EXPECT_EQ(refused.error().retry_ms, 100U);
    EXPECT_TRUE(bucket.take(start + milliseconds(100), 0));
    EXPECT_FALSE(bucket.take(start + milliseconds(100), 1));
    bucket.spend(start + milliseconds(100), 1000);
    EXPECT_FALSE(bucket.take(start + milliseconds(299), 0));
    EXPECT_TRUE(bucket.take(start + milliseconds(300), 0)) << "no more than it holds";
}

TEST(TokenBucket, WhatIsOnlyAskedForIsStillThere) {
    TokenBucket bucket({.per_second = 10, .burst = 2}, start);
    EXPECT_TRUE(bucket.check(start, 2));
    EXPECT_TRUE(bucket.take(start, 2));
    EXPECT_EQ(bucket.check(start).error().retry_ms, 100U);
    EXPECT_FALSE(bucket.check(start + milliseconds(99)));
    EXPECT_TRUE(bucket.check(start + milliseconds(100)));
    EXPECT_TRUE(bucket.take(start + milliseconds(100)));
}

TEST(TokenBucket, WhatCostsMoreThanItHoldsCostsAllItHolds) {
    TokenBucket bucket({.per_second = 1, .burst = 2}, start);
    EXPECT_TRUE(bucket.take(start, 50));
    EXPECT_EQ(bucket.take(start, 50).error().retry_ms, 2000U);
}

net::Endpoint address(std::string_view text) { return net::Endpoint::parse(text).value(); }

TEST(Admission, CountsByAddress) {
    Admission admission({.connections = 100, .connections_per_address = 2, .unauthenticated = 100},
                        start);
    std::list<Admission::Slot> slots;
    const auto admitted = [&](std::string_view from) {
        auto slot = admission.admit(address(from), start);
        if (slot) {
            slots.push_back(std::move(*slot));
        }
        return slot.has_value();
    };
    EXPECT_TRUE(admitted("192.0.2.1:1"));
    EXPECT_TRUE(admitted("192.0.2.1:2"));
    EXPECT_FALSE(admitted("192.0.2.1:3"));
    EXPECT_TRUE(admitted("192.0.2.2:1"));
    EXPECT_TRUE(admitted("[2001:db8:1:2::1]:1"));
    EXPECT_TRUE(admitted("[2001:db8:1:2:ffff::2]:1"));
    EXPECT_FALSE(admitted("[2001:db8:1:2:3::]:1")) << "the same network";
    EXPECT_TRUE(admitted("[2001:db8:1:3::1]:1"));
    slots.erase(slots.begin());
    EXPECT_TRUE(admitted("192.0.2.1:4"));
    slots.clear();
    EXPECT_EQ(admission.connections(), 0U);
    EXPECT_EQ(admission.unauthenticated(), 0U);
}

TEST(Admission, CountsByIpv6NetworkOf48Bits) {
    constexpr std::size_t per_address = 3;
    Admission admission({.connections_per_address = per_address}, start);
    std::list<Admission::Slot> slots;
    const auto come = [&](const std::string& from) {
        auto slot = admission.admit(address(from), start);
        if (!slot) {
            return slot.error().message;
        }
        slots.push_back(std::move(*slot));
        slots.back().authenticated();
        return std::string("in");
    };
    for (std::size_t i = 0; i < site_addresses * per_address; ++i) {
        EXPECT_EQ(come(std::format("[2001:db8:1:{}::1]:1", i)), "in");
    }
    EXPECT_EQ(come("[2001:db8:1:ffff::1]:1"),
              "too many connections from one IPv6 network of 48 bits");
    EXPECT_EQ(come("[2001:db8:2::1]:1"), "in");
    for (std::size_t i = 0; i <= site_addresses * per_address; ++i) {
        EXPECT_EQ(come(std::format("192.0.2.{}:1", i)), "in") << "of IPv4 each by itself";
    }
    slots.pop_front();
    EXPECT_EQ(come("[2001:db8:1:ffff::1]:1"), "in");
}

TEST(Admission, CountsAllAndThoseNotLoggedIn) {
    Admission admission({.connections = 3, .connections_per_address = 100, .unauthenticated = 2},
                        start);
    auto first = admission.admit(address("192.0.2.1:1"), start);
    auto second = admission.admit(address("192.0.2.2:1"), start);
    EXPECT_EQ(admission.admit(address("192.0.2.3:1"), start).error().code, ErrorCode::server_full);
    first->authenticated();
    first->authenticated();
    EXPECT_EQ(admission.unauthenticated(), 1U);
    auto third = admission.admit(address("192.0.2.3:1"), start);
    ASSERT_TRUE(third);
    second->authenticated();
    third->authenticated();
    EXPECT_FALSE(admission.admit(address("192.0.2.4:1"), start)) << "of all, there are three";
}

TEST(Admission, OneAddressDoesNotShutTheDoorForAll) {
    Admission admission({.connections = 99, .connections_per_address = 99, .unauthenticated = 8},
                        start);
    auto first = admission.admit(address("192.0.2.1:1"), start);
    auto second = admission.admit(address("192.0.2.1:2"), start);
    EXPECT_FALSE(admission.admit(address("192.0.2.1:3"), start));
    EXPECT_TRUE(admission.admit(address("192.0.2.2:1"), start));
    first->authenticated();
    EXPECT_TRUE(admission.admit(address("192.0.2.1:3"), start));
}

/// What became of so many arrivals from one address that do not log in.
std::string stand(Admission& admission, std::list<Admission::Slot>& slots, std::string_view from,
                  std::size_t times) {
    std::string last;
    for (std::size_t i = 0; i < times; ++i) {
        auto slot = admission.admit(address(from), start);
        last = slot ? "in" : slot.error().message;
        if (slot) {
            slots.push_back(std::move(*slot));
        }
    }
    return last;
}

TEST(Admission, OneAddressHasItsShareOfTheDoor) {
    constexpr std::string_view refused =
        "too many connections from one address that have not logged in";
    for (const std::size_t share : {1U, 2U, 5U}) {
        Admission admission({.unauthenticated = share * unauthenticated_share}, start);
        std::list<Admission::Slot> slots;
        EXPECT_EQ(stand(admission, slots, "192.0.2.1:1", share), "in");
        EXPECT_EQ(stand(admission, slots, "192.0.2.1:1", 1), refused);
        EXPECT_EQ(stand(admission, slots, "192.0.2.2:1", share), "in") << "another has its own";
    }
    Admission small({.unauthenticated = unauthenticated_share - 1}, start);
    std::list<Admission::Slot> slots;
    EXPECT_EQ(stand(small, slots, "192.0.2.1:1", 1), "in") << "one may always come";
    EXPECT_EQ(stand(small, slots, "192.0.2.1:1", 1), refused);
}

TEST(Admission, SomePlacesAreForThoseWhoHoldNone) {
    constexpr std::size_t kept = 3;
    constexpr std::size_t places = kept * first_comers_share;
    Admission admission({.unauthenticated = places}, start);
    std::list<Admission::Slot> slots;
    std::size_t taken = 0;
    for (std::size_t i = 0; taken < places - kept; ++i) {
        const auto here = std::min(places / unauthenticated_share, places - kept - taken);
        EXPECT_EQ(stand(admission, slots, std::format("10.0.0.{}:1", i), here), "in");
        taken += here;
    }
    constexpr std::string_view refused = "too many connections that have not logged in";
    const auto last =
        std::format("10.0.0.{}:1", (places - kept) / (places / unauthenticated_share));
    EXPECT_EQ(stand(admission, slots, last, 1), refused) << "it holds some already";
    for (std::size_t i = 0; i < kept; ++i) {
        EXPECT_EQ(stand(admission, slots, std::format("10.0.1.{}:1", i), 1), "in");
    }
    EXPECT_EQ(admission.unauthenticated(), places);
    EXPECT_EQ(stand(admission, slots, "10.0.2.1:1", 1), refused) << "nobody gives way at once";
}

/// One network of 48 bits has more addresses than there are places.
TEST(Admission, OneSiteHasNoneOfThePlacesForOthers) {
    constexpr std::size_t kept = 2;
    constexpr std::size_t places = kept * first_comers_share;
    Admission admission({.unauthenticated = places}, start);
    std::list<Admission::Slot> slots;
    for (std::size_t i = 0; i < places - kept; ++i) {
        EXPECT_EQ(stand(admission, slots, std::format("[2001:db8:1:{}::1]:1", i), 1), "in");
    }
    constexpr std::string_view refused = "too many connections that have not logged in";
    EXPECT_EQ(stand(admission, slots, "[2001:db8:1:ffff::1]:1", 1), refused);
    for (std::size_t i = 0; i < kept; ++i) {
        EXPECT_EQ(stand(admission, slots, std::format("[2001:db8:2{}::1]:1", i), 1), "in");
    }
}

class Door {
public:
    std::string admit(const std::string& from, TimePoint now) {
        auto slot = admission_.admit(address(from + ":1"), now);
        if (!slot) {
            return slot.error().message;
        }
        slots_.push_back(std::move(*slot));
        slots_.back().give_way_by([this, from] { gone_ += from + ' '; });
        return "in";
    }
    /// Who had to give way since asked last.
    std::string gone() { return std::exchange(gone_, {}); }
    Admission::Slot& first() { return slots_.front(); }
    Admission::Slot& last() { return slots_.back(); }
    [[nodiscard]] std::size_t unauthenticated() const { return admission_.unauthenticated(); }

private:
    // Three from each address, twelve in all, the last of them for an address that has none yet.
    Admission admission_{{.unauthenticated = 12, .door_time = seconds(1)}, start};
    std::list<Admission::Slot> slots_;
    std::string gone_;
};

constexpr std::string_view full = "too many connections that have not logged in";

TEST(Admission, WhoStandsInTheDoorGivesWay) {
    Door door;
    for (const auto* from : {"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.1", "10.0.0.2", "10.0.0.3",
                             "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.4"}) {
        EXPECT_EQ(door.admit(from, start), "in");
    }
    EXPECT_EQ(door.admit("10.0.0.4", start), full) << "the last place is for others";
    EXPECT_EQ(door.admit("10.0.0.5", start), "in");
    EXPECT_EQ(door.admit("10.0.0.6", start + milliseconds(999)), full) << "everybody has a second";
    const auto now = start + seconds(1);
    EXPECT_EQ(door.admit("10.0.0.6", now), "in");
    EXPECT_EQ(door.gone(), "10.0.0.1 ") << "of those who hold most, the oldest";
    EXPECT_EQ(door.admit("10.0.0.6", now), "in");
    EXPECT_EQ(door.gone(), "10.0.0.2 ");
    EXPECT_EQ(door.admit("10.0.0.3", now),
              "too many connections from one address that have not logged in");
    EXPECT_EQ(door.admit("10.0.0.5", now), "in");
    EXPECT_EQ(door.gone(), "10.0.0.3 ");
    EXPECT_EQ(door.admit("10.0.0.7", now), "in");
    EXPECT_EQ(door.gone(), "10.0.0.1 ") << "all hold two now";
    EXPECT_EQ(door.unauthenticated(), 12U);
}

TEST(Admission, NobodyGivesWayToWhoWouldThenHoldMore) {
    Door door;
    for (int i = 0; i < 12; ++i) {
        EXPECT_EQ(door.admit(std::format("10.0.0.{}", i), start), "in");
    }
    const auto now = start + seconds(5);
    EXPECT_EQ(door.admit("10.0.0.1", now), full);
    EXPECT_EQ(door.gone(), "");
    EXPECT_EQ(door.admit("10.0.0.99", now), "in") << "it holds none";
    EXPECT_EQ(door.gone(), "10.0.0.0 ");
}

TEST(Admission, WhoHasComeCloserHasItsTimeOnceMore) {
    Door door;
    for (int i = 0; i < 12; ++i) {
        EXPECT_EQ(door.admit(std::format("10.0.0.{}", i), start), "in");
    }
    const auto now = start + seconds(1);
    door.first().came_closer(now - milliseconds(1));
    EXPECT_EQ(door.admit("10.0.0.99", now), "in");
    EXPECT_EQ(door.gone(), "10.0.0.1 ") << "the first has shaken hands";
    door.first().authenticated();
    door.first().came_closer(now);
    EXPECT_EQ(door.unauthenticated(), 11U);
}

TEST(Admission, WhoHasLoggedInStays) {
    Door door;
    EXPECT_EQ(door.admit("10.0.0.1", start), "in");
    door.last().authenticated();
    for (int i = 2; i < 14; ++i) {
        EXPECT_EQ(door.admit(std::format("10.0.0.{}", i), start), "in");
    }
    const auto later = start + seconds(5);
    EXPECT_EQ(door.admit("10.0.0.1", later), "in") << "it has none that is not logged in";
    EXPECT_EQ(door.gone(), "10.0.0.2 ");
    EXPECT_EQ(door.unauthenticated(), 12U);
}

/// Somebody at the door: until they are cut, or give up.
struct Standing {
    std::optional<Admission::Slot> slot;
    TimePoint since;
    bool sent_away = false;

    bool come(Admission& admission, const std::string& from, TimePoint now) {
        auto admitted = admission.admit(address(from), now);
        if (admitted) {
            slot.emplace(std::move(*admitted));
            slot->give_way_by([this] { sent_away = true; });
        }
        since = now;
        sent_away = false;
        return slot.has_value();
    }
};

/// Two thousand from fifty addresses that come back at once when they are turned away or cut.
class DoorCrowd {
public:
    void step(Admission& admission, TimePoint now) {
        for (std::size_t i = 0; i < all_.size(); ++i) {
            auto& one = all_[i];
            if (one.sent_away || now - one.since >= Limits{}.handshake) {
                one.slot.reset();
            }
            if (!one.slot) {
                one.come(admission, std::format("10.0.0.{}:1", i % 50), now);
            }
        }
    }

private:
    std::vector<Standing> all_ = std::vector<Standing>(2000);
};

TEST(Admission, ACrowdNeitherKeepsNorThrowsAnybodyOut) {
    Admission admission({}, start);
    DoorCrowd crowd;
    std::list<Standing> newcomers;  // a slow machine, or a long way: they need seconds to log in
    for (TimePoint now = start; now < start + seconds(20); now += milliseconds(250)) {
        crowd.step(admission, now);
        if (newcomers.size() == 8) {
            newcomers.pop_front();
        }
        const auto from = std::format("192.0.2.{}:1", now.time_since_epoch() / milliseconds(250));
        EXPECT_TRUE(newcomers.emplace_back().come(admission, from, now + milliseconds(100)))
            << "after " << (now - start) / milliseconds(1) << " ms";
        EXPECT_FALSE(std::ranges::any_of(newcomers, &Standing::sent_away));
    }
}

TEST(Admission, ArrivalsHaveARateByAddressAndInAll) {
    Admission admission({.arrivals = {.per_second = 1, .burst = 5},
                         .arrivals_per_address = {.per_second = 1, .burst = 2}},
                        start);
    const auto arrive = [&](std::string_view from, TimePoint now) {
        const auto slot = admission.admit(address(from), now);
        return slot ? "in" : slot.error().message;
    };
    EXPECT_EQ(arrive("192.0.2.1:1", start), "in");
    EXPECT_EQ(arrive("192.0.2.1:2", start), "in");
    EXPECT_EQ(arrive("192.0.2.1:3", start), "too many arrivals from one address")
        << "though none of them stayed";
    EXPECT_EQ(arrive("[2001:db8::1]:1", start), "in");
    EXPECT_EQ(arrive("[2001:db8::2]:1", start), "in");
    EXPECT_EQ(arrive("[2001:db8::3]:1", start), "too many arrivals from one address");
    EXPECT_EQ(arrive("192.0.2.2:1", start), "in");
    EXPECT_EQ(arrive("192.0.2.3:1", start), "too many arrivals");
    EXPECT_EQ(arrive("192.0.2.1:4", start + milliseconds(999)),
              "too many arrivals from one address");
    EXPECT_EQ(arrive("192.0.2.1:4", start + seconds(1)), "in") << "nobody is shut out for good";
}

TEST(Admission, RemembersABoundedNumberOfAddresses) {
    Admission admission({.arrivals = {.per_second = 1e6, .burst = 1e6},
                         .arrivals_per_address = {.per_second = 1, .burst = 1}},
                        start);
    const auto arrive = [&](std::uint32_t number, TimePoint now) {
        return admission
            .admit(net::Endpoint::v4(
                       {10, static_cast<std::uint8_t>(number >> 16U),
                        static_cast<std::uint8_t>(number >> 8U), static_cast<std::uint8_t>(number)},
                       1),
                   now)
            .has_value();
    };
    for (std::uint32_t i = 0; i < addresses_remembered_max; ++i) {
        ASSERT_TRUE(arrive(i, start));
    }
    EXPECT_FALSE(arrive(addresses_remembered_max, start));
    EXPECT_EQ(admission.addresses(), addresses_remembered_max);
    EXPECT_TRUE(arrive(addresses_remembered_max, start + seconds(1)));
    EXPECT_EQ(admission.addresses(), 1U);
}

room::Presence presence(std::uint32_t session, ChannelId channel = {}) {
    return {.session = SessionId{session}, .name = "Ada", .channel = channel};
}

TEST(PresenceBoard, TellsTheLastStateOfEach) {
    PresenceBoard board;
    EXPECT_FALSE(board.since());
    board.arrived(presence(1), start);
    board.changed(presence(1, ChannelId{4}), start + seconds(1));
    board.changed(presence(2, ChannelId{5}), start + seconds(1));
    board.arrived(presence(3), start + seconds(1));
    board.gone(SessionId{3}, start + seconds(1));
    EXPECT_EQ(board.since(), start);
    EXPECT_TRUE(board.waits(SessionId{2}));
    EXPECT_FALSE(board.waits(SessionId{3}));
    const auto pages = board.take();
    ASSERT_EQ(pages.size(), 1U);
    const wire::PresenceChanged expected{
        .sessions = {{.session = SessionId{1}, .name = "Ada", .channel = ChannelId{4}},
                     {.session = SessionId{2}, .channel = ChannelId{5}}},
        .gone = {SessionId{3}}};
    EXPECT_EQ(pages[0], expected) << "with the name only where it is news";
    EXPECT_FALSE(board.since());
    EXPECT_TRUE(board.take().empty());
}

TEST(PresenceBoard, HasPages) {
    PresenceBoard board;
    for (std::uint32_t id = 1; id <= 300; ++id) {
        board.arrived(presence(id), start);
    }
    for (std::uint32_t id = 301; id <= 350; ++id) {
        board.gone(SessionId{id}, start);
    }
    std::size_t told = 0;
    for (const auto& page : board.take()) {
        EXPECT_LE(page.sessions.size(), wire::page_entries_max);
        EXPECT_LE(page.gone.size(), wire::page_entries_max);
        told += page.sessions.size() + page.gone.size();
    }
    EXPECT_EQ(told, 350U);
}

}  // namespace
}  // namespace partyline::control

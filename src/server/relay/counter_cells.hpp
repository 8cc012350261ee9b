// One relay thread's counters. The thread writes, anybody reads.
#pragma once

#include <atomic>
#include <cstdint>

#include "server/relay/relay.hpp"

namespace partyline::relay {

/// A number that one thread raises. Not an atomic addition, which costs more and which nobody
/// needs: there is only the one writer.
class Counter {
public:
    void add(std::uint64_t count) {
        value_.store(value_.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
    }
    [[nodiscard]] std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

/// As Counters, which says what each means.
struct CounterCells {
    Counter received;
    Counter received_bytes;
    Counter forwarded_records;
    Counter sent;
    Counter sent_bytes;
    Counter dropped_malformed;
    Counter dropped_unknown_route;
    Counter dropped_bad_mac;
    Counter dropped_replayed;
    Counter dropped_muted;
    Counter dropped_no_room;
    Counter dropped_too_fast;
    Counter dropped_send_failed;
    Counter dropped_socket_overflow;
    Counter dropped_tunnel_full;

    void add_to(Counters& sum) const;
};

}  // namespace partyline::relay

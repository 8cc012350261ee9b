// Many connections that never get anywhere: they say nothing, or one byte at a time, or half of what a
// handshake takes.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "harness/tap.hpp"

namespace partyline::integration {

/// Acts when step() is called, and not between.
class Crowd {
public:
    struct Plan {
        std::uint16_t server_port = 0;
        std::size_t connections = 0;
        std::uint8_t hosts = 1;  // how many addresses they come from, 127.0.0.2 the first
    };
    explicit Crowd(const Plan& plan);

    /// Each connection says its next byte, if it is of that kind; what the server has closed is
    /// opened again, so that as many stand there as before.
    void step();

    struct Seen {
        std::size_t open = 0;         // right now
        std::size_t cut = 0;          // closed by the server after it had let them in
        std::size_t turned_away = 0;  // closed by the server at once
        Duration longest{};           // that one was let stand there
    };
    [[nodiscard]] const Seen& seen() const { return seen_; }

private:
    enum class Kind : std::uint8_t { silent, byte_by_byte, half };
    struct One {
        Kind kind{};
        std::uint8_t host = 0;
        harness::Descriptor socket;
        TimePoint opened;
        std::size_t said = 0;
    };

    void open(One& one);
    static bool is_closed(const One& one);
    void say(One& one) const;

    Plan plan_;
    Bytes hello_;
    std::vector<One> all_;
    Seen seen_;
};

}  // namespace partyline::integration

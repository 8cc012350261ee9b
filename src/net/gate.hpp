// Refuses new work and waits for what is running: how every service stops.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>

#include "net/loop.hpp"

namespace partyline::net {

/// A service holds one Gate; each of its coroutines holds a Pass from first line to last. stop() is
/// then: close what the coroutines wait for, `co_await gate.close()`. [loop]
class Gate {
public:
    /// Being inside. Leaves when destroyed.
    class Pass {
    public:
        Pass(Pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
        Pass& operator=(Pass&&) = delete;
        ~Pass();

    private:
        friend class Gate;
        explicit Pass(Gate& gate) : gate_(&gate) { ++gate.inside_; }
        Gate* gate_;
    };

    explicit Gate(Loop& loop) : emptied_(loop) {}
    /// Asserts that nobody is inside.
    ~Gate();
    Gate(const Gate&) = delete;
    Gate& operator=(const Gate&) = delete;

    /// Nothing once the gate is closing.
    [[nodiscard]] std::optional<Pass> enter();
    /// Lets nobody in from now on and returns when all have left. Called once.
    task<> close();

    [[nodiscard]] bool closing() const { return closing_; }
    [[nodiscard]] std::size_t inside() const { return inside_; }

private:
    Event emptied_;
    std::size_t inside_ = 0;
    bool closing_ = false;
};

}  // namespace partyline::net

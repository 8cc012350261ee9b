#include "net/gate.hpp"

#include <cassert>

namespace partyline::net {

Gate::Pass::~Pass() {
    if (gate_ != nullptr && --gate_->inside_ == 0 && gate_->closing_) {
        gate_->emptied_.set();
    }
}

Gate::~Gate() { assert(inside_ == 0); }

std::optional<Gate::Pass> Gate::enter() {
    if (closing_) {
        return std::nullopt;
    }
    return Pass(*this);
}

task<> Gate::close() {
    closing_ = true;
    while (inside_ > 0) {
        co_await emptied_.wait();
    }
}

}  // namespace partyline::net

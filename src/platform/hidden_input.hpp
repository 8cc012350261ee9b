// What is typed at a terminal and nobody is to see on it.
#pragma once

#include <memory>

namespace partyline::platform {

/// While it lives, the terminal that the standard input comes from shows nothing of what is typed but the
/// line's end. Does nothing when that is no terminal. A signal that ends the program meanwhile finds the
/// terminal as it was. Main's; one at a time.
class HiddenInput {
public:
    HiddenInput();
    ~HiddenInput();
    HiddenInput(const HiddenInput&) = delete;
    HiddenInput& operator=(const HiddenInput&) = delete;

    /// Whether somebody types: otherwise there is nobody to ask.
    [[nodiscard]] bool is_terminal() const { return before_ != nullptr; }

private:
    struct Before;
    std::unique_ptr<Before> before_;
};

}  // namespace partyline::platform

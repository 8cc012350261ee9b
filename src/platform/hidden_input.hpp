// What is typed at a terminal and nobody is to see on it.
#pragma once

#include <memory>

namespace partyline::platform {

/// While it lives, the terminal that the standard input comes from shows nothing of what is typed. Does
/// nothing when that is no terminal. Main's.
class HiddenInput {
public:
    HiddenInput();
    ~HiddenInput();
    HiddenInput(const HiddenInput&) = delete;
    HiddenInput& operator=(const HiddenInput&) = delete;

    /// Whether somebody types: otherwise there is nobody to ask.
    [[nodiscard]] bool is_terminal() const { return before_ != nullptr; }

private:
    struct Settings;
    std::unique_ptr<Settings> before_;
};

}  // namespace partyline::platform

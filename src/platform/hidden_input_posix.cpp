#include <termios.h>
#include <unistd.h>

#include "platform/hidden_input.hpp"

namespace partyline::platform {

struct HiddenInput::Settings {
    termios terminal{};
};

HiddenInput::HiddenInput() {
    auto before = std::make_unique<Settings>();
    if (::tcgetattr(STDIN_FILENO, &before->terminal) != 0) {
        return;
    }
    auto hidden = before->terminal;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    if (::tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden) == 0) {
        before_ = std::move(before);
    }
}

HiddenInput::~HiddenInput() {
    if (before_) {
        ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_->terminal);
    }
}

}  // namespace partyline::platform

#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include <array>

#include "platform/hidden_input.hpp"

namespace partyline::platform {
namespace {

constexpr std::array ending_signals{SIGINT, SIGTERM, SIGHUP, SIGQUIT};

/// What a signal's handler can get at.
termios shown{};

void show_and_end(int number) {
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    ::signal(number, SIG_DFL);
    ::raise(number);
}

}  // namespace

struct HiddenInput::Before {
    std::array<struct sigaction, ending_signals.size()> actions{};
};

HiddenInput::HiddenInput() {
    if (::tcgetattr(STDIN_FILENO, &shown) != 0) {
        return;
    }
    before_ = std::make_unique<Before>();
    struct sigaction action{};
    action.sa_handler = show_and_end;
    for (std::size_t i = 0; i < ending_signals.size(); ++i) {
        ::sigaction(ending_signals.at(i), &action, &before_->actions.at(i));
    }
    auto hidden = shown;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    hidden.c_lflag |= static_cast<tcflag_t>(ECHONL);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
}

HiddenInput::~HiddenInput() {
    if (!before_) {
        return;
    }
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    for (std::size_t i = 0; i < ending_signals.size(); ++i) {
        ::sigaction(ending_signals.at(i), &before_->actions.at(i), nullptr);
    }
}

}  // namespace partyline::platform

// What noise suppression behind an echo canceller has to know of the echo.
#pragma once

namespace partyline::dsp {

/// What is left of an echo is no key of a keyboard, and where the canceller has just lost the way it is no talker either.
struct EchoLeft {
    /// The mean square of all of the echo, of late; 0 where there is none, or its way is not known.
    float power = 0;
    /// The way was known until a moment ago: much of the echo may be left.
    bool lost = false;
};

}  // namespace partyline::dsp

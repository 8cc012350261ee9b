// How much of what was said a listener can follow.
#pragma once

#include "demo/analysis.hpp"

namespace partyline::demo {

/// The share of `said`, what the codec makes of somebody's words, that is in `heard` in the order in
/// which it was said; from 0 to 1. Short pieces in which somebody speaks are looked for one by one:
/// a delay that grows or shrinks on the way, which nobody notices, costs no more than the piece in
/// which it does. Silence, other words and another order cost nearly everything. 0 if nobody speaks.
double followed_share(Samples said, Samples heard);

}  // namespace partyline::demo

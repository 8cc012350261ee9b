// The demo's table, for people.
#pragma once

#include <string>

#include "demo/conversation.hpp"
#include "demo/verdict.hpp"

namespace partyline::demo {

std::string table(const Evidence& evidence, const Verdict& verdict);

}  // namespace partyline::demo

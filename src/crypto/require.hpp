// The assertion of this folder, on in every build: a caller that breaks a rule here could leak a key
// or use a nonce twice, so the program ends instead. Never for what comes from outside.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace partyline::crypto {

inline void require(bool kept, const char* rule) {
    if (!kept) [[unlikely]] {
        std::fprintf(stderr, "partyline: broken rule in crypto: %s\n", rule);
        std::abort();
    }
}

}  // namespace partyline::crypto

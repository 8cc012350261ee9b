// Our bytes as the C libraries want them. For this folder's .cpp files.
#pragma once

#include "base/bytes.hpp"

namespace partyline::crypto {

inline const unsigned char* octets(ByteView bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

inline unsigned char* octets_of(MutableByteView bytes) {
    return reinterpret_cast<unsigned char*>(bytes.data());
}

}  // namespace partyline::crypto

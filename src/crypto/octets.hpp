// Our bytes as the C libraries want them. For this folder's .cpp files.
#pragma once

#include "base/bytes.hpp"

namespace partyline::crypto {

/// Never null, not even for no bytes: the libraries declare that they are not given a null.
inline const unsigned char* octets(ByteView bytes) {
    static constexpr unsigned char nothing = 0;
    return bytes.empty() ? &nothing : reinterpret_cast<const unsigned char*>(bytes.data());
}

inline unsigned char* octets_of(MutableByteView bytes) {
    return reinterpret_cast<unsigned char*>(bytes.data());
}

}  // namespace partyline::crypto

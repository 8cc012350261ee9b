// What our coroutines return. The name behind it stops here.
#pragma once

#include <boost/asio/awaitable.hpp>

namespace partyline::net {

/// A coroutine that runs on the Loop of whoever spawned it; does nothing until awaited or spawned.
/// A named function taking its arguments by value or owning handle, never a capturing lambda: the
/// lambda object would be gone at the first suspension.
template <class T = void>
using task = boost::asio::awaitable<T>;

}  // namespace partyline::net

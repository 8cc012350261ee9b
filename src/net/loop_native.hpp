// Inside of Loop: for net's .cpp files only, as it shows Asio.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <thread>

#include "net/loop.hpp"

namespace partyline::net {

struct Loop::Native {
    // The hint: one thread runs it, others only post.
    boost::asio::io_context context{1};
    // Having nothing to do is no reason for run() to return.
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{
        context.get_executor()};
    std::atomic<std::thread::id> thread;
};

inline boost::asio::io_context& context_of(const Loop& loop) { return loop.native().context; }

}  // namespace partyline::net

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <utility>

#include "net/loop_native.hpp"

namespace partyline::net {
namespace {

namespace asio = boost::asio;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

void end_on_exception(const std::exception_ptr& error) {
    if (error) {
        std::terminate();  // prints what it was
    }
}

task<> stop_after(Loop& loop, task<> work) {
    co_await std::move(work);
    loop.stop();
}

}  // namespace

Loop::Loop() : native_(std::make_unique<Native>()) {}
Loop::~Loop() = default;

void Loop::run() {
    native_->thread.store(std::this_thread::get_id());
    native_->context.run();
    native_->thread.store({});
    // Afterwards, not before: a stop() that comes before we have begun must not be forgotten.
    native_->context.restart();
}

void Loop::run_until_done(task<> work) {
    spawn(stop_after(*this, std::move(work)));
    run();
}

void Loop::stop() { native_->context.stop(); }

void Loop::post(std::move_only_function<void()> work) {
    asio::post(native_->context, std::move(work));
}

void Loop::spawn(task<> work) {
    // Posted, as co_spawn() on the loop's own thread would run the first part before returning.
    asio::post(native_->context, [this, work = std::move(work)]() mutable {
        asio::co_spawn(native_->context, std::move(work), end_on_exception);
    });
}

bool Loop::is_current() const { return native_->thread.load() == std::this_thread::get_id(); }

// --- Timer -----------------------------------------------------------------------------------

struct Timer::Native {
    asio::steady_timer timer;
};

Timer::Timer(Loop& loop)
    : native_(std::make_unique<Native>(asio::steady_timer(context_of(loop)))) {}
Timer::~Timer() = default;

task<bool> Timer::wait(Duration duration) {
    return wait_until(std::chrono::steady_clock::now() + duration);
}

task<bool> Timer::wait_until(TimePoint time) {
    native_->timer.expires_at(time);
    const auto [error] = co_await native_->timer.async_wait(as_result);
    co_return !error;
}

void Timer::cancel() { native_->timer.cancel(); }

// --- Alarm -----------------------------------------------------------------------------------

struct Alarm::Native {
    asio::steady_timer timer;
    std::move_only_function<void()> on_expiry;  // empty once called or no longer wanted
};

Alarm::Alarm(Loop& loop, Duration after, std::move_only_function<void()> on_expiry)
    : native_(std::make_shared<Native>(asio::steady_timer(context_of(loop), after),
                                       std::move(on_expiry))) {
    native_->timer.async_wait([native = native_](const boost::system::error_code&) {
        // Not the error code but this tells whether we are still wanted: a handler that is queued
        // already when the timer is cancelled comes without an error.
        if (native->on_expiry) {
            std::exchange(native->on_expiry, nullptr)();
        }
    });
}

Alarm::~Alarm() {
    native_->on_expiry = nullptr;
    native_->timer.cancel();
}

// --- Event -----------------------------------------------------------------------------------

struct Event::Native {
    asio::steady_timer waiter;  // never expires by itself in wait(): cancelling it is the wake-up
    bool is_set = false;
};

Event::Event(Loop& loop)
    : native_(std::make_unique<Native>(asio::steady_timer(context_of(loop)))) {}
Event::~Event() = default;

void Event::set() {
    native_->is_set = true;
    native_->waiter.cancel();
}

task<> Event::wait() {
    while (!native_->is_set) {
        native_->waiter.expires_at(TimePoint::max());
        co_await native_->waiter.async_wait(as_result);
    }
    native_->is_set = false;
}

task<bool> Event::wait_for(Duration limit) {
    if (!native_->is_set) {
        native_->waiter.expires_after(limit);
        co_await native_->waiter.async_wait(as_result);
    }
    co_return std::exchange(native_->is_set, false);
}

// --- signals and descriptors -----------------------------------------------------------------

task<int> wait_signal(Loop& loop, std::vector<int> numbers) {
    asio::signal_set signals(context_of(loop));
    for (const int number : numbers) {
        signals.add(number);
    }
    const auto [error, number] = co_await signals.async_wait(as_result);
    co_return error ? 0 : number;
}

struct Signals::Native {
    explicit Native(Loop& loop) : set(context_of(loop)) {}
    asio::signal_set set;
};

Signals::Signals(Loop& loop, std::vector<int> numbers) : native_(std::make_unique<Native>(loop)) {
    for (const int number : numbers) {
        native_->set.add(number);
    }
}

Signals::~Signals() = default;

task<int> Signals::next() {
    const auto [error, number] = co_await native_->set.async_wait(as_result);
    co_return error ? 0 : number;
}

struct ReadWatch::Native {
    asio::posix::stream_descriptor descriptor;
};

ReadWatch::ReadWatch(Loop& loop, int fd)
    : native_(std::make_unique<Native>(asio::posix::stream_descriptor(context_of(loop), fd))) {}

ReadWatch::~ReadWatch() {
    native_->descriptor.release();  // not ours to close
}

task<bool> ReadWatch::readable() {
    const auto [error] = co_await native_->descriptor.async_wait(
        asio::posix::stream_descriptor::wait_read, as_result);
    co_return !error;
}

void ReadWatch::cancel() { native_->descriptor.cancel(); }

}  // namespace partyline::net

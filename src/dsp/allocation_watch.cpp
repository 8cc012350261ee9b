// Counts what operator new is asked for, so that tests can say "none here".
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>

#include "dsp/test_support.hpp"

namespace {
std::atomic<std::uint64_t> count{0};  // NOLINT: operator new has no other place to keep it
}

namespace partyline::dsp::test {
std::uint64_t allocations() { return count.load(); }
}  // namespace partyline::dsp::test

void* operator new(std::size_t size) {
    ++count;
    if (void* memory = std::malloc(size == 0 ? 1 : size)) {
        return memory;
    }
    throw std::bad_alloc();
}
// The library's own would not match the delete below.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    ++count;
    return std::malloc(size == 0 ? 1 : size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

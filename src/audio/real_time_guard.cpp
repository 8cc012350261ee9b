// Stands before the C library's allocator and locks, and aborts when a device callback asks for them.
// Part of a program only where PARTYLINE_REAL_TIME_GUARD is on; every C++ library and every C library in
// the process comes by here.
#include <dlfcn.h>
#include <pthread.h>

#include <cerrno>
#include <cstddef>

#include "base/real_time.hpp"

// What the C library offers to whoever stands before it.
extern "C" {
void* __libc_malloc(std::size_t size);                           // NOLINT
void* __libc_calloc(std::size_t count, std::size_t size);        // NOLINT
void* __libc_realloc(void* memory, std::size_t size);            // NOLINT
void* __libc_memalign(std::size_t alignment, std::size_t size);  // NOLINT
void __libc_free(void* memory);                                  // NOLINT
}

namespace {

using partyline::forbid_in_real_time;

/// The C library's own function of that name. Found anew each time would cost a search; found once, by
/// whichever threads come first, it is the same for all.
template <class Function>
Function* real(Function*& found, const char* name) {
    auto* function = __atomic_load_n(&found, __ATOMIC_RELAXED);
    if (function == nullptr) {
        function = reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
        __atomic_store_n(&found, function, __ATOMIC_RELAXED);
    }
    return function;
}

using Lock = int(pthread_mutex_t*);
using ReadWriteLock = int(pthread_rwlock_t*);
using Wait = int(pthread_cond_t*, pthread_mutex_t*);

constinit Lock* mutex_lock = nullptr;
constinit ReadWriteLock* read_lock = nullptr;
constinit ReadWriteLock* write_lock = nullptr;
constinit Wait* condition_wait = nullptr;

}  // namespace

extern "C" {

void* malloc(std::size_t size) noexcept {
    forbid_in_real_time("allocated memory");
    return __libc_malloc(size);
}

void* calloc(std::size_t count, std::size_t size) noexcept {
    forbid_in_real_time("allocated memory");
    return __libc_calloc(count, size);
}

void* realloc(void* memory, std::size_t size) noexcept {
    forbid_in_real_time("allocated memory");
    return __libc_realloc(memory, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
    forbid_in_real_time("allocated memory");
    return __libc_memalign(alignment, size);
}

void free(void* memory) noexcept {
    if (memory != nullptr) {
        forbid_in_real_time("freed memory");
    }
    __libc_free(memory);
}

int pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
    forbid_in_real_time("locked a mutex");
    return real(mutex_lock, "pthread_mutex_lock")(mutex);
}

int pthread_rwlock_rdlock(pthread_rwlock_t* lock) noexcept {
    forbid_in_real_time("locked a mutex");
    return real(read_lock, "pthread_rwlock_rdlock")(lock);
}

int pthread_rwlock_wrlock(pthread_rwlock_t* lock) noexcept {
    forbid_in_real_time("locked a mutex");
    return real(write_lock, "pthread_rwlock_wrlock")(lock);
}

int pthread_cond_wait(pthread_cond_t* condition, pthread_mutex_t* mutex) {
    forbid_in_real_time("waited");
    return real(condition_wait, "pthread_cond_wait")(condition, mutex);
}
}

// Stands before the C library's allocator, locks and output, and aborts when a device callback asks for them.
// Part of a program only where PARTYLINE_REAL_TIME_GUARD is on, which is never beside a sanitizer; every C++ library
// and every C library in the process comes by here. What nobody sees: a system call that is made directly.
#include <dlfcn.h>
#include <pthread.h>
#include <semaphore.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstddef>
#include <cstdio>
#include <ctime>

#include "base/real_time.hpp"

// What the C library offers to whoever stands before it.
extern "C" {
void* __libc_malloc(std::size_t size);                            // NOLINT
void* __libc_calloc(std::size_t count, std::size_t size);         // NOLINT
void* __libc_realloc(void* memory, std::size_t size);             // NOLINT
void* __libc_memalign(std::size_t alignment, std::size_t size);   // NOLINT
void __libc_free(void* memory);                                   // NOLINT
ssize_t __write(int file, const void* bytes, std::size_t count);  // NOLINT
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
using TimedLock = int(pthread_mutex_t*, const timespec*);
using ClockLock = int(pthread_mutex_t*, clockid_t, const timespec*);
using Wait = int(pthread_cond_t*, pthread_mutex_t*);
using TimedWait = int(pthread_cond_t*, pthread_mutex_t*, const timespec*);
using ClockWait = int(pthread_cond_t*, pthread_mutex_t*, clockid_t, const timespec*);
using SemaphoreWait = int(sem_t*);
using WriteItems = std::size_t(const void*, std::size_t, std::size_t, std::FILE*);
using PutString = int(const char*, std::FILE*);
using PutLine = int(const char*);
using Print = int(std::FILE*, const char*, std::va_list);

constinit Lock* mutex_lock = nullptr;
constinit ReadWriteLock* read_lock = nullptr;
constinit ReadWriteLock* write_lock = nullptr;
constinit TimedLock* timed_lock = nullptr;
constinit ClockLock* clock_lock = nullptr;
constinit Wait* condition_wait = nullptr;
constinit TimedWait* timed_wait = nullptr;
constinit ClockWait* clock_wait = nullptr;
constinit SemaphoreWait* semaphore_wait = nullptr;
constinit WriteItems* write_items = nullptr;
constinit PutString* put_string = nullptr;
constinit PutLine* put_line = nullptr;
constinit Print* print = nullptr;

constexpr const char* allocated = "allocated memory";
constexpr const char* locked = "locked a mutex";
constexpr const char* waited = "waited";
constexpr const char* wrote = "wrote something";

}  // namespace

extern "C" {

void* malloc(std::size_t size) noexcept {
    forbid_in_real_time(allocated);
    return __libc_malloc(size);
}

void* calloc(std::size_t count, std::size_t size) noexcept {
    forbid_in_real_time(allocated);
    return __libc_calloc(count, size);
}

void* realloc(void* memory, std::size_t size) noexcept {
    forbid_in_real_time(allocated);
    return __libc_realloc(memory, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
    forbid_in_real_time(allocated);
    return __libc_memalign(alignment, size);
}

void* memalign(std::size_t alignment, std::size_t size) noexcept {
    forbid_in_real_time(allocated);
    return __libc_memalign(alignment, size);
}

int posix_memalign(void** memory, std::size_t alignment, std::size_t size) noexcept {
    forbid_in_real_time(allocated);
    if (alignment < sizeof(void*) || (alignment & (alignment - 1)) != 0) {
        return EINVAL;
    }
    void* found = __libc_memalign(alignment, size);
    if (found == nullptr) {
        return ENOMEM;
    }
    *memory = found;
    return 0;
}

void free(void* memory) noexcept {
    if (memory != nullptr) {
        forbid_in_real_time("freed memory");
    }
    __libc_free(memory);
}

int pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
    forbid_in_real_time(locked);
    return real(mutex_lock, "pthread_mutex_lock")(mutex);
}

int pthread_rwlock_rdlock(pthread_rwlock_t* lock) noexcept {
    forbid_in_real_time(locked);
    return real(read_lock, "pthread_rwlock_rdlock")(lock);
}

int pthread_rwlock_wrlock(pthread_rwlock_t* lock) noexcept {
    forbid_in_real_time(locked);
    return real(write_lock, "pthread_rwlock_wrlock")(lock);
}

int pthread_mutex_timedlock(pthread_mutex_t* mutex, const timespec* until) noexcept {
    forbid_in_real_time(locked);
    return real(timed_lock, "pthread_mutex_timedlock")(mutex, until);
}

int pthread_mutex_clocklock(pthread_mutex_t* mutex, clockid_t clock,
                            const timespec* until) noexcept {
    forbid_in_real_time(locked);
    return real(clock_lock, "pthread_mutex_clocklock")(mutex, clock, until);
}

int pthread_cond_wait(pthread_cond_t* condition, pthread_mutex_t* mutex) {
    forbid_in_real_time(waited);
    return real(condition_wait, "pthread_cond_wait")(condition, mutex);
}

int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex,
                           const timespec* until) {
    forbid_in_real_time(waited);
    return real(timed_wait, "pthread_cond_timedwait")(condition, mutex, until);
}

int pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex, clockid_t clock,
                           const timespec* until) {
    forbid_in_real_time(waited);
    return real(clock_wait, "pthread_cond_clockwait")(condition, mutex, clock, until);
}

int sem_wait(sem_t* semaphore) {
    forbid_in_real_time(waited);
    return real(semaphore_wait, "sem_wait")(semaphore);
}

ssize_t write(int file, const void* bytes, std::size_t count) {
    forbid_in_real_time(wrote);
    return __write(file, bytes, count);  // looked up by nobody, as a child after fork() may be here
}

std::size_t fwrite(const void* items, std::size_t size, std::size_t count, std::FILE* file) {
    forbid_in_real_time(wrote);
    return real(write_items, "fwrite")(items, size, count, file);
}

int fputs(const char* text, std::FILE* file) {
    forbid_in_real_time(wrote);
    return real(put_string, "fputs")(text, file);
}

int puts(const char* text) {
    forbid_in_real_time(wrote);
    return real(put_line, "puts")(text);
}

int vfprintf(std::FILE* file, const char* format, std::va_list rest) {
    forbid_in_real_time(wrote);
    return real(print, "vfprintf")(file, format, rest);
}

// Within the C library these do not come by the one above.
int fprintf(std::FILE* file, const char* format, ...) {  // NOLINT
    std::va_list rest;
    va_start(rest, format);
    const int count = vfprintf(file, format, rest);
    va_end(rest);
    return count;
}

int printf(const char* format, ...) {  // NOLINT
    std::va_list rest;
    va_start(rest, format);
    const int count = vfprintf(stdout, format, rest);
    va_end(rest);
    return count;
}
}

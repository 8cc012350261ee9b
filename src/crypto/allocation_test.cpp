// Sealing, opening and MACs allocate nothing: neither through operator new nor inside OpenSSL.
// Both counters are this whole test program's.
#include <gtest/gtest.h>
#include <openssl/crypto.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "crypto/hop.hpp"
#include "crypto/receiver_keys.hpp"
#include "crypto/test_support.hpp"

namespace {

std::atomic<std::size_t> allocations{0};

void* counted(std::size_t size) {
    ++allocations;
    return std::malloc(size);  // NOLINT(cppcoreguidelines-no-malloc): this is the allocator
}

// Before main(), because OpenSSL takes these only before it has allocated anything.
const bool openssl_is_counted =
    CRYPTO_set_mem_functions([](std::size_t size, const char*, int) { return counted(size); },
                             [](void* old, std::size_t size, const char*, int) {
                                 ++allocations;
                                 return std::realloc(old,
                                                     size);  // NOLINT(cppcoreguidelines-no-malloc)
                             },
                             [](void* old, const char*, int) { std::free(old); }) == 1;  // NOLINT

}  // namespace

void* operator new(std::size_t size) {
    if (void* memory = counted(size)) {
        return memory;
    }
    throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return counted(size); }
void operator delete(void* memory) noexcept { std::free(memory); }               // NOLINT
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }  // NOLINT

namespace partyline::crypto {
namespace {

template <class Work>
std::size_t allocations_in(Work work) {
    const auto before = allocations.load();
    work();
    return allocations.load() - before;
}

TEST(Allocation, TheCountersCount) {
    ASSERT_TRUE(openssl_is_counted);
    EXPECT_GT(allocations_in([] { (void)Bytes(100); }), 0U);
    EXPECT_GT(allocations_in([] { OPENSSL_free(OPENSSL_malloc(100)); }), 0U);
    EXPECT_GT(allocations_in([] { (void)SFrameKey(Bytes(32), 1); }), 2U);
}

TEST(Allocation, AFrameOnItsWayAllocatesNothing) {
    const TimePoint now{std::chrono::hours(1)};
    const FrameContext context{.server_id = filled_key(1), .speaker = SessionId{2}};
    SenderKey sender;
    ReceiverKeys receiver;
    ASSERT_TRUE(receiver.add(sender.material(), now));
    const HopKey hop;
    const Bytes plaintext(120);
    Bytes datagram(200);
    Bytes opened(200);
    std::size_t heard = 0;
    const auto send = [&](std::uint64_t counter) {
        const auto size =
            sender.seal(counter, context, plaintext, MutableByteView(datagram).subspan(24));
        hop_seal(hop, datagram);
        if (hop_verify(hop, datagram) &&
            receiver.open(ByteView(datagram).subspan(24, size), context, opened, now)) {
            ++heard;
        }
    };
    send(0);  // the first frame under a key makes it ready
    EXPECT_EQ(allocations_in([&] {
                  for (std::uint64_t counter = 1; counter <= 1000; ++counter) {
                      send(counter);
                  }
              }),
              0U);
    EXPECT_EQ(heard, 1001U);
}

TEST(Allocation, AForgedFrameUnderAKnownKeyAllocatesNothing) {
    SFrameKey key(Bytes(32), 1);
    Bytes sealed(100);
    Bytes opened(100);
    sealed.resize(key.seal(1, {}, Bytes(40), sealed));
    sealed.back() ^= std::byte{1};
    (void)key.open(sealed, {}, opened);  // OpenSSL sets its error queue up once
    EXPECT_EQ(allocations_in([&] { EXPECT_FALSE(key.open(sealed, {}, opened)); }), 0U);
}

}  // namespace
}  // namespace partyline::crypto

// What sealing, opening and MACs cost. Sizes are those of 10 ms of speech at 48 kbit/s.
#include <benchmark/benchmark.h>

#include <optional>
#include <vector>

#include "crypto/hkdf.hpp"
#include "crypto/hop.hpp"
#include "crypto/key_share.hpp"
#include "crypto/receiver_keys.hpp"

namespace partyline::crypto {
namespace {

constexpr std::size_t frame_bytes = 64;  // media time and Opus
constexpr std::size_t datagram_bytes = 24 + 7 + 8 + frame_bytes + 16;
constexpr TimePoint now{std::chrono::hours(1)};

void hop_mac_of(benchmark::State& state, std::size_t bytes) {
    const HopKey key;
    const Bytes datagram(bytes);
    for (auto _ : state) {
        benchmark::DoNotOptimize(hop_mac(key, datagram));
    }
}
BENCHMARK_CAPTURE(hop_mac_of, voice, datagram_bytes)->Name("crypto.hop_mac_ns");
BENCHMARK_CAPTURE(hop_mac_of, largest, hop_datagram_bytes_max)->Name("crypto.hop_mac_1200_ns");

void hop_verified(benchmark::State& state) {
    const HopKey key;
    Bytes datagram(datagram_bytes);
    hop_seal(key, datagram);
    for (auto _ : state) {
        benchmark::DoNotOptimize(hop_verify(key, datagram));
    }
}
BENCHMARK(hop_verified)->Name("crypto.hop_verify_ns");

void replay_window(benchmark::State& state) {
    ReplayWindow window;
    std::uint64_t counter = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(window.accept(++counter));
    }
}
BENCHMARK(replay_window)->Name("crypto.replay_window_ns");

void frame_sealed(benchmark::State& state) {
    SenderKey key;
    const FrameContext context;
    const Bytes frame(frame_bytes);
    Bytes sealed(200);
    std::uint64_t counter = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(key.seal(++counter, context, frame, sealed));
    }
}
BENCHMARK(frame_sealed)->Name("crypto.seal_ns");

/// The frames of one speaker, in their order.
std::vector<Bytes> speech(SenderKey& key, std::size_t count) {
    const Bytes frame(frame_bytes);
    std::vector<Bytes> frames;
    for (std::size_t counter = 1; counter <= count; ++counter) {
        Bytes sealed(200);
        sealed.resize(key.seal(counter, {}, frame, sealed));
        frames.push_back(std::move(sealed));
    }
    return frames;
}

void frame_opened(benchmark::State& state) {
    SenderKey key;
    const auto frames = speech(key, 10'000);
    std::optional<ReceiverKeys> listener;
    Bytes out(200);
    std::size_t next = frames.size();
    for (auto _ : state) {
        if (next == frames.size()) {
            state.PauseTiming();
            next = 0;
            listener.emplace();
            if (!listener->add(key.material(), now)) {
                state.SkipWithError("the share was refused");
            }
            state.ResumeTiming();
        }
        if (!listener->open(frames[next++], {}, out, now)) {
            state.SkipWithError("a frame did not open");
        }
    }
}
BENCHMARK(frame_opened)->Name("crypto.open_ns");

/// A frame that does not open and says that it is `ahead` steps on.
void forged_frame(benchmark::State& state, std::uint16_t ahead) {
    SenderKey key;
    ReceiverKeys listener;
    SFrameKey forger(Bytes(32), make_kid(1, ahead));
    Bytes sealed(200);
    sealed.resize(forger.seal(2, {}, Bytes(frame_bytes), sealed));
    Bytes out(200);
    if (!listener.add(key.material(), now) || !listener.open(speech(key, 1)[0], {}, out, now)) {
        state.SkipWithError("a true frame did not open");
    }
    for (auto _ : state) {
        benchmark::DoNotOptimize(listener.open(sealed, {}, out, now));
    }
}
BENCHMARK_CAPTURE(forged_frame, here, 0)->Name("crypto.refuse_ns");
BENCHMARK_CAPTURE(forged_frame, next, 1)->Name("crypto.refuse_one_step_ahead_ns");
BENCHMARK_CAPTURE(forged_frame, far, 1023)->Name("crypto.refuse_1023_steps_ahead_ns");

void ratchet_step(benchmark::State& state) {
    Secret<32> key;
    for (auto _ : state) {
        key = ratchet(key);
        benchmark::DoNotOptimize(key);
    }
}
BENCHMARK(ratchet_step)->Name("crypto.ratchet_ns");

void frame_key_made(benchmark::State& state) {
    const Bytes base(32);
    for (auto _ : state) {
        benchmark::DoNotOptimize(SFrameKey(base, 1));
    }
}
BENCHMARK(frame_key_made)->Name("crypto.frame_key_ns");

/// Two ends of a share.
struct Ends {
    AgreementKey own = AgreementKey::generate();
    AgreementKey other = AgreementKey::generate();
    PeerKeys own_keys{.x25519 = own.public_key()};
    PeerKeys other_keys{.x25519 = other.public_key()};
};

void share_pair(benchmark::State& state) {
    const Ends ends;
    for (auto _ : state) {
        benchmark::DoNotOptimize(
            SharePair::create(ends.own, ends.own_keys, ends.other_keys, PublicKey{}));
    }
}
BENCHMARK(share_pair)->Name("crypto.share_pair_ns");

void share_sealed(benchmark::State& state) {
    const Ends ends;
    const auto pair = SharePair::create(ends.own, ends.own_keys, ends.other_keys, PublicKey{});
    const SenderKeyMaterial material{.generation = 1};
    for (auto _ : state) {
        benchmark::DoNotOptimize(pair->seal({.generation = 1}, material));
    }
}
BENCHMARK(share_sealed)->Name("crypto.share_seal_ns");

void signature_checked(benchmark::State& state) {
    const auto identity = Identity::generate();
    const Bytes message(120);
    const auto signature = identity.sign(message);
    for (auto _ : state) {
        benchmark::DoNotOptimize(verify(identity.public_key(), message, signature));
    }
}
BENCHMARK(signature_checked)->Name("crypto.verify_signature_ns");

}  // namespace
}  // namespace partyline::crypto

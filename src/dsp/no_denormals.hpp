// What is too small to be a sound is zero meanwhile.
#pragma once

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace partyline::dsp {

/// While one lives, its thread takes numbers below 1.2e-38 (denormal ones) for zero. Filters that feed back what they
/// give, as those before AEC3's delay estimator, come to rest at such numbers when it becomes silent, not at zero, and
/// some processors take a hundred times as long for each of them. Does nothing on processors other than x86-64.
class NoDenormals {
public:
#if defined(__x86_64__)
    static constexpr bool works = true;

    NoDenormals() : before_(_mm_getcsr()) {
        _mm_setcsr(before_ | flush_to_zero | denormals_are_zero);
    }
    ~NoDenormals() { _mm_setcsr(before_); }
#else
    static constexpr bool works = false;

    NoDenormals() {}
    ~NoDenormals() {}
#endif
    NoDenormals(const NoDenormals&) = delete;
    NoDenormals& operator=(const NoDenormals&) = delete;

#if defined(__x86_64__)
private:
    static constexpr unsigned flush_to_zero = 0x8000;
    static constexpr unsigned denormals_are_zero = 0x0040;

    unsigned before_;
#endif
};

}  // namespace partyline::dsp

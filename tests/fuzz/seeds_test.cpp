#include "fuzz/seeds.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace partyline::fuzz {
namespace {

TEST(FuzzSeeds, AreThoseOfTheFormatsAsTheyAre) {
    for (const auto& seed : all_seeds()) {
        std::ifstream in("tests/fuzz/corpus/" + seed.path, std::ios::binary);
        const std::string kept{std::istreambuf_iterator<char>(in), {}};
        EXPECT_EQ(to_hex(as_bytes(kept)), to_hex(seed.bytes))
            << seed.path << ": run make-fuzz-seeds and commit what it wrote";
    }
}

}  // namespace
}  // namespace partyline::fuzz

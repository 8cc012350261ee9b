// The first inputs of the fuzz targets, made from the examples of the unit tests.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.hpp"

namespace partyline::fuzz {

struct Seed {
    std::string path;  // below tests/fuzz/corpus
    Bytes bytes;
};

std::vector<Seed> all_seeds();

}  // namespace partyline::fuzz

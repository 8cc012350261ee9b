#include "harness/scratch.hpp"

#include <stdlib.h>

#include <fstream>

#include "harness/failure.hpp"

namespace partyline::harness {

Scratch::Scratch() {
    auto name = (std::filesystem::temp_directory_path() / "partyline-test-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) {
        throw Failure("cannot make a folder like " + name);
    }
    folder_ = name;
}

Scratch::~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

std::string Scratch::file(std::string_view name, std::string_view text) const {
    std::ofstream out(folder_ / name, std::ios::binary);
    out << text;
    if (!out.flush()) {
        throw Failure("cannot write " + path(name));
    }
    return path(name);
}

}  // namespace partyline::harness

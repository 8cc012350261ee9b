// A folder of its own for each test, gone with the object.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace partyline::harness {

class Scratch {
public:
    Scratch();
    ~Scratch();
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

    [[nodiscard]] std::string path(std::string_view name) const {
        return (folder_ / name).string();
    }
    /// Writes a file and gives its path.
    [[nodiscard]] std::string file(std::string_view name, std::string_view text) const;

private:
    std::filesystem::path folder_;
};

}  // namespace partyline::harness

// Figures as a file for machines: one flat object, name -> number.
#pragma once

#include <cstdio>
#include <fstream>
#include <string>

namespace partyline::bench {

/// `figures` are pairs of a name and a number. Without a path nothing is written. If the file cannot be
/// written whole, says so on standard error: false.
bool write_figures(const std::string& path, const auto& figures) {
    if (path.empty()) {
        return true;
    }
    std::ofstream file(path);
    const char* separator = "{";
    for (const auto& [name, value] : figures) {
        file << separator << "\n \"" << name << "\": " << value;
        separator = ",";
    }
    file << (figures.empty() ? "{}\n" : "\n}\n");
    if (!file.flush()) {
        std::fprintf(stderr, "cannot write %s\n", path.c_str());
        return false;
    }
    return true;
}

}  // namespace partyline::bench

// Figures as a file for machines: one flat object, name -> number.
#pragma once

#include <fstream>
#include <string>

namespace partyline::bench {

/// `figures` are pairs of a name and a number. False if the file cannot be written whole.
bool write_figures(const std::string& path, const auto& figures) {
    std::ofstream file(path);
    const char* separator = "{";
    for (const auto& [name, value] : figures) {
        file << separator << "\n \"" << name << "\": " << value;
        separator = ",";
    }
    file << (figures.empty() ? "{}\n" : "\n}\n");
    return static_cast<bool>(file.flush());
}

}  // namespace partyline::bench

// Writes the seeds into tests/fuzz/corpus. Run it from the top of the checkout.
#include <filesystem>
#include <fstream>
#include <iostream>

#include "fuzz/seeds.hpp"

int main() {
    const std::filesystem::path corpus = "tests/fuzz/corpus";
    for (const auto& seed : partyline::fuzz::all_seeds()) {
        const auto path = corpus / seed.path;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream out(path, std::ios::binary);
        const auto text = partyline::as_text(seed.bytes);
        out.write(text.data(), static_cast<std::streamsize>(text.size()));
        if (!out.flush()) {
            std::cerr << path << " cannot be written\n";
            return 1;
        }
    }
    return 0;
}

// Where a person's files are.
#pragma once

#include <filesystem>
#include <string>

#include "base/error.hpp"

namespace partyline::platform {

/// What the surroundings say about it; empty where they say nothing.
struct HomeVariables {
    std::string home;             // HOME, or what the system's user list has
    std::string xdg_data_home;    // XDG_DATA_HOME
    std::string xdg_config_home;  // XDG_CONFIG_HOME
};
/// [main] Reads the environment, which nobody may be changing meanwhile.
HomeVariables home_variables();

/// What Partyline keeps and makes itself: identities, pins (XDG base directories: by default
/// ~/.local/share/partyline). The folder need not be there yet. Fails with config when the
/// surroundings name no home.
Result<std::filesystem::path> data_folder(const HomeVariables& variables = home_variables());
/// What a person sets: by default ~/.config/partyline. As data_folder() otherwise.
Result<std::filesystem::path> config_folder(const HomeVariables& variables = home_variables());

}  // namespace partyline::platform

#include "cli/web_folder.hpp"

#include <filesystem>
#include <system_error>

namespace longwire::cli {

std::string web_folder() {
    std::error_code error;
    const auto executable = std::filesystem::read_symlink("/proc/self/exe", error);
    // PREFIX/bin/longwire stands beside PREFIX/share/longwire/web.
    const auto installed = executable.parent_path().parent_path() / "share/longwire/web";
    if (!error && std::filesystem::is_directory(installed, error)) return installed.string();
    if (std::filesystem::is_directory(LONGWIRE_SOURCE_WEB, error)) return LONGWIRE_SOURCE_WEB;
    return {};
}

}  // namespace longwire::cli

#include "cli/version.hpp"

namespace longwire::cli {

namespace {

constexpr std::string_view commit = LONGWIRE_COMMIT;

}  // namespace

std::string_view version() noexcept {
    return LONGWIRE_VERSION;
}

std::string version_line() {
    return "longwire " + std::string(version()) + " (" +
           (commit.empty() ? "no commit is known" : "commit " + std::string(commit)) +
           "; " LONGWIRE_BUILD ")";
}

}  // namespace longwire::cli

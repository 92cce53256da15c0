#pragma once

#include <string>

namespace longwire::cli {

/// The folder of the pages that came with the program: beside an installed executable, or in the
/// source tree it was built from. Empty where neither is there.
[[nodiscard]] std::string web_folder();

}  // namespace longwire::cli

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace longwire::cli {

/// `text` with line breaks between its words where a line would need more than `columns`; each
/// further line begins with `indent`. A word that is longer stands alone on its line.
[[nodiscard]] std::string word_wrap(std::string_view text, std::size_t columns,
                                    std::string_view indent);

}  // namespace longwire::cli

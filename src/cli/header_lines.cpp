#include "cli/header_lines.hpp"

#include <algorithm>
#include <string_view>

namespace longwire::cli {

std::vector<HeaderField> fields_of(const std::vector<std::string>& lines) {
    std::vector<HeaderField> fields;
    for (const std::string_view line : lines) {
        const std::size_t colon = std::min(line.find(':'), line.size());
        std::string_view value = line.substr(std::min(colon + 1, line.size()));
        while (value.starts_with(' ')) value.remove_prefix(1);
        while (value.ends_with(' ') || value.ends_with('\t')) value.remove_suffix(1);
        fields.push_back({.name = line.substr(0, colon), .value = value});
    }
    return fields;
}

}  // namespace longwire::cli

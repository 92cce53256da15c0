#pragma once

#include <longwire/header_field.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace longwire::fuzz {

/// Names and values of any bytes: a line each, with a colon between them.
inline std::vector<std::pair<std::string, std::string>> field_lines(std::string_view text) {
    std::vector<std::pair<std::string, std::string>> fields;
    while (!text.empty() && fields.size() < 200) {
        const std::size_t end = text.find('\n');
        const std::string_view line = text.substr(0, end);
        const std::size_t colon = line.find(':');
        if (colon != std::string_view::npos)
            fields.emplace_back(line.substr(0, colon), line.substr(colon + 1));
        if (end == std::string_view::npos) break;
        text.remove_prefix(end + 1);
    }
    return fields;
}

inline std::vector<HeaderField> views_of(
    const std::vector<std::pair<std::string, std::string>>& fields) {
    std::vector<HeaderField> views;
    views.reserve(fields.size());
    for (const auto& [name, value] : fields) views.push_back({name, value});
    return views;
}

}  // namespace longwire::fuzz

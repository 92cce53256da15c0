#pragma once

#include <simdjson.h>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

namespace longwire::access {

/// Reads `text`, which is one JSON value, with `parser`; what it gives lasts until the parser is
/// used again. An empty text, which may have no address, is refused here: simdjson would copy it
/// from there. With `deepest`, a value of more levels is refused.
[[nodiscard]] inline simdjson::simdjson_result<simdjson::dom::element> parse_json(
    simdjson::dom::parser& parser, std::string_view text,
    std::size_t deepest = simdjson::DEFAULT_MAX_DEPTH) {
    if (text.empty()) return simdjson::EMPTY;
    if (parser.max_depth() != deepest)
        if (const auto error = parser.allocate(parser.capacity(), deepest);
            error != simdjson::SUCCESS)
            return error;
    return parser.parse(text.data(), text.size());
}

/// Whether `object` has two values of one name, of which others may read the other one.
[[nodiscard]] inline bool names_repeat(const simdjson::dom::object& object) {
    std::vector<std::string_view> names;
    for (const simdjson::dom::key_value_pair& field : object) names.push_back(field.key);
    std::ranges::sort(names);
    return std::ranges::adjacent_find(names) != names.end();
}

}  // namespace longwire::access

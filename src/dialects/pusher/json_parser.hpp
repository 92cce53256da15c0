#pragma once

#include "access/json_parser.hpp"

#include <cstddef>
#include <string_view>

namespace longwire::dialects::pusher {

/// Reads `text`, which is one JSON value of at most 64 levels. What it gives lasts until this
/// thread calls it again.
[[nodiscard]] inline simdjson::simdjson_result<simdjson::dom::element> parse_json(
    std::string_view text) {
    constexpr std::size_t deepest = 64;
    thread_local simdjson::dom::parser parser;
    return access::parse_json(parser, text, deepest);
}

/// The text at `name`; empty where there is none.
[[nodiscard]] inline std::string_view text_at(const simdjson::dom::object& object,
                                              std::string_view name) {
    std::string_view text;
    return object[name].get(text) == simdjson::SUCCESS ? text : std::string_view();
}

}  // namespace longwire::dialects::pusher

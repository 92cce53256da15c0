#pragma once

#include "fuzz_input.hpp"

#include <simdjson.h>

#include <optional>
#include <string>
#include <string_view>

namespace longwire::fuzz {

/// The value that `json` is, written in the one shortest way; nothing where it is none. By a parser
/// of its own each time, which keeps nothing of what it read before.
inline std::optional<std::string> plain_json(std::string_view json) {
    simdjson::dom::parser parser;
    simdjson::dom::element value;
    const std::string text(json);
    if (parser.parse(text).get(value) != simdjson::SUCCESS) return std::nullopt;
    return simdjson::minify(value);
}

/// The text that `json` is.
inline std::optional<std::string> plain_json_text(std::string_view json) {
    simdjson::dom::parser parser;
    std::string_view value;
    const std::string text(json);
    if (parser.parse(text).get(value) != simdjson::SUCCESS) return std::nullopt;
    return std::string(value);
}

/// The text at `name` of the object that `json` is.
inline std::optional<std::string> plain_json_text_at(std::string_view json, std::string_view name) {
    simdjson::dom::parser parser;
    simdjson::dom::object object;
    const std::string text(json);
    if (parser.parse(text).get(object) != simdjson::SUCCESS) return std::nullopt;
    for (const simdjson::dom::key_value_pair& field : object) {
        std::string_view value;
        if (field.key != name) continue;
        if (field.value.get(value) != simdjson::SUCCESS) return std::nullopt;
        return std::string(value);
    }
    return std::nullopt;
}

}  // namespace longwire::fuzz

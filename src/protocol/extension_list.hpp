#pragma once

#include <longwire/header_field.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace longwire::protocol {

/// One member of Sec-WebSocket-Extensions (RFC 6455, section 9.1).
struct Extension {
    struct Parameter {
        std::string_view name;
        std::optional<std::string> value = {};
    };

    std::string_view name;
    std::vector<Parameter> parameters;
};

/// Reads all Sec-WebSocket-Extensions fields, in order; nothing where they break the grammar.
[[nodiscard]] std::optional<std::vector<Extension>> parse_extensions(
    std::span<const HeaderField> fields);

}  // namespace longwire::protocol

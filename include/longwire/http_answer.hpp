#pragma once

#include <longwire/header_field.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace longwire {

/// The HTTP answer to a handshake that did not succeed, for those who want to know more than the
/// line of an Error tells. Whatever it holds was written by the other side.
struct HttpAnswer {
    static constexpr std::size_t max_body_size = 1024;

    int status = 0;           ///< 101, or 200 to 599.
    std::string status_line;  ///< Its first line as it came: "HTTP/1.1 403 Not from here".
    std::vector<std::pair<std::string, std::string>> fields;  ///< In the order they came in.
    std::string body;          ///< Its first KiB, without its transfer coding.
    bool body_is_cut = false;  ///< Whether there was more of it, or its rest did not come in time.
    bool from_proxy = false;   ///< A proxy on the way answered, and not the server.

    /// The value of the first field of that name (any case); empty where there is none.
    [[nodiscard]] std::string_view field(std::string_view name) const noexcept {
        for (const auto& [known, value] : fields)
            if (same_field_name(known, name)) return value;
        return {};
    }
};

}  // namespace longwire

#pragma once

#include <longwire/header_field.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace longwire::hooks {

/// A request to somebody else's server.
struct HttpCall {
    std::string method = "POST";
    std::string url;  // http: or https:
    /// Content-Type has to be given; Host and Content-Length come by themselves.
    std::vector<std::pair<std::string, std::string>> headers = {};
    std::string body = {};
    /// From the call to the last byte of the answer: waiting for a place included.
    std::chrono::milliseconds timeout = std::chrono::seconds(5);
};

/// What that server answered. Redirects are answers like others.
struct HttpCallAnswer {
    int status = 0;                                                 // 200 to 599
    std::vector<std::pair<std::string, std::string>> headers = {};  // in the order they came in
    std::string body = {};                                          // without its transfer coding

    /// The value of the first field of that name (any case); empty where there is none.
    [[nodiscard]] std::string_view header(std::string_view name) const noexcept {
        for (const auto& [known, value] : headers)
            if (same_field_name(known, name)) return value;
        return {};
    }
};

}  // namespace longwire::hooks

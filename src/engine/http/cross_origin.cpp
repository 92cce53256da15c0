#include "engine/http/cross_origin.hpp"

#include "protocol/origin.hpp"
#include "protocol/utf8.hpp"

#include <algorithm>

namespace longwire::engine {

bool origin_allowed(const Request& request, std::span<const std::string> allowed) {
    return protocol::origin_allowed(request.header("Origin").value_or(""),
                                    request.header("Host").value_or(""), allowed);
}

bool cookies_allowed(std::span<const std::string> allowed) {
    return std::ranges::find(allowed, "*") == allowed.end();
}

bool answer_readable(const Request& request, std::span<const std::string> allowed) {
    // (A proxy may have changed the Host; the browser says it in a field that no page can set.)
    return cookies_allowed(allowed) || !request.header("Cookie") || origin_allowed(request, {}) ||
           request.header("Sec-Fetch-Site") == "same-origin";
}

void make_readable(Response& answer, std::string_view origin, bool with_cookies) {
    // (Also where there is none: with one it would be another answer.)
    answer.with("Vary", "Origin");
    if (origin.empty()) return;
    answer.with("Access-Control-Allow-Origin", origin)
        .with("Access-Control-Expose-Headers", "Retry-After");
    if (with_cookies) answer.with("Access-Control-Allow-Credentials", "true");
}

bool is_utf8(std::string_view bytes) noexcept {
    return protocol::is_valid_utf8(std::as_bytes(std::span(bytes)));
}

}  // namespace longwire::engine

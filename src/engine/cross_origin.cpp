#include "engine/cross_origin.hpp"

#include "protocol/origin.hpp"
#include "protocol/utf8.hpp"

namespace longwire::engine {

bool origin_allowed(const Request& request, std::span<const std::string> allowed) {
    return protocol::origin_allowed(request.header("Origin").value_or(""),
                                    request.header("Host").value_or(""), allowed);
}

bool is_utf8(std::string_view bytes) noexcept {
    return protocol::is_valid_utf8(std::as_bytes(std::span(bytes)));
}

}  // namespace longwire::engine

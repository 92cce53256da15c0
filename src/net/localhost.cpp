#include "net/localhost.hpp"

namespace longwire::net {

bool is_localhost(std::string_view host) noexcept {
    if (host.ends_with('.')) host.remove_suffix(1);
    return host == "localhost" || host.ends_with(".localhost");
}

}  // namespace longwire::net

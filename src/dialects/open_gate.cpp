#include "dialects/open_gate.hpp"

namespace longwire::dialects {

namespace {
constexpr std::size_t longest_user = 128;
}

Verdict OpenGate::identify(const Request& request, Visitor& visitor) {
    visitor.address = request.peer();
    if (auto user = request.query("user")) {
        if (user->size() > longest_user)
            return {.status = 400, .reason = "A user's name has at most 128 bytes."};
        visitor.user = std::move(*user);
    }
    return {};
}

}  // namespace longwire::dialects

#pragma once

#include <longwire/request.hpp>
#include <longwire/socketio.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace longwire::dialects::socketio {

/// What is kept of the request that opened a session, shared by all its namespaces.
struct FirstRequest {
    std::string query;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string address;
    bool secure = false;
    std::shared_ptr<void> guest;  // what the application keeps of it

    [[nodiscard]] static std::shared_ptr<const FirstRequest> of(const Request& request,
                                                                std::shared_ptr<void> guest) {
        auto made = std::make_shared<FirstRequest>();
        made->query = request.query();
        made->headers.reserve(request.headers().size());
        for (const HeaderField& field : request.headers())
            made->headers.emplace_back(field.name, field.value);
        made->address = request.client_address();
        made->secure = request.secure();
        made->guest = std::move(guest);
        return made;
    }
    [[nodiscard]] static longwire::socketio::Handshake handshake(
        std::shared_ptr<const FirstRequest> first, std::string_view auth) {
        longwire::socketio::Handshake made;
        if (!auth.empty()) made.auth = auth;
        made.first_ = std::move(first);
        return made;
    }
    [[nodiscard]] static const std::shared_ptr<void>& guest_of(
        const longwire::socketio::Handshake& handshake) {
        return handshake.first_->guest;
    }
};

}  // namespace longwire::dialects::socketio

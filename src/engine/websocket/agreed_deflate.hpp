#pragma once

#include "protocol/deflate_parameters.hpp"

#include <cstdint>
#include <string>

namespace longwire::engine {

/// What a connection agreed on for permessage-deflate, if anything, in two bytes.
class AgreedDeflate {
public:
    AgreedDeflate() = default;
    explicit AgreedDeflate(const protocol::DeflateParameters& agreed) noexcept
        : agreed_(true),
          server_keeps_none_(agreed.server_no_context_takeover),
          client_keeps_none_(agreed.client_no_context_takeover),
          server_window_(static_cast<std::uint8_t>(agreed.server_max_window_bits & 0xF)),
          client_window_(static_cast<std::uint8_t>(agreed.client_max_window_bits & 0xF)) {}

    /// As a server's answer says it; empty where nothing was agreed on.
    [[nodiscard]] std::string words() const {
        if (!agreed_) return {};
        return protocol::words_of({.server_no_context_takeover = server_keeps_none_,
                                   .client_no_context_takeover = client_keeps_none_,
                                   .server_max_window_bits = server_window_,
                                   .client_max_window_bits = client_window_});
    }

private:
    bool agreed_ : 1 = false;
    bool server_keeps_none_ : 1 = false;
    bool client_keeps_none_ : 1 = false;
    std::uint8_t server_window_ : 4 = 0;
    std::uint8_t client_window_ : 4 = 0;
};

}  // namespace longwire::engine

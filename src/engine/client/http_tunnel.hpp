#pragma once

#include "engine/client/proxy.hpp"
#include "http/response_parser.hpp"
#include "net/dialogue.hpp"

#include <longwire/error.hpp>
#include <longwire/result.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace longwire::engine {

/// What a client and an HTTP proxy say to each other until the proxy passes on what follows
/// (CONNECT, RFC 9110, section 9.3.6).
class HttpTunnel final : public net::Dialogue {
public:
    /// `authority` is the server's "host:port".
    HttpTunnel(const Proxy& proxy, std::string authority);

    [[nodiscard]] std::string begin() override;
    [[nodiscard]] Result<Progress> receive(std::span<const std::byte> bytes) override;
    [[nodiscard]] Error ended() const override;
    [[nodiscard]] Error cut_off() const override { return refusal(true); }

private:
    [[nodiscard]] Result<Progress> collect(std::span<const std::byte> body);
    [[nodiscard]] Error refusal(bool body_is_cut) const;
    [[nodiscard]] Error fail(const std::string& why) const;

    std::string proxy_name_;
    std::string authority_;
    std::string credentials_;
    http::ResponseParser parser_;
    std::optional<std::byte> first_;  // of all that the proxy says
    bool refused_ = false;            // what comes is the body of the refusal
};

}  // namespace longwire::engine

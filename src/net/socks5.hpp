#pragma once

#include "net/dialogue.hpp"

#include <longwire/error.hpp>
#include <longwire/result.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace longwire::net {

/// What a client and a SOCKS proxy say to each other until the proxy passes on what follows
/// (RFC 1928; a user and a password: RFC 1929). A host that is a name is looked up by the proxy.
class Socks5 final : public Dialogue {
public:
    struct Proxy {
        std::string name;      ///< For messages.
        std::string user;      ///< Up to 255 bytes; empty: no authentication.
        std::string password;  ///< Up to 255 bytes.
    };

    /// `host` is a name of up to 255 bytes, or an IPv4 or IPv6 address without brackets.
    Socks5(Proxy proxy, std::string host, std::uint16_t port);

    [[nodiscard]] std::string begin() override;
    [[nodiscard]] Result<Progress> receive(std::span<const std::byte> bytes) override;
    [[nodiscard]] Error ended() const override;

private:
    enum class Awaited : std::uint8_t { method, admission, reply, nothing };

    [[nodiscard]] Result<Progress> choose_method();
    [[nodiscard]] Result<Progress> judge_admission();
    [[nodiscard]] Result<Progress> judge_reply();
    [[nodiscard]] std::string credentials() const;
    [[nodiscard]] std::string request() const;
    [[nodiscard]] unsigned byte_at(std::size_t place) const;
    [[nodiscard]] Error fail(std::string_view why) const;

    Proxy proxy_;
    std::string host_;
    std::uint16_t port_;
    std::vector<std::byte> received_;  // of the answer that is awaited
    Awaited awaited_ = Awaited::method;
};

}  // namespace longwire::net

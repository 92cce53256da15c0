#pragma once

#include "plan.hpp"

#include "http/request_parser.hpp"
#include "http/response_parser.hpp"
#include "protocol/deflate_parameters.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>

namespace longwire::simulation {

/// What became of the bytes that a side of the opening handshake was given.
struct Opened {
    enum class Status : std::uint8_t { need_more, open, failed };

    Status status = Status::need_more;
    std::size_t consumed = 0;
    std::string answer;  ///< to be sent: the server's response
    std::optional<protocol::DeflateParameters> deflate = {};
};

/// A client's half of the opening handshake: the parser and the judge together, without I/O.
class ClientOpening {
public:
    ClientOpening(const Plan& plan, Chance& chance);

    [[nodiscard]] const std::string& request() const noexcept { return request_; }
    [[nodiscard]] Opened receive(std::span<const std::byte> bytes);

private:
    const Plan& plan_;
    http::ResponseParser parser_;
    std::string key_;
    std::string request_;
};

/// A server's.
class ServerOpening {
public:
    explicit ServerOpening(const Plan& plan);

    [[nodiscard]] Opened receive(std::span<const std::byte> bytes);

private:
    const Plan& plan_;
    http::RequestParser parser_;
};

}  // namespace longwire::simulation

#pragma once

#include "protocol/deflate_parameters.hpp"
#include "protocol/extension_list.hpp"
#include "protocol/handshake_key.hpp"
#include "protocol/origin.hpp"

#include <longwire/header_field.hpp>

#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace longwire::protocol {

using Fields = std::vector<std::pair<std::string, std::string>>;

/// What a client asks for in a correct opening handshake; views of the request.
struct HandshakeOffer {
    int version = 13;  ///< 13, or 8: the earlier draft, of the same frames.
    std::string_view key;
    std::string_view origin;  ///< Origin, or Sec-WebSocket-Origin in version 8.
    std::vector<std::string_view> subprotocols;
    std::vector<Extension> extensions = {};
};

/// Why a request is not an opening handshake, as the HTTP answer to it.
struct Refusal {
    int status = 400;
    std::string body;  ///< One line: what is missing or wrong, and what is expected.
    Fields headers = {};
};

/// Judges a request (RFC 6455, section 4.2.1).
[[nodiscard]] std::expected<HandshakeOffer, Refusal> judge_request(
    std::string_view method, int minor_version, std::span<const HeaderField> fields);

/// The first of the server's `preferred` that the client offers; empty where there is none. A view
/// of `preferred`.
[[nodiscard]] std::string_view choose_subprotocol(std::span<const std::string> preferred,
                                                  std::span<const std::string_view> offered);

/// The fields of the 101 response (section 4.2.2); `extensions` as they were agreed on.
[[nodiscard]] Fields response_fields(const HandshakeOffer& offer, std::string_view subprotocol,
                                     std::string_view extensions = {});

/// The fields of a client's request, but for Host (section 4.1).
[[nodiscard]] Fields request_fields(std::string_view key, std::span<const std::string> subprotocols,
                                    std::string_view origin, std::string_view extensions = {});

/// What a server agreed to.
struct HandshakeAnswer {
    std::string subprotocol;
    std::optional<DeflateParameters> deflate = {};
};

/// Whether a client had offered permessage-deflate.
enum class DeflateOffer : bool { none, made };

/// Judges the answer to a client's request (section 4.1): what is wrong with it, otherwise.
[[nodiscard]] std::expected<HandshakeAnswer, std::string> judge_response(
    int status, std::span<const HeaderField> fields, std::string_view key,
    std::span<const std::string> offered, DeflateOffer deflate = DeflateOffer::none);

}  // namespace longwire::protocol

#pragma once

#include <longwire/header_field.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace longwire {

/// The field in which proxies say who sent a request (`ServerOptions::trusted_proxies`).
enum class ForwardedField : std::uint8_t {
    x_forwarded_for,  ///< X-Forwarded-For; whether it came over TLS, X-Forwarded-Proto.
    forwarded         ///< Forwarded (RFC 7239), of which `for` and `proto` are read.
};

/// One HTTP request as a handler sees it. Owns all that it shows: the views it hands out are
/// valid as long as the Request, also after it was moved. One thread at a time.
class Request {
public:
    Request() = default;

    /// "GET", "POST", … as the client sent it (methods are case-sensitive).
    [[nodiscard]] std::string_view method() const noexcept { return view(method_); }

    /// The request target as it was sent: path and query, still percent-encoded.
    [[nodiscard]] std::string_view target() const noexcept { return view(target_); }

    /// The path, percent-decoded, always beginning with '/'. A target with a malformed escape, or
    /// one that decodes to a NUL, never reaches a handler (it is answered with 400). For the target
    /// "*" of OPTIONS it is "/".
    [[nodiscard]] std::string_view path() const noexcept {
        return decoded_path_.empty() ? view(path_) : text(decoded_path_);
    }

    /// What follows the '?', still percent-encoded and without the '?'; empty where there is none.
    [[nodiscard]] std::string_view query() const noexcept { return view(query_); }

    /// The first value of `name` in the query (`?name=value`), decoded ('+' is a space);
    /// an empty text for `?name`; nothing where the name does not occur.
    [[nodiscard]] std::optional<std::string> query(std::string_view name) const;

    /// What the route's `:name` (or, under "*", its trailing '*') matched; empty where the route
    /// has no such parameter.
    [[nodiscard]] std::string_view parameter(std::string_view name) const noexcept;

    /// The value of the first header field `name` (case ignored); nothing where there is none.
    [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const noexcept;

    /// All header fields in the order they came.
    [[nodiscard]] std::span<const HeaderField> headers() const noexcept { return fields_; }

    /// The value of the cookie `name` (RFC 6265, section 4.2), without the quotation marks it may
    /// stand in; nothing where it was not sent.
    [[nodiscard]] std::optional<std::string_view> cookie(std::string_view name) const noexcept;

    /// The content that came with the request; whole, and within the limit of the server.
    [[nodiscard]] std::string_view body() const noexcept { return text(body_); }

    /// HTTP/1.`minor_version`: 0 or 1.
    [[nodiscard]] int minor_version() const noexcept { return minor_version_; }

    /// The other end of the connection: "192.0.2.7:54321", "[2001:db8::7]:54321", or "unix".
    [[nodiscard]] std::string_view peer() const noexcept {
        return peer_ ? std::string_view(*peer_) : std::string_view();
    }

    /// The address of whoever sent it: "192.0.2.7", "2001:db8::7", or "unix". That of the peer,
    /// unless that is a trusted proxy (`ServerOptions::trusted_proxies`), which says whose it is.
    [[nodiscard]] std::string_view client_address() const noexcept;

    /// Whether it came over TLS: to this server, or to the trusted proxy that says so.
    [[nodiscard]] bool secure() const noexcept { return secure_; }

    /// The subject of the client's certificate, if it showed one and that was verified, as RFC 4514
    /// writes it: "CN=alice,O=Example". See ServerTls::client_certificates.
    [[nodiscard]] std::string_view client_certificate() const noexcept {
        return text(client_certificate_);
    }

    Request(Request&&) noexcept = default;
    Request& operator=(Request&&) noexcept = default;
    Request(const Request&) = delete;
    Request& operator=(const Request&) = delete;
    ~Request() = default;

private:
    friend class RequestAccess;

    struct Slice {
        std::uint32_t offset = 0;
        std::uint32_t size = 0;
    };

    [[nodiscard]] std::string_view view(Slice slice) const noexcept {
        return {head_.data() + slice.offset, slice.size};
    }

    [[nodiscard]] static std::string_view text(const std::vector<char>& bytes) noexcept {
        return {bytes.data(), bytes.size()};
    }

    // Vectors and not strings, so that views survive a move.
    std::vector<char> head_;
    Slice method_;
    Slice target_;
    Slice path_;  // as it was sent
    Slice query_;
    std::vector<HeaderField> fields_;
    std::vector<char> decoded_path_;  // where that is another one
    std::vector<std::pair<std::string, std::string>> parameters_;
    std::vector<char> body_;
    std::shared_ptr<const std::string> peer_;  // that all of a connection have in common
    std::vector<char> client_address_;         // of a proxy's client
    std::vector<char> client_certificate_;
    int minor_version_ = 1;
    bool secure_ = false;
};

}  // namespace longwire

#include "engine/client/http_tunnel.hpp"

#include "engine/client/received_answer.hpp"
#include "http/basic_credentials.hpp"
#include "http/response_writer.hpp"

#include <longwire/http_answer.hpp>
#include <longwire/response.hpp>

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace longwire::engine {

namespace {

http::Limits limits_of_answer() noexcept {
    http::Limits limits;
    limits.max_body_size = HttpAnswer::max_body_size;
    return limits;
}

/// What to do about the statuses that proxies answer with.
std::string_view remedy_for(int status, bool gave_credentials) noexcept {
    switch (status) {
        case 401:  // what some proxies say of a wrong password
        case 407:
            return gave_credentials
                       ? "; it does not take this user and password"
                       : "; it wants a user and a password: http://user:password@host:port";
        case 403:
        case 405:
            return "; it does not allow connections to that host and port";
        case 500:  // what tinyproxy says of it
        case 502:
        case 503:
        case 504:
            return "; it cannot reach the server";
        default:
            return "";
    }
}

// What the answer of a SOCKS5 proxy begins with, to whatever it cannot make sense of.
constexpr std::byte socks_version{5};
constexpr const char* socks_remedy = "; it may speak SOCKS: write socks5:// for it";

}  // namespace

HttpTunnel::HttpTunnel(const Proxy& proxy, std::string authority)
    : proxy_name_(proxy.name()),
      authority_(std::move(authority)),
      parser_(limits_of_answer(), http::ResponseParser::To::connect) {
    if (!proxy.user.empty()) credentials_ = http::basic_credentials(proxy.user, proxy.password);
}

std::string HttpTunnel::begin() {
    std::vector<http::Field> fields = {{"Host", authority_}};
    if (!credentials_.empty()) fields.emplace_back("Proxy-Authorization", credentials_);
    return http::write_request("CONNECT", authority_, fields);
}

Result<net::Dialogue::Progress> HttpTunnel::receive(std::span<const std::byte> bytes) {
    if (refused_) return collect(bytes);
    if (!first_ && !bytes.empty()) first_ = bytes.front();
    const auto parsed = parser_.parse(bytes);
    const auto rest = bytes.subspan(parsed.consumed);
    switch (parsed.status) {
        case http::ResponseParser::Status::need_more:
            return Progress{};
        case http::ResponseParser::Status::failed:
            return Failure(fail(parser_.reason() + (first_ == socks_version ? socks_remedy : "")));
        case http::ResponseParser::Status::head:
            break;
    }
    if (parser_.status() < 200 || parser_.status() > 299) {
        refused_ = true;
        return collect(rest);
    }
    if (!rest.empty()) return Failure(fail("it sent data too early"));
    return Progress{.done = true};
}

Result<net::Dialogue::Progress> HttpTunnel::collect(std::span<const std::byte> body) {
    using Status = http::ResponseParser::BodyStatus;
    if (parser_.status() == 101) return Failure(refusal(true));
    const auto collected = parser_.collect_body(body);
    if (collected.status == Status::need_more) return Progress{.refused = true};
    return Failure(refusal(collected.status == Status::failed || parser_.is_truncated()));
}

Error HttpTunnel::refusal(bool body_is_cut) const {
    auto answer = received_answer(parser_, body_is_cut);
    answer->from_proxy = true;
    std::string status = std::to_string(answer->status);
    if (const std::string_view phrase = reason_phrase(answer->status); !phrase.empty())
        status += " " + std::string(phrase);
    const std::string words =
        "it answered " + status + std::string(remedy_for(answer->status, !credentials_.empty()));
    return {ErrorCode::proxy_failed, fail(words).message(), std::move(answer)};
}

Error HttpTunnel::ended() const {
    // A body of no announced length is whole now; any other is not.
    if (refused_) return refusal(!parser_.ends_with_connection());
    return fail("it ended the connection without an answer");
}

Error HttpTunnel::fail(const std::string& why) const {
    return {ErrorCode::proxy_failed,
            "the proxy " + proxy_name_ + " does not connect to " + authority_ + ": " + why};
}

}  // namespace longwire::engine

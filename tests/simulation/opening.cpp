#include "opening.hpp"

#include "http/response_writer.hpp"
#include "protocol/handshake.hpp"

#include <utility>
#include <vector>

namespace longwire::simulation {

namespace {

const std::vector<std::string> offered_subprotocols = {"chat.v2", "chat"};
const std::vector<std::string> preferred_subprotocols = {"chat", "soap"};

std::string make_key(Chance& chance) {
    // 16 bytes in base64: the last of 22 letters holds two bits.
    constexpr std::string_view letters =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string key;
    for (int count = 0; count < 21; ++count) key += letters[chance.between(0, 63)];
    key += letters[16 * chance.between(0, 3)];
    return key + "==";
}

}  // namespace

ClientOpening::ClientOpening(const Plan& plan, Chance& chance)
    : plan_(plan), key_(make_key(chance)) {
    protocol::Fields fields = {{"Host", "simulated.example"}};
    for (auto& field : protocol::request_fields(key_, offered_subprotocols,
                                                "http://simulated.example", plan.offer)) {
        if (plan.version == 8 && field.first == "Sec-WebSocket-Version") field.second = "8";
        if (plan.version == 8 && field.first == "Origin") field.first = "Sec-WebSocket-Origin";
        fields.push_back(std::move(field));
    }
    request_ = http::write_request("GET", "/live?room=1", fields);
}

Opened ClientOpening::receive(std::span<const std::byte> bytes) {
    const auto parsed = parser_.parse(bytes);
    Opened opened = {.consumed = parsed.consumed, .answer = {}};
    if (parsed.status == http::ResponseParser::Status::need_more) return opened;
    opened.status = Opened::Status::failed;
    if (parsed.status == http::ResponseParser::Status::failed) return opened;
    const auto judged = protocol::judge_response(
        parser_.status(), parser_.fields(), key_, offered_subprotocols,
        plan_.offer.empty() ? protocol::DeflateOffer::none : protocol::DeflateOffer::made);
    if (!judged || judged->subprotocol != "chat") return opened;
    opened.status = Opened::Status::open;
    opened.deflate = judged->deflate;
    return opened;
}

ServerOpening::ServerOpening(const Plan& plan) : plan_(plan), parser_(http::Limits()) {}

Opened ServerOpening::receive(std::span<const std::byte> bytes) {
    const auto parsed = parser_.parse(bytes);
    Opened opened = {.consumed = parsed.consumed, .answer = {}};
    if (parsed.status == http::RequestParser::Status::need_more) return opened;
    opened.status = Opened::Status::failed;
    if (parsed.status == http::RequestParser::Status::failed) {
        opened.answer = http::write_response(parser_.refusal(), {.keep_alive = false});
        return opened;
    }
    const Request request = parser_.take_request();
    const auto offer =
        protocol::judge_request(request.method(), request.minor_version(), request.headers());
    if (!offer || offer->version != plan_.version) {
        const int status = offer ? 500 : offer.error().status;
        const std::string body = offer ? "not the version that was sent" : offer.error().body;
        opened.answer =
            http::write_response({.status = status, .body = body}, {.keep_alive = false});
        return opened;
    }
    std::string extensions;
    if (plan_.server_compresses) {
        if (auto agreed = protocol::choose_deflate(offer->extensions, plan_.server_wishes)) {
            opened.deflate = agreed->parameters;
            extensions = std::move(agreed->response);
        }
    }
    const auto subprotocol =
        protocol::choose_subprotocol(preferred_subprotocols, offer->subprotocols);
    opened.answer =
        http::write_switching_protocols(protocol::response_fields(*offer, subprotocol, extensions));
    opened.status = Opened::Status::open;
    return opened;
}

}  // namespace longwire::simulation

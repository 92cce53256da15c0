// A connection from its first byte, put together without I/O: HTTP, the opening handshake, and the
// frames behind it, in both roles.
#include "connection_properties.hpp"
#include "fuzz_input.hpp"

#include "http/request_parser.hpp"
#include "http/response_parser.hpp"
#include "http/response_writer.hpp"
#include "protocol/handshake.hpp"

#include <longwire/response.hpp>

namespace longwire::fuzz {
namespace {

constexpr std::string_view key = "dGhlIHNhbXBsZSBub25jZQ==";
const std::vector<std::string> subprotocols = {"chat", "superchat"};
constexpr http::Limits http_limits = {
    .max_head_size = 2048, .max_fields = 32, .max_body_size = 512};

/// The frames after a handshake; each side keeps its context as agreed on.
ConnectionSettings settings_of(protocol::Role role,
                               const std::optional<protocol::DeflateParameters>& deflate,
                               std::uint8_t script) {
    ConnectionSettings settings = {.role = role,
                                   .limits = {.max_message_size = 4096},
                                   .compressed = deflate.has_value(),
                                   .keep_our_context = false,
                                   .keep_their_context = false,
                                   .script = script};
    if (deflate) {
        settings.keep_our_context = !deflate->server_no_context_takeover;
        settings.keep_their_context = !deflate->client_no_context_takeover;
        if (role == protocol::Role::client)
            std::swap(settings.keep_our_context, settings.keep_their_context);
    }
    return settings;
}

/// A server: requests are answered one after the other, until one opens a WebSocket.
class ServerSide {
public:
    explicit ServerSide(std::uint8_t script) : script_(script) {}

    void take(std::span<std::byte> bytes) {
        while (!bytes.empty() && !done_) {
            if (endpoint_) {
                const std::size_t consumed = endpoint_->take(bytes);
                require(consumed == bytes.size(), "an endpoint that does not pause takes all");
                return;
            }
            const auto parsed = parser_.parse(bytes);
            bytes = bytes.subspan(parsed.consumed);
            if (parsed.status == http::RequestParser::Status::failed)
                return answer(parser_.refusal(), false);
            if (parsed.status == http::RequestParser::Status::need_more) return;
            judge(parser_.take_request());
        }
    }

    std::string end() {
        if (!endpoint_) return output_;
        const Account account = endpoint_->end();
        return output_ + account.log + account.output;
    }

private:
    void answer(const Response& response, bool keep_alive) {
        output_ += http::write_response(response, {.keep_alive = keep_alive});
        done_ = !keep_alive;
    }

    void judge(const Request& request) {
        if (!parser_.upgrade_requested())
            return answer(Response::text(404, "Nothing is here."), parser_.keep_alive());
        const auto offer =
            protocol::judge_request(request.method(), request.minor_version(), request.headers());
        if (!offer) return answer(Response::text(offer.error().status, offer.error().body), false);
        const auto agreed =
            protocol::choose_deflate(offer->extensions, {.no_context_takeover = false});
        const auto fields = protocol::response_fields(
            *offer, protocol::choose_subprotocol(subprotocols, offer->subprotocols),
            agreed ? agreed->response : std::string());
        output_ += http::write_switching_protocols(fields);
        check_answer(output_.substr(output_.rfind("HTTP/1.1 101")), *offer);
        endpoint_.emplace(settings_of(protocol::Role::server,
                                      agreed ? std::optional(agreed->parameters) : std::nullopt,
                                      script_));
    }

    /// The client that sent such a request goes on with the answer.
    static void check_answer(std::string_view text, const protocol::HandshakeOffer& offer) {
        http::ResponseParser parser;
        const auto parsed = parser.parse(bytes_of(text));
        require(
            parsed.status == http::ResponseParser::Status::head && parsed.consumed == text.size(),
            "the answer to a handshake is a head, and no more");
        const std::vector<std::string> offered(offer.subprotocols.begin(),
                                               offer.subprotocols.end());
        require(protocol::judge_response(parser.status(), parser.fields(), offer.key, offered,
                                         protocol::DeflateOffer::made)
                    .has_value(),
                "the client takes the answer to its handshake");
    }

    http::RequestParser parser_{http_limits};
    std::optional<WholeMessages> endpoint_;
    std::string output_;
    std::uint8_t script_;
    bool done_ = false;
};

/// A client: its request is out, and the answer comes.
class ClientSide {
public:
    explicit ClientSide(std::uint8_t script) : script_(script) {}

    void take(std::span<std::byte> bytes) {
        if (done_) return;
        if (!endpoint_) {
            const auto parsed = parser_.parse(bytes);
            bytes = bytes.subspan(parsed.consumed);
            if (parsed.status == http::ResponseParser::Status::need_more) return;
            done_ = parsed.status == http::ResponseParser::Status::failed;
            if (!done_) judge();
        }
        if (endpoint_ && !bytes.empty())
            require(endpoint_->take(bytes) == bytes.size(),
                    "an endpoint that does not pause takes all");
    }

    std::string end() {
        if (!endpoint_) return done_ ? "failed" : "unfinished";
        const Account account = endpoint_->end();
        return account.log + account.output;
    }

private:
    void judge() {
        const auto answer = protocol::judge_response(parser_.status(), parser_.fields(), key,
                                                     subprotocols, protocol::DeflateOffer::made);
        done_ = !answer;
        if (answer)
            endpoint_.emplace(settings_of(protocol::Role::client, answer->deflate, script_));
    }

    http::ResponseParser parser_{http_limits};
    std::optional<WholeMessages> endpoint_;
    std::uint8_t script_;
    bool done_ = false;
};

template <class Side>
std::string account_of(std::string bytes, std::uint8_t script, Pieces* pieces) {
    Side side(script);
    for (std::span<std::byte> rest = writable_bytes_of(bytes); !rest.empty();) {
        const auto piece = rest.first(pieces != nullptr ? pieces->next(rest.size()) : rest.size());
        rest = rest.subspan(piece.size());
        side.take(piece);
    }
    return side.end();
}

/// Both failures of a compressed message may be there at once, see fuzz_connection.cpp.
std::string without_end(const std::string& account) {
    return account.substr(0, account.rfind("closed 100"));
}

template <class Side>
void check_side(const std::string& bytes, std::uint8_t script, Pieces pieces) {
    require_same(without_end(account_of<Side>(bytes, script, nullptr)),
                 without_end(account_of<Side>(bytes, script, &pieces)),
                 "a connection does not depend on how its bytes are divided");
}

void check_upgrade(FuzzInput input) {
    const Pieces pieces = input.pieces();
    const bool is_client = input.flag();
    const auto script = static_cast<std::uint8_t>(input.number(0, 255));
    const std::string bytes = input.rest();
    if (is_client)
        check_side<ClientSide>(bytes, script, pieces);
    else
        check_side<ServerSide>(bytes, script, pieces);
}

}  // namespace
}  // namespace longwire::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    longwire::fuzz::check_upgrade({data, size});
    return 0;
}

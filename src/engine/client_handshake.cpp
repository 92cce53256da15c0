#include "engine/client_handshake.hpp"

#include "http/response_writer.hpp"
#include "protocol/handshake.hpp"

#include <longwire/response.hpp>

#include <span>
#include <utility>
#include <vector>

namespace longwire::engine {

ClientHandshake::ClientHandshake(Worker& worker, std::shared_ptr<const ConnectPlan> plan, Done done)
    : worker_(worker),
      plan_(std::move(plan)),
      done_(std::move(done)),
      key_(protocol::random_key()) {}

void ClientHandshake::attach(net::Stream& stream) {
    stream_ = &stream;
    std::vector<std::pair<std::string, std::string>> fields;
    fields.emplace_back("Host", plan_->url.host_field());
    const bool offering = plan_->terms.compression != Compression::off;
    const std::string extensions =
        offering ? protocol::offer_deflate(wishes_of(plan_->terms)) : std::string();
    for (auto& field :
         protocol::request_fields(key_, plan_->subprotocols, plan_->origin, extensions))
        fields.push_back(std::move(field));
    for (const auto& field : plan_->headers) fields.push_back(field);
    const std::string request = http::write_request("GET", plan_->url.target, fields);
    stream.write(std::as_bytes(std::span(request)));
}

void ClientHandshake::give_up() noexcept {
    done_ = {};
    if (stream_ != nullptr) stream_->close();
}

void ClientHandshake::on_receive(std::span<std::byte> bytes) {
    // Exchanging the stream's session drops its hold on this one.
    const net::Ref<ClientHandshake> self(this);
    const auto parsed = parser_.parse(bytes);
    switch (parsed.status) {
        case http::ResponseParser::Status::need_more:
            return;
        case http::ResponseParser::Status::failed:
            fail(ErrorCode::handshake_invalid, parser_.reason());
            return;
        case http::ResponseParser::Status::head:
            judge(bytes.subspan(parsed.consumed));
            return;
    }
}

void ClientHandshake::judge(std::span<std::byte> rest) {
    if (parser_.status() != 101) {
        std::string status = std::to_string(parser_.status());
        const std::string_view phrase = reason_phrase(parser_.status());
        if (!phrase.empty()) status += " " + std::string(phrase);
        fail(ErrorCode::handshake_refused, "the server answered " + status +
                                               ", and not 101 Switching Protocols, at " +
                                               plan_->url.target);
        return;
    }
    const auto answer = protocol::judge_response(
        parser_.status(), parser_.fields(), key_, plan_->subprotocols,
        plan_->terms.compression == Compression::off ? protocol::DeflateOffer::none
                                                     : protocol::DeflateOffer::made);
    if (!answer) {
        fail(ErrorCode::handshake_invalid, answer.error());
        return;
    }
    // The session keeps the plan, and with it the name that was agreed on.
    std::string_view subprotocol;
    for (const std::string& name : plan_->subprotocols)
        if (name == answer->subprotocol) subprotocol = name;
    const net::Ref<WebSocketSession> session(
        new WebSocketSession(worker_, protocol::Role::client, plan_->terms, subprotocol, plan_));
    if (const auto& agreed = answer->deflate) session->compress(*agreed);
    net::Stream& stream = *std::exchange(stream_, nullptr);
    stream.exchange_session(session);
    session->attach(stream);
    WebSocket socket = session->converse();
    if (!rest.empty()) session->on_receive(rest);
    if (const auto done = std::exchange(done_, {})) done(std::move(socket));
}

void ClientHandshake::on_end() {
    const net::TlsChannel* const tls = stream_ == nullptr ? nullptr : stream_->tls();
    if (tls != nullptr && tls->certificate_missed())
        fail(ErrorCode::tls_failed,
             "the server ended the connection; it had asked for a client certificate, and none "
             "was given");
    else if (tls != nullptr && !tls->established())
        fail(ErrorCode::tls_failed, "the server ended the connection during the TLS handshake");
    else
        fail(ErrorCode::handshake_invalid, "the server ended the connection without an answer");
}

void ClientHandshake::on_leaving() {
    if (stream_ != nullptr) stream_->close();
}

void ClientHandshake::on_closed(net::Ending /*ending*/) {
    const net::Stream* const stream = std::exchange(stream_, nullptr);
    const net::TlsChannel* const tls = stream == nullptr ? nullptr : stream->tls();
    if (tls != nullptr && tls->failure() != nullptr) {
        fail(tls->failure()->code(), tls->failure()->message());
        return;
    }
    fail(ErrorCode::connection_failed, "the connection broke before the server had answered");
}

void ClientHandshake::fail(ErrorCode code, const std::string& why) {
    const net::Ref<ClientHandshake> self(this);
    if (stream_ != nullptr) stream_->close();
    const std::string where = plan_->unix_path.empty() ? plan_->url.host_field() : plan_->unix_path;
    if (const auto done = std::exchange(done_, {}))
        done(failure(code, "cannot open a WebSocket at " + where + ": " + why));
}

}  // namespace longwire::engine

#include "engine/client/client_handshake.hpp"

#include "engine/client/received_answer.hpp"
#include "http/response_writer.hpp"
#include "protocol/handshake.hpp"

#include <longwire/http_answer.hpp>
#include <longwire/response.hpp>

#include <chrono>
#include <memory>
#include <utility>
#include <vector>

namespace longwire::engine {

namespace {

// The rest of a refusal is worth no longer wait.
constexpr std::chrono::milliseconds patience_for_body = std::chrono::seconds(1);

constexpr std::size_t max_location_shown = 200;

constexpr const char* certificate_missed =
    "the server ended the connection; it had asked for a client certificate, and none was given";

http::Limits limits_of_answer() noexcept {
    http::Limits limits;
    limits.max_body_size = HttpAnswer::max_body_size;
    return limits;
}

}  // namespace

ClientHandshake::ClientHandshake(Worker& worker, const ConnectPlan& plan, Done done)
    : worker_(worker),
      plan_(plan),
      done_(std::move(done)),
      parser_(limits_of_answer()),
      key_(protocol::random_key()) {}

void ClientHandshake::attach(net::Stream& stream) {
    stream_ = &stream;
    const ClientTerms& terms = *plan_.terms();
    std::vector<std::pair<std::string, std::string>> fields;
    fields.emplace_back("Host", plan_.host_field());
    const bool offering = terms.terms.compression != Compression::off;
    const std::string extensions =
        offering ? protocol::offer_deflate(wishes_of(terms.terms)) : std::string();
    for (auto& field :
         protocol::request_fields(key_, terms.subprotocols, plan_.origin(), extensions))
        fields.push_back(std::move(field));
    for (auto& field : plan_.request_fields()) fields.push_back(std::move(field));
    const std::string request = http::write_request("GET", plan_.url().target, fields);
    stream.write(std::as_bytes(std::span(request)));
}

bool ClientHandshake::conclude() {
    // That of a redirect which was followed has said all it had to say.
    if (!refused_ || !done_) return false;
    refuse();
    return true;
}

void ClientHandshake::give_up() noexcept {
    done_ = {};
    if (stream_ != nullptr) stream_->close();
}

void ClientHandshake::on_receive(std::span<std::byte> bytes) {
    if (!done_) return;
    // Exchanging the stream's session drops its hold on this one.
    const net::Ref<ClientHandshake> self(this);
    if (refused_) {
        collect(bytes);
        return;
    }
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
    if (parser_.status() == 101) {
        open(rest);
        return;
    }
    refused_ = true;
    if (plan_.follows(parser_.status())) {
        refuse();
        return;
    }
    stream_->arm(patience_for_body);
    collect(rest);
}

void ClientHandshake::open(std::span<std::byte> rest) {
    const ClientTerms& terms = *plan_.terms();
    const auto answer = protocol::judge_response(
        parser_.status(), parser_.fields(), key_, terms.subprotocols,
        terms.terms.compression == Compression::off ? protocol::DeflateOffer::none
                                                    : protocol::DeflateOffer::made);
    if (!answer) {
        fail(ErrorCode::handshake_invalid, answer.error());
        return;
    }
    // The session keeps the terms, and with them the name that was agreed on.
    std::string_view subprotocol;
    for (const std::string& name : terms.subprotocols)
        if (name == answer->subprotocol) subprotocol = name;
    const net::Ref<WebSocketSession> session(new WebSocketSession(
        worker_, protocol::Role::client, terms.terms, subprotocol, plan_.terms()));
    if (const auto& agreed = answer->deflate) session->compress(*agreed);
    net::Stream& stream = *std::exchange(stream_, nullptr);
    stream.exchange_session(session);
    session->attach(stream);
    WebSocket socket = session->converse();
    if (!rest.empty()) session->on_receive(rest);
    settle(std::move(socket));
}

void ClientHandshake::collect(std::span<std::byte> bytes) {
    using Status = http::ResponseParser::BodyStatus;
    const auto collected = parser_.collect_body(bytes);
    if (collected.status == Status::need_more) return;
    body_is_cut_ = collected.status == Status::failed || parser_.is_truncated();
    refuse();
}

void ClientHandshake::refuse() {
    auto answer = received_answer(parser_, body_is_cut_);
    std::string words = "the server answered " + std::to_string(answer->status);
    const std::string_view phrase = reason_phrase(answer->status);
    if (!phrase.empty()) words += " " + std::string(phrase);
    words += ", and not 101 Switching Protocols, at " + plan_.url().target;
    if (const std::string_view location = answer->field("Location"); !location.empty())
        words += "; it leads to " + std::string(location.substr(0, max_location_shown));
    settle(Failure(Error(ErrorCode::handshake_refused,
                         "cannot open a WebSocket at " + plan_.server() + ": " + words,
                         std::move(answer))));
}

void ClientHandshake::on_end() {
    if (!done_) return;
    if (refused_) {
        // A body of no announced length is whole now; any other is not.
        body_is_cut_ = !parser_.ends_with_connection();
        refuse();
        return;
    }
    const net::TlsChannel* const tls = stream_ == nullptr ? nullptr : stream_->tls();
    if (tls != nullptr && tls->certificate_missed())
        fail(ErrorCode::tls_failed, certificate_missed);
    else if (tls != nullptr && !tls->established())
        fail(ErrorCode::tls_failed, "the server ended the connection during the TLS handshake");
    else
        fail(ErrorCode::handshake_invalid, "the server ended the connection without an answer");
}

void ClientHandshake::on_timer() {
    if (done_ && refused_) refuse();
}

void ClientHandshake::on_leaving() {
    if (stream_ != nullptr) stream_->close();
}

void ClientHandshake::on_closed(net::Ending /*ending*/) {
    const net::Stream* const stream = std::exchange(stream_, nullptr);
    // Once nobody is to be told any more, the plan may be gone.
    if (!done_) return;
    const net::TlsChannel* const tls = stream == nullptr ? nullptr : stream->tls();
    if (refused_) {
        refuse();
        return;
    }
    if (tls != nullptr && tls->failure() != nullptr) {
        fail(tls->failure()->code(), tls->failure()->message());
        return;
    }
    // Some servers reset the connection instead, and what they had said is lost.
    if (tls != nullptr && tls->certificate_missed()) {
        fail(ErrorCode::tls_failed, certificate_missed);
        return;
    }
    fail(ErrorCode::connection_failed, "the connection broke before the server had answered");
}

void ClientHandshake::fail(ErrorCode code, const std::string& why) {
    settle(failure(code, "cannot open a WebSocket at " + plan_.server() + ": " + why));
}

void ClientHandshake::settle(Result<WebSocket> result) {
    const net::Ref<ClientHandshake> self(this);
    if (stream_ != nullptr) stream_->close();
    if (const auto done = std::exchange(done_, {})) done(std::move(result));
}

}  // namespace longwire::engine

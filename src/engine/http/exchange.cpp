#include "engine/http/exchange.hpp"

#include "engine/http/secret_parameters.hpp"
#include "engine/log.hpp"
#include "http/request_builder.hpp"
#include "http/response_writer.hpp"
#include "net/stream.hpp"

#include <string>
#include <utility>

namespace longwire::engine {

namespace {

Response cannot_answer() {
    return Response::text(500, "The server could not answer this request.");
}

void log_throw(const Request& request, std::string_view consequence) {
    log(LogLevel::warning, "the handler of " + std::string(request.method()) + " " +
                               std::string(request.path()) + " threw an exception (" +
                               std::string(current_exception_words()) + ")" +
                               std::string(consequence));
}

}  // namespace

std::optional<Exchange::End> Exchange::answer(Request&& request, const Arrival& arrival) {
    head_only_ = request.method() == "HEAD";
    leaving_ = arrival.leaving;
    const Router::Match match = connection_.terms.router.find(request.method(), request.path());
    begin_access(request, match, arrival.bytes);
    // Where a WebSocket is served, a folder of files around it has nothing to say.
    const bool plain = match.http != nullptr &&
                       (match.websocket == nullptr || !match.websocket->before(*match.http));
    // What is served beside the WebSocket by other methods than this one says which.
    const bool other_method =
        match.http == nullptr && !match.allowed.empty() && request.method() != "GET" && !head_only_;
    if (match.websocket != nullptr && (arrival.asks_for_upgrade || (!plain && !other_method))) {
        http::RequestBuilder::set_parameters(request, match.websocket_parameters());
        return upgrade(*match.websocket->websocket, std::move(request), arrival.half_closed);
    }
    if (arrival.asks_for_upgrade) {
        connection_.worker.tally().add(HandshakeFailure::no_route);
        if (access_) access_->refuse(HandshakeFailure::no_route);
    }
    if (match.http != nullptr)
        http::RequestBuilder::set_parameters(request, match.http_parameters());
    if (match.http != nullptr && match.http->reply) return answer_by_reply(*match.http, request);
    return respond(answer_at_once(match, request));
}

Response Exchange::answer_at_once(const Router::Match& match, Request& request) const {
    const Router& router = connection_.terms.router;
    if (match.http == nullptr && !match.allowed.empty())
        return router.shared(request,
                             Response::text(405, "This address answers " + match.allowed + " only.")
                                 .with("Allow", match.allowed));
    if (match.http == nullptr)
        return router.shared(request, Response::text(404, "There is nothing at this address."));
    try {
        return match.http->http(request);
    } catch (...) {
        log_throw(request, "; it was answered with 500");
        return router.shared(request, cannot_answer());
    }
}

Exchange::End Exchange::respond(const Response& response) {
    const std::size_t bytes = connection_.sink.write(response, head_only_);
    end_access(http::written_status(response.status), bytes);
    return End::answered;
}

void Exchange::refuse(const Response& response, const Refused& refused) {
    head_only_ = refused.to_head;
    if (const auto& sink = connection_.terms.access_sink)
        access_ =
            std::make_unique<AccessEntry>(sink, connection_.sink.stream().peer(), refused.bytes);
    if (refused.why) connection_.worker.tally().add(*refused.why);
    if (refused.why && access_) access_->refuse(*refused.why);
    respond(response);
}

void Exchange::answer_instead(Response response) {
    response = replying_->terms().own(std::move(response));
    replying_->lose();
    respond(response);
}

// ---- answers that come later --------------------------------------------------------------------

std::unique_ptr<HttpReplying> Exchange::new_replying(HttpReplying::Terms terms) {
    HttpReplying::Listener& listener = *this;
    return std::make_unique<HttpReplying>(connection_.sink, std::move(terms), listener);
}

std::optional<Exchange::End> Exchange::answer_by_reply(const Route& route, const Request& request) {
    HttpReplying::Terms terms = {.head_only = head_only_};
    if (request.header("Origin"))
        terms.own_fields = std::make_unique<std::vector<std::pair<std::string, std::string>>>(
            connection_.terms.router.shared(request, {}).headers);
    replying_ = new_replying(std::move(terms));
    handling_ = true;
    try {
        route.reply(request, replying_->reply(connection_.worker.shared_entry()));
    } catch (...) {
        log_throw(request, "");
        replying_->abandon();
    }
    return end_of_handler();
}

/// What it has replied within its call.
std::optional<Exchange::End> Exchange::end_of_handler() {
    if (leaving_ && !outcome_) replying_->leave();
    handling_ = false;
    if (const auto outcome = std::exchange(outcome_, {})) return ended(*outcome);
    return std::nullopt;
}

/// What a reply says, maybe deep within a call to it.
void Exchange::on_replied(HttpReplying::Outcome outcome) {
    if (handling_)
        outcome_ = outcome;
    else
        // It may destroy this.
        connection_.listener.on_exchange_ended(*this, ended(outcome));
}

Exchange::End Exchange::ended(HttpReplying::Outcome outcome) {
    const auto replying = std::exchange(replying_, {});
    answered_ = replying->take_watch();
    if (outcome == HttpReplying::Outcome::switched)
        return switch_protocols(replying->take_switching());
    if (replying->terms().upgrading) {
        upgrading_.reset();
        connection_.worker.tally().add(Tally::handshakes_refused);
        connection_.worker.tally().add(HandshakeFailure::program);
        if (access_) access_->refuse(HandshakeFailure::program);
    }
    if (outcome == HttpReplying::Outcome::unanswered)
        return respond(replying->terms().own(cannot_answer()));
    end_access(replying->status(), replying->bytes_sent());
    switch (outcome) {
        case HttpReplying::Outcome::broken:
            return End::broken;
        case HttpReplying::Outcome::overrun:
            return End::overrun;
        default:
            return End::answered;
    }
}

void Exchange::lose() {
    if (replying_) replying_->lose();
    end_unanswered_access();
}

void Exchange::leave() {
    leaving_ = true;
    if (replying_) replying_->leave();
}

// ---- what the access log is told ----------------------------------------------------------------

void Exchange::begin_access(const Request& request, const Router::Match& match, std::size_t bytes) {
    if (const auto& sink = connection_.terms.access_sink)
        access_ = std::make_unique<AccessEntry>(sink, request,
                                                without_secrets(request.target(), match), bytes);
}

void Exchange::end_access(int status, std::size_t bytes_sent) {
    if (!access_) return;
    access_->add_sent(bytes_sent);
    std::exchange(access_, nullptr)->end(status);
}

/// The client has gone, or is given up, before its answer was complete.
void Exchange::end_unanswered_access() {
    if (!access_) return;
    constexpr int client_went = 499;
    if (begun()) access_->add_sent(replying_->bytes_sent());
    std::exchange(access_, nullptr)->end(begun() ? replying_->status() : client_went);
}

}  // namespace longwire::engine

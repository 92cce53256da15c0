#include "engine/http/http_session.hpp"

#include "engine/http/secret_parameters.hpp"
#include "engine/log.hpp"
#include "http/date.hpp"
#include "http/field_list.hpp"
#include "http/request_builder.hpp"
#include "http/response_writer.hpp"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <ctime>
#include <string>
#include <utility>

namespace longwire::engine {

namespace {

// A client that sends requests and does not read the responses is not served further above this.
constexpr std::size_t most_unread_responses = std::size_t{256} * 1024;
// Beyond, a client that sends requests before it has its answers waits with the next.
constexpr std::size_t most_held = std::size_t{64} * 1024;
constexpr std::chrono::milliseconds linger{5000};
// For those who have come as the server leaves.
constexpr std::chrono::milliseconds first_request_time{1000};

std::span<const std::byte> bytes_of(std::string_view text) noexcept {
    return std::as_bytes(std::span(text));
}

constexpr std::byte tls_handshake{0x16};

Response cannot_answer() {
    return Response::text(500, "The server could not answer this request.");
}

Response tls_expected(const Request& request) {
    std::string words = "This port speaks TLS only. Use wss:// or https:// here";
    if (const auto host = request.header("Host")) words += ": https://" + std::string(*host);
    return Response::text(400, words + ".");
}

}  // namespace

HttpSession::HttpSession(Worker& worker, const HttpTerms& terms)
    : worker_(worker), terms_(terms), parser_(terms.limits()) {}

void HttpSession::attach(net::Stream& stream) {
    stream_ = &stream;
    if (auto proxies = terms_.trusted_proxies(); proxies && proxies->trusts(stream.peer()))
        proxies_ = std::move(proxies);
    arm();
}

void HttpSession::arm() {
    const std::chrono::milliseconds time = terms_.request_timeout;
    if (time.count() > 0) stream_->arm(time);
}

/// However many requests it has sent before it ended its side.
void HttpSession::arm_half_closed() {
    if (terms_.request_timeout.load().count() <= 0) return;
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(answered_by_ - stream_->loop().clock());
    stream_->arm(std::max(left, std::chrono::milliseconds(1)));
}

void HttpSession::on_receive(std::span<std::byte> bytes) {
    // Exchanging the stream's session drops its hold on this one.
    const net::Ref<HttpSession> self(this);
    parse(bytes);
    count_held();
}

void HttpSession::count_held() {
    const bool over = stream_ == nullptr || done_;
    if (memory_.count(worker_.loop(), over ? 0 : parser_.held() + held_.capacity())) return;
    if (replying_ && replying_->begun()) {
        // Nothing else can be said in the middle of an answer.
        done_ = true;
        replying_->lose();
        end_unanswered_access();
        if (stream_ != nullptr) cut(replying_->terms(), net::Ending::lost);
        return;
    }
    Response refusal = Response::text(503, "The server is short of memory. Try again later.");
    if (replying_) {
        refusal = replying_->terms().own(std::move(refusal));
        replying_->lose();
    }
    respond(refusal, {});
}

void HttpSession::parse(std::span<std::byte> bytes) {
    if (!request_begun_ && !stream_->tls() && !bytes.empty() && bytes.front() == tls_handshake) {
        // Clients show it, or say "wrong version number", which people know to mean this.
        respond(Response::text(400, "This port does not speak TLS. Use ws:// or http:// here."),
                {});
        return;
    }
    while (!bytes.empty() && !done_) {
        if (replying_ || resuming_) return hold(bytes);
        if (stream_->backlog() > most_unread_responses) {
            held_.assign(bytes.begin(), bytes.end());
            stream_->pause_reading();
            // The kernel may take all of it at the end of this very turn.
            stream_->tell_when_drained();
            return;
        }
        request_begun_ = true;
        const auto parsed = parser_.parse(bytes);
        bytes = bytes.subspan(parsed.consumed);
        request_bytes_ += parsed.consumed;
        switch (parsed.status) {
            case http::RequestParser::Status::need_more:
                if (parser_.wants_continue() && !std::exchange(continue_sent_, true))
                    stream_->write(bytes_of("HTTP/1.1 100 Continue\r\n\r\n"));
                break;
            case http::RequestParser::Status::failed:
                respond(terms_.router.shared(parser_.take_request(), parser_.refusal()), {});
                break;
            case http::RequestParser::Status::request:
                request_begun_ = continue_sent_ = false;
                answer(parser_.take_request(), bytes);
                break;
        }
    }
}

void HttpSession::answer(Request request, std::span<std::byte> rest) {
    // Whoever gives an answer is not to find this going on within.
    assert(!answering_);
    answered_ = {};
    worker_.tally().add(Tally::requests);
    requested_ = true;
    if (unencrypted_) {
        respond(tls_expected(request), {.head_only = request.method() == "HEAD"});
        return;
    }
    tell_where_from(request);
    Router::Match match = terms_.router.find(request.method(), request.path());
    begin_access(request, match);
    // Of other protocols, which none is offered of here, nothing is known (RFC 9110, section 7.8).
    const bool upgrading = parser_.upgrade_requested() &&
                           http::contains_token(request.headers(), "Upgrade", "websocket");
    // What follows an upgrade that was not taken may be in the other protocol.
    const Answering how = {.keep_alive = parser_.keep_alive() && !upgrading && !leaving_,
                           .head_only = request.method() == "HEAD",
                           .minor_version = request.minor_version()};
    // Where a WebSocket is served, a folder of files around it has nothing to say.
    const bool plain = match.http != nullptr &&
                       (match.websocket == nullptr || !match.websocket->before(*match.http));
    // What is served beside the WebSocket by other methods than this one says which.
    const bool other_method = match.http == nullptr && !match.allowed.empty() &&
                              request.method() != "GET" && request.method() != "HEAD";
    if (match.websocket != nullptr && (upgrading || (!plain && !other_method))) {
        http::RequestBuilder::set_parameters(request, std::move(match.websocket_parameters));
        upgrade(*match.websocket->websocket, std::move(request), rest, how);
        return;
    }
    if (upgrading) {
        worker_.tally().add(HandshakeFailure::no_route);
        if (access_) access_->refuse(HandshakeFailure::no_route);
    }
    if (match.http != nullptr && match.http->reply) {
        http::RequestBuilder::set_parameters(request, match.http_parameters);
        answer_later(*match.http, request, how);
        return;
    }
    respond(answer_http(match, request), how);
}

void HttpSession::tell_where_from(Request& request) const {
    http::RequestBuilder::set_peer(request, stream_->peer());
    if (const net::TlsChannel* const tls = stream_->tls())
        http::RequestBuilder::set_secure(request, tls->peer_subject());
    if (!proxies_) return;
    const http::ForwardedClient client = proxies_->client_of(request.headers());
    if (client.address) http::RequestBuilder::set_client(request, client.address->to_text());
    if (client.secure) http::RequestBuilder::set_secure_at_proxy(request, *client.secure);
}

Response HttpSession::answer_http(const Router::Match& match, Request& request) const {
    if (match.http == nullptr && !match.allowed.empty())
        return terms_.router.shared(
            request, Response::text(405, "This address answers " + match.allowed + " only.")
                         .with("Allow", match.allowed));
    if (match.http == nullptr)
        return terms_.router.shared(request,
                                    Response::text(404, "There is nothing at this address."));
    http::RequestBuilder::set_parameters(request, match.http_parameters);
    try {
        return match.http->http(request);
    } catch (...) {
        log(LogLevel::warning, "the handler of " + std::string(request.method()) + " " +
                                   std::string(request.path()) + " threw an exception (" +
                                   std::string(current_exception_words()) +
                                   "); it was answered with 500");
        return terms_.router.shared(request, cannot_answer());
    }
}

// ---- answers that come later --------------------------------------------------------------------

std::unique_ptr<HttpReplying> HttpSession::new_replying(HttpReplying::Terms terms) {
    const auto done = [this](HttpReplying::Outcome outcome) { take(outcome); };
    const auto name_user = [this](std::string_view user) {
        if (access_) access_->name_user(user);
    };
    return std::make_unique<HttpReplying>(*stream_, std::move(terms),
                                          HttpReplying::Told{.done = done, .name_user = name_user});
}

void HttpSession::answer_later(const Route& route, const Request& request, const Answering& how) {
    HttpReplying::Terms terms = {.keep_alive = how.keep_alive,
                                 .head_only = how.head_only,
                                 .minor_version = how.minor_version};
    if (request.header("Origin")) terms.own_fields = terms_.router.shared(request, {}).headers;
    replying_ = new_replying(std::move(terms));
    handling_ = true;
    try {
        route.reply(request, replying_->reply(worker_.entry().held()));
    } catch (...) {
        log(LogLevel::warning,
            "the handler of " + std::string(request.method()) + " " + std::string(request.path()) +
                " threw an exception: " + std::string(current_exception_words()));
        replying_->abandon();
    }
    handling_ = false;
    if (const auto outcome = std::exchange(outcome_, {})) return replied(*outcome);
    arm();
    if (leaving_) replying_->leave();
    // (It has had to wait for the answer to another.)
    if (half_closed_ && replying_) judge_half_close();
}

/// What a reply says, maybe deep within a call to it.
void HttpSession::take(HttpReplying::Outcome outcome) {
    const net::Ref<HttpSession> self(this);
    answering_ = true;
    replied(outcome);
    answering_ = false;
}

void HttpSession::replied(HttpReplying::Outcome outcome, std::span<std::byte> rest) {
    if (handling_) {
        outcome_ = outcome;
        return;
    }
    const net::Ref<HttpSession> self(this);
    const HttpReplying::Terms terms = replying_->terms();
    Response switching = replying_->take_switching();
    const int status = replying_->status();
    const std::size_t bytes_sent = replying_->bytes_sent();
    answered_ = replying_->take_watch();
    replying_.reset();
    if (done_) return;
    if (outcome == HttpReplying::Outcome::switched)
        return switch_protocols(std::move(switching), rest);
    if (terms.upgrading) {
        upgrading_.reset();
        worker_.tally().add(Tally::handshakes_refused);
        worker_.tally().add(HandshakeFailure::program);
        if (access_) access_->refuse(HandshakeFailure::program);
    }
    if (outcome != HttpReplying::Outcome::unanswered) end_access(status, bytes_sent);
    switch (outcome) {
        case HttpReplying::Outcome::switched:
            break;
        case HttpReplying::Outcome::unanswered:
            respond(terms.own(cannot_answer()), {.keep_alive = terms.keep_alive && !leaving_,
                                                 .head_only = terms.head_only,
                                                 .minor_version = terms.minor_version});
            break;
        case HttpReplying::Outcome::broken:
            // Without the last chunk, or with fewer bytes than it said.
            if (terms.minor_version == 0) return cut(terms, net::Ending::lost);
            return finish();
        case HttpReplying::Outcome::overrun:
            return cut(terms, net::Ending::lost);
        case HttpReplying::Outcome::complete:
            if (!terms.keep_alive || leaving_)
                finish();
            else
                arm();
    }
    go_on_later();
    finish_half_closed();
}

/// In the middle of an answer.
void HttpSession::cut(const HttpReplying::Terms& terms, net::Ending ending) {
    done_ = true;
    // Of HTTP/1.0 the end of the connection would say that the body is whole.
    if (terms.minor_version == 0)
        stream_->reset();
    else
        stream_->close(ending);
}

void HttpSession::finish() {
    done_ = true;
    stream_->finish(net::Stream::Finish::shut, linger);
}

/// A client that has ended its side gets the answers to what it had asked, and nothing more.
void HttpSession::finish_half_closed() {
    if (half_closed_ && !done_ && !replying_ && held_.empty()) finish();
}

void HttpSession::hold(std::span<const std::byte> bytes) {
    held_.insert(held_.end(), bytes.begin(), bytes.end());
    if (held_.size() > most_held) stream_->pause_reading();
}

/// Not now: whoever gives an answer does not find the next request handled within that call.
void HttpSession::go_on_later() {
    if (held_.empty() || done_ || std::exchange(resuming_, true)) return;
    worker_.loop().post([self = net::Ref<HttpSession>(this)] { self->go_on(); });
}

/// With the requests that have waited.
void HttpSession::go_on() {
    resuming_ = false;
    if (held_.empty() || done_) return;
    std::vector<std::byte> held = std::exchange(held_, {});
    net::Stream& stream = *stream_;
    stream.resume_reading();
    parse(held);
    count_held();
    finish_half_closed();
}

// -------------------------------------------------------------------------------------------------

void HttpSession::respond(const Response& response, const Answering& how) {
    const std::string date = http::format_imf_fixdate(std::time(nullptr));
    const bool keep_alive = how.keep_alive && !http::ends_connection(response);
    const std::string head = http::write_response_head(
        response, {.keep_alive = keep_alive, .minor_version = how.minor_version, .date = date});
    const int status = http::written_status(response.status);
    const bool bodiless = how.head_only || http::is_bodiless(status);
    const auto body = bodiless ? std::span<const std::byte>{} : bytes_of(response.body);
    stream_->write(bytes_of(head), body);
    end_access(status, head.size() + body.size());
    if (keep_alive)
        arm();
    else
        finish();
}

// ---- what the access log is told ----------------------------------------------------------------

void HttpSession::begin_access(const Request& request, const Router::Match& match) {
    const std::size_t bytes = std::exchange(request_bytes_, 0);
    if (terms_.access_sink)
        access_ = std::make_unique<AccessEntry>(terms_.access_sink, request,
                                                without_secrets(request.target(), match), bytes);
}

/// Of a connection from which no whole request has come.
void HttpSession::begin_access() {
    if (terms_.access_sink)
        access_ =
            std::make_unique<AccessEntry>(terms_.access_sink, stream_->peer(), request_bytes_);
}

void HttpSession::end_access(int status, std::size_t bytes_sent) {
    if (!access_) begin_access();
    if (!access_) return;
    access_->add_sent(bytes_sent);
    std::exchange(access_, nullptr)->end(status);
}

/// The client has gone, or is given up, before its answer was complete.
void HttpSession::end_unanswered_access() {
    if (!access_) return;
    constexpr int client_went = 499;
    const bool begun = replying_ && replying_->begun();
    if (begun) access_->add_sent(replying_->bytes_sent());
    std::exchange(access_, nullptr)->end(begun ? replying_->status() : client_went);
}

// -------------------------------------------------------------------------------------------------

void HttpSession::on_drained() {
    const net::Ref<HttpSession> self(this);
    if (replying_)
        replying_->drained();
    else
        go_on();
}

void HttpSession::on_end() {
    const net::Ref<HttpSession> self(this);
    half_closed_ = true;
    answered_by_ = worker_.loop().clock() + terms_.request_timeout.load();
    judge_half_close();
}

/// It may have gone, or still wait for its answer: whoever gives that says which.
void HttpSession::judge_half_close() {
    if (replying_ && replying_->half_close()) {
        // (It may be complete, and this over.)
        if (!replying_ || done_) return;
        uptake_ = net::Uptake(*stream_);
        arm_half_closed();
        return;
    }
    if (!replying_ && !held_.empty()) return;
    if (replying_) replying_->lose();
    end_unanswered_access();
    // Half a request has no answer.
    if (!done_) finish();
}

void HttpSession::on_timer() {
    if (done_) return;
    // (What waits for its turn is not what the client has yet to send; and what was written in this
    // turn has not been offered to the kernel.)
    const bool waits = replying_ && !stream_->congested();
    // Of a client that has ended its side nobody knows whether it is there, before it is answered.
    const bool may_be_gone = half_closed_ && replying_ && !replying_->begun();
    if (resuming_ || (waits && !may_be_gone) || takes()) {
        arm();
        return;
    }
    if (replying_) {
        replying_->lose();
        end_unanswered_access();
        cut(replying_->terms(), net::Ending::timed_out);
    } else if (request_begun_) {
        worker_.tally().add(HandshakeFailure::timeout);
        begin_access();
        if (access_) access_->refuse(HandshakeFailure::timeout);
        respond(Response::text(408, "The request did not arrive in time."), {});
    } else {
        finish();
    }
    done_ = true;
}

/// A slow download is not an idle connection.
bool HttpSession::takes() noexcept {
    if (uptake_.under_way()) return uptake_.moved(*stream_);
    uptake_ = net::Uptake(*stream_);
    return uptake_.under_way();
}

void HttpSession::on_leaving() {
    leaving_ = true;
    if (replying_ && !done_) {
        // What has begun and is not complete should not look as if it were.
        replying_->leave();
        return;
    }
    if (done_ || request_begun_ || !held_.empty()) return;
    // Whoever has just come has a request on its way, and nobody else to send it to.
    if (!requested_) return stream_->arm(first_request_time);
    finish();
}

void HttpSession::on_closed(net::Ending /*ending*/) {
    const net::TlsChannel* const tls = stream_ == nullptr ? nullptr : stream_->tls();
    if (tls != nullptr && tls->failure() != nullptr) {
        worker_.tally().add(HandshakeFailure::tls);
        log(LogLevel::debug, "a TLS handshake failed: " + tls->failure()->message());
    }
    stream_ = nullptr;
    done_ = true;
    if (replying_) replying_->lose();
    end_unanswered_access();
    replying_.reset();
    answered_ = {};
    count_held();
}

}  // namespace longwire::engine

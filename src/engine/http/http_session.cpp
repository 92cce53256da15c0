#include "engine/http/http_session.hpp"

#include "engine/log.hpp"
#include "http/request_builder.hpp"

#include <algorithm>
#include <cassert>
#include <chrono>
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

constexpr std::byte tls_handshake{0x16};

Response tls_expected(const Request& request) {
    std::string words = "This port speaks TLS only. Use wss:// or https:// here";
    if (const auto host = request.header("Host")) words += ": https://" + std::string(*host);
    return Response::text(400, words + ".");
}

}  // namespace

HttpSession::HttpSession(Worker& worker, const HttpTerms& terms)
    : connection_{.worker = worker, .terms = terms, .sink = sink_, .listener = *this} {}

void HttpSession::attach(net::Stream& stream) {
    stream_ = &stream;
    sink_.attach(stream);
    need_coming();
    arm();
}

HttpSession::Coming& HttpSession::need_coming() {
    if (coming_) return *coming_;
    coming_ = std::make_unique<Coming>(connection_.terms.limits());
    if (auto proxies = connection_.terms.trusted_proxies();
        proxies && proxies->trusts(stream_->peer()))
        coming_->proxies = std::move(proxies);
    return *coming_;
}

void HttpSession::arm() {
    const std::chrono::milliseconds time = connection_.terms.request_timeout;
    if (time.count() > 0) stream_->arm(time);
}

/// However many requests it has sent before it ended its side.
void HttpSession::arm_half_closed() {
    if (connection_.terms.request_timeout.load().count() <= 0) return;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(taking_->answered_by -
                                                                   stream_->loop().clock());
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
    const std::size_t held =
        (coming_ ? coming_->parser.held() : 0) + (held_ ? held_->capacity() : 0);
    if (memory_.count(connection_.worker.loop(), over ? 0 : held)) return;
    Exchange* const exchange = waiting();
    if (exchange != nullptr && exchange->begun()) {
        // Nothing else can be said in the middle of an answer.
        done_ = true;
        exchange->lose();
        if (stream_ != nullptr) cut(net::Ending::lost);
        return;
    }
    const Response refusal = Response::text(503, "The server is short of memory. Try again later.");
    if (exchange == nullptr) return refuse(refusal, {});
    sink_.end_connection();
    exchange->answer_instead(refusal);
    finish();
}

void HttpSession::parse(std::span<std::byte> bytes) {
    if (!request_begun_ && !stream_->tls() && !bytes.empty() && bytes.front() == tls_handshake) {
        // Clients show it, or say "wrong version number", which people know to mean this.
        refuse(Response::text(400, "This port does not speak TLS. Use ws:// or http:// here."), {});
        return;
    }
    while (!bytes.empty() && !done_) {
        if (waiting() != nullptr || resuming_) return hold(bytes);
        if (stream_->backlog() > most_unread_responses) {
            held_ = std::make_unique<std::vector<std::byte>>(bytes.begin(), bytes.end());
            stream_->pause_reading();
            // The kernel may take all of it at the end of this very turn.
            stream_->tell_when_drained();
            return;
        }
        request_begun_ = true;
        Coming& coming = need_coming();
        http::RequestParser& parser = coming.parser;
        const auto parsed = parser.parse(bytes);
        bytes = bytes.subspan(parsed.consumed);
        coming.bytes += parsed.consumed;
        switch (parsed.status) {
            case http::RequestParser::Status::need_more:
                if (parser.wants_continue() && !std::exchange(continue_sent_, true))
                    sink_.write_continue();
                break;
            case http::RequestParser::Status::failed:
                refuse(connection_.terms.router.shared(parser.take_request(), parser.refusal()),
                       {});
                break;
            case http::RequestParser::Status::request:
                request_begun_ = continue_sent_ = false;
                answer(parser.take_request(), bytes);
                break;
        }
    }
}

Exchange& HttpSession::new_exchange() {
    return exchange_.emplace(connection_);
}

void HttpSession::answer(Request&& request, std::span<std::byte> rest) {
    // Whoever gives an answer is not to find this going on within.
    assert(!answering_);
    connection_.worker.tally().add(Tally::requests);
    const bool first = !std::exchange(requested_, true);
    if (unencrypted_) return refuse(tls_expected(request), {.to_head = request.method() == "HEAD"});
    if (!first && !peer_) peer_ = std::make_shared<const std::string>(stream_->peer());
    tell_where_from(request);
    // Of other protocols, which none is offered of here, nothing is known (RFC 9110, section 7.8).
    const bool upgrading = coming_->parser.websocket_requested();
    // What follows an upgrade that was not taken may be in the other protocol.
    sink_.begin_request({.keep_alive = coming_->parser.keep_alive() && !upgrading && !leaving_,
                         .minor_version = request.minor_version()});
    Exchange& exchange = new_exchange();
    const auto end = exchange.answer(std::move(request), {.bytes = std::exchange(coming_->bytes, 0),
                                                          .asks_for_upgrade = upgrading,
                                                          .half_closed = half_closed_,
                                                          .leaving = leaving_});
    if (end) return settle(exchange, *end, rest);
    // Very many may wait for what is to come, and for long.
    coming_.reset();
    arm();
    // (It has had to wait for the answer to another.)
    if (half_closed_) judge_half_close();
}

/// Answers before a request was understood.
void HttpSession::refuse(const Response& response, Exchange::Refused refused) {
    sink_.begin_request({});
    refused.bytes = coming_ ? coming_->bytes : 0;
    new_exchange().refuse(response, refused);
    finish();
}

void HttpSession::tell_where_from(Request& request) const {
    if (peer_)
        http::RequestBuilder::set_peer(request, peer_);
    else
        http::RequestBuilder::set_peer(request, stream_->peer());
    if (const net::TlsChannel* const tls = stream_->tls())
        http::RequestBuilder::set_secure(request, tls->peer_subject());
    if (!coming_->proxies) return;
    const http::ForwardedClient client = coming_->proxies->client_of(request.headers());
    if (client.address) http::RequestBuilder::set_client(request, client.address->to_text());
    if (client.secure) http::RequestBuilder::set_secure_at_proxy(request, *client.secure);
}

// ---- what follows an answer ---------------------------------------------------------------------

void HttpSession::on_exchange_ended(Exchange& exchange, Exchange::End end) {
    if (done_) return;
    const net::Ref<HttpSession> self(this);
    answering_ = true;
    settle(exchange, end, {});
    answering_ = false;
    if (done_) return;
    go_on_later();
    finish_half_closed();
}

void HttpSession::settle(Exchange& exchange, Exchange::End end, std::span<std::byte> rest) {
    switch (end) {
        case Exchange::End::answered:
            return sink_.keeps_alive() ? arm() : finish();
        case Exchange::End::switched:
            return become_websocket(exchange.take_websocket(), rest);
        case Exchange::End::broken:
            // Without the last chunk, or with fewer bytes than it said.
            return sink_.delimits_pieces() ? finish() : cut(net::Ending::lost);
        case Exchange::End::overrun:
            return cut(net::Ending::lost);
        case Exchange::End::one_way_only:
            return finish();
    }
}

/// With all that has come since, if it was let in later.
void HttpSession::become_websocket(Exchange::Switched switched, std::span<std::byte> rest) {
    std::vector<std::byte> held = take_held();
    if (!held.empty()) {
        stream_->resume_reading();
        rest = held;
    }
    done_ = true;
    net::Stream& stream = *std::exchange(stream_, nullptr);
    WebSocketSession& session = *switched.session;
    stream.exchange_session(switched.session);
    session.attach(stream);
    session.open(std::move(switched.request));
    if (leaving_) session.on_leaving();
    if (!rest.empty()) session.on_receive(rest);
    count_held();
}

void HttpSession::cut(net::Ending ending) {
    done_ = true;
    sink_.cut(ending);
}

void HttpSession::finish() {
    done_ = true;
    stream_->finish(net::Stream::Finish::shut, linger);
}

/// A client that has ended its side gets the answers to what it had asked, and nothing more.
void HttpSession::finish_half_closed() {
    if (half_closed_ && !done_ && waiting() == nullptr && !held_) finish();
}

std::vector<std::byte> HttpSession::take_held() {
    const auto held = std::exchange(held_, {});
    return held ? std::move(*held) : std::vector<std::byte>();
}

void HttpSession::hold(std::span<const std::byte> bytes) {
    if (!held_) held_ = std::make_unique<std::vector<std::byte>>();
    held_->insert(held_->end(), bytes.begin(), bytes.end());
    if (held_->size() > most_held) stream_->pause_reading();
}

/// Not now: whoever gives an answer does not find the next request handled within that call.
void HttpSession::go_on_later() {
    if (!held_ || done_ || std::exchange(resuming_, true)) return;
    connection_.worker.loop().post([self = net::Ref<HttpSession>(this)] { self->go_on(); });
}

/// With the requests that have waited.
void HttpSession::go_on() {
    resuming_ = false;
    if (!held_ || done_) return;
    std::vector<std::byte> held = take_held();
    net::Stream& stream = *stream_;
    stream.resume_reading();
    parse(held);
    count_held();
    finish_half_closed();
}

// ---- what happens to the connection -------------------------------------------------------------

void HttpSession::on_drained() {
    const net::Ref<HttpSession> self(this);
    if (Exchange* const exchange = waiting())
        exchange->drained();
    else
        go_on();
}

void HttpSession::on_end() {
    const net::Ref<HttpSession> self(this);
    half_closed_ = true;
    need_taking().answered_by =
        connection_.worker.loop().clock() + connection_.terms.request_timeout.load();
    judge_half_close();
}

/// It may have gone, or still wait for its answer: whoever gives that says which.
void HttpSession::judge_half_close() {
    Exchange* const exchange = waiting();
    if (exchange != nullptr && exchange->half_close()) {
        // (It may be complete, and this over.)
        if (waiting() == nullptr || done_) return;
        need_taking().uptake = net::Uptake(*stream_);
        arm_half_closed();
        return;
    }
    if (exchange == nullptr && held_) return;
    if (exchange_) exchange_->lose();
    // Half a request has no answer.
    if (!done_) finish();
}

void HttpSession::on_timer() {
    if (done_) return;
    // (What waits for its turn is not what the client has yet to send; and what was written in this
    // turn has not been offered to the kernel.)
    Exchange* const exchange = waiting();
    const bool handler_waits = exchange != nullptr && !stream_->congested();
    // Of a client that has ended its side nobody knows whether it is there, before it is answered.
    const bool may_be_gone = half_closed_ && exchange != nullptr && !exchange->begun();
    if (resuming_ || (handler_waits && !may_be_gone) || takes()) {
        arm();
        return;
    }
    if (exchange != nullptr) {
        exchange->lose();
        cut(net::Ending::timed_out);
    } else if (request_begun_) {
        refuse(Response::text(408, "The request did not arrive in time."),
               {.why = HandshakeFailure::timeout});
    } else {
        finish();
    }
}

/// A slow download is not an idle connection.
bool HttpSession::takes() {
    if (taking_ && taking_->uptake.under_way()) return taking_->uptake.moved(*stream_);
    const net::Uptake now(*stream_);
    if (now.under_way()) need_taking().uptake = now;
    return now.under_way();
}

HttpSession::Taking& HttpSession::need_taking() {
    if (!taking_) taking_ = std::make_unique<Taking>();
    return *taking_;
}

void HttpSession::on_leaving() {
    leaving_ = true;
    sink_.end_connection();
    if (Exchange* const exchange = waiting(); exchange != nullptr && !done_) {
        // What has begun and is not complete should not look as if it were.
        exchange->leave();
        return;
    }
    if (done_ || request_begun_ || held_) return;
    // Whoever has just come has a request on its way, and nobody else to send it to.
    if (!requested_) return stream_->arm(first_request_time);
    finish();
}

void HttpSession::on_closed(net::Ending /*ending*/) {
    const net::TlsChannel* const tls = stream_ == nullptr ? nullptr : stream_->tls();
    if (tls != nullptr && tls->failure() != nullptr) {
        connection_.worker.tally().add(HandshakeFailure::tls);
        log(LogLevel::debug, "a TLS handshake failed: " + tls->failure()->message());
    }
    stream_ = nullptr;
    done_ = true;
    if (exchange_) exchange_->lose();
    exchange_.reset();
    count_held();
}

}  // namespace longwire::engine

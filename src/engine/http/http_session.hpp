#pragma once

#include "engine/http/access_entry.hpp"
#include "engine/http/answer_uptake.hpp"
#include "engine/http/http_replying.hpp"
#include "engine/http/pending_upgrade.hpp"
#include "engine/http/router.hpp"
#include "engine/worker.hpp"
#include "http/limits.hpp"
#include "http/request_parser.hpp"
#include "http/trusted_proxies.hpp"
#include "net/held_memory.hpp"
#include "net/session.hpp"
#include "net/stream.hpp"
#include "net/uptake.hpp"

#include <longwire/request.hpp>
#include <longwire/response.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace longwire::engine {

/// What all HTTP connections of a server have in common.
struct HttpTerms {
    Router router;
    AccessSink access_sink = {};
    /// May change while connections come.
    [[nodiscard]] http::Limits limits() const {
        const std::scoped_lock lock(mutex);
        return latest_limits;
    }
    void change(const http::Limits& limits, std::chrono::milliseconds timeout) {
        const std::scoped_lock lock(mutex);
        latest_limits = limits;
        request_timeout = timeout;
    }
    /// Null where none are trusted. May change too.
    [[nodiscard]] std::shared_ptr<const http::TrustedProxies> trusted_proxies() const {
        const std::scoped_lock lock(mutex);
        return latest_proxies;
    }
    void change(const http::TrustedProxies& proxies) {
        auto made = proxies.empty() ? nullptr : std::make_shared<http::TrustedProxies>(proxies);
        const std::scoped_lock lock(mutex);
        latest_proxies = std::move(made);
    }

    std::atomic<std::chrono::milliseconds> request_timeout = std::chrono::milliseconds(0);
    mutable std::mutex mutex = {};
    http::Limits latest_limits = {};
    std::shared_ptr<const http::TrustedProxies> latest_proxies = {};
};

/// HTTP/1.1 on a server's connection, until it ends or becomes a WebSocket.
class HttpSession final : public net::Session {
public:
    HttpSession(Worker& worker, const HttpTerms& terms);

    void attach(net::Stream& stream);
    /// Answers before anything was asked, and ends the connection.
    void refuse(const Response& response) { respond(response, {}); }

    void on_receive(std::span<std::byte> bytes) override;
    void on_unencrypted() override { unencrypted_ = true; }
    void on_end() override;
    void on_drained() override;
    void on_timer() override;
    void on_leaving() override;
    void on_closed(net::Ending ending) override;

private:
    ~HttpSession() override = default;

    void parse(std::span<std::byte> bytes);
    void answer(Request request, std::span<std::byte> rest);
    void tell_where_from(Request& request) const;
    [[nodiscard]] Response answer_http(const Router::Match& match, Request& request) const;
    struct Answering {
        bool keep_alive = false;
        bool head_only = false;
        int minor_version = 1;
    };
    void answer_later(const Route& route, const Request& request, const Answering& how);
    void take(HttpReplying::Outcome outcome);
    void replied(HttpReplying::Outcome outcome, std::span<std::byte> rest = {});
    void go_on();
    void go_on_later();
    void hold(std::span<const std::byte> bytes);
    void upgrade(const WebSocketRoute& route, Request request, std::span<std::byte> rest,
                 const Answering& how);
    void refuse_upgrade(HandshakeFailure why, const Response& refusal, const Answering& how);
    void switch_protocols(Response decided, std::span<std::byte> rest);
    void respond(const Response& response, const Answering& how);
    void finish();
    void finish_half_closed();
    void judge_half_close();
    void cut(const HttpReplying::Terms& terms, net::Ending ending);
    [[nodiscard]] std::unique_ptr<HttpReplying> new_replying(HttpReplying::Terms terms);
    void begin_access(const Request& request, const Router::Match& match);
    void begin_access();
    void end_access(int status, std::size_t bytes_sent);
    void end_unanswered_access();
    void count_held();
    void arm();
    void arm_half_closed();
    [[nodiscard]] bool takes() noexcept;

    Worker& worker_;
    const HttpTerms& terms_;
    net::Stream* stream_ = nullptr;
    std::shared_ptr<const http::TrustedProxies> proxies_;  // where the peer is one of them
    http::RequestParser parser_;
    // Requests that wait until the client has taken its responses, or the one before is answered.
    std::vector<std::byte> held_;
    std::unique_ptr<HttpReplying> replying_;
    std::shared_ptr<PendingUpgrade> upgrading_;     // a handshake that waits for a decision
    std::unique_ptr<AccessEntry> access_;           // of the request that is being answered
    std::size_t request_bytes_ = 0;                 // of the request that is coming, so far
    std::optional<HttpReplying::Outcome> outcome_;  // of what was replied within the handler
    net::HeldMemory memory_;
    net::Uptake uptake_;
    std::chrono::steady_clock::time_point answered_by_;  // where the client has ended its side
    AnswerWatch answered_;                               // of what was answered last
    bool requested_ = false;                             // once at least
    bool request_begun_ = false;
    bool continue_sent_ = false;
    bool leaving_ = false;
    bool handling_ = false;     // a handler that replies later
    bool answering_ = false;    // an answer is being given to one that came later
    bool resuming_ = false;     // it is about to go on with what was held
    bool unencrypted_ = false;  // where TLS is expected
    bool half_closed_ = false;  // the client has ended its side
    bool done_ = false;
};

}  // namespace longwire::engine

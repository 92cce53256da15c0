#pragma once

#include "engine/http/exchange.hpp"
#include "engine/http/http1_sink.hpp"
#include "engine/http/http_terms.hpp"
#include "engine/worker.hpp"
#include "http/request_parser.hpp"
#include "http/trusted_proxies.hpp"
#include "net/held_memory.hpp"
#include "net/session.hpp"
#include "net/stream.hpp"
#include "net/uptake.hpp"

#include <longwire/request.hpp>
#include <longwire/response.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace longwire::engine {

/// HTTP/1.1 on a server's connection, until it ends or becomes a WebSocket: reads requests, and has
/// one exchange after the other.
class HttpSession final : public net::Session, private Exchange::Listener {
public:
    HttpSession(Worker& worker, const HttpTerms& terms);

    void attach(net::Stream& stream);
    /// Answers before anything was asked, and ends the connection.
    void refuse(const Response& response) { refuse(response, {}); }

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
    void answer(Request&& request, std::span<std::byte> rest);
    void tell_where_from(Request& request) const;
    void refuse(const Response& response, Exchange::Refused refused);
    void on_exchange_ended(Exchange& exchange, Exchange::End end) override;
    void settle(Exchange& exchange, Exchange::End end, std::span<std::byte> rest);
    void become_websocket(Exchange::Switched switched, std::span<std::byte> rest);
    /// Null where no answer is to come.
    [[nodiscard]] Exchange* waiting() noexcept {
        return exchange_ && exchange_->waits() ? &*exchange_ : nullptr;
    }
    Exchange& new_exchange();
    void go_on();
    void go_on_later();
    void hold(std::span<const std::byte> bytes);
    void finish();
    void finish_half_closed();
    void judge_half_close();
    void cut(net::Ending ending);
    void count_held();
    void arm();
    void arm_half_closed();
    [[nodiscard]] bool takes();

    /// A request that is coming, or is about to.
    struct Coming {
        explicit Coming(const http::Limits& limits) : parser(limits) {}

        http::RequestParser parser;
        std::size_t bytes = 0;                                     // so far
        std::shared_ptr<const http::TrustedProxies> proxies = {};  // where the peer is one of them
    };
    Coming& need_coming();
    /// Of a client that has ended its side, or takes its time.
    struct Taking {
        net::Uptake uptake;
        std::chrono::steady_clock::time_point answered_by;  // where it has ended its side
    };
    Taking& need_taking();
    [[nodiscard]] std::vector<std::byte> take_held();

    // There may be very many of these, of which most wait for what happens.
    const Exchange::Connection connection_;
    net::Stream* stream_ = nullptr;
    std::unique_ptr<Coming> coming_;  // null: an answer is to be given first
    Http1Sink sink_;
    std::optional<Exchange> exchange_;  // the latest
    // Requests that wait until the client has taken its responses, or the one before is answered.
    std::unique_ptr<std::vector<std::byte>> held_;
    std::shared_ptr<const std::string> peer_;  // from the second request on
    net::HeldMemory memory_;
    std::unique_ptr<Taking> taking_;
    bool requested_ = false;  // once at least
    bool request_begun_ = false;
    bool continue_sent_ = false;
    bool leaving_ = false;
    bool answering_ = false;    // an answer is being given to one that came later
    bool resuming_ = false;     // it is about to go on with what was held
    bool unencrypted_ = false;  // where TLS is expected
    bool half_closed_ = false;  // the client has ended its side
    bool done_ = false;
};

}  // namespace longwire::engine

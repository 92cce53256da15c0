#pragma once

#include "engine/descriptor_reserve.hpp"
#include "engine/http/http_session.hpp"
#include "engine/http/router.hpp"
#include "engine/leaving_time.hpp"
#include "engine/topics/topics.hpp"
#include "engine/worker.hpp"
#include "engine/workers.hpp"
#include "net/admission.hpp"
#include "net/carrier.hpp"
#include "net/descriptor.hpp"
#include "net/listener.hpp"
#include "net/tls_context.hpp"

#include <longwire/server.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace longwire {

/// What a Server is: its routes and terms, its loops, and where it listens.
class Server::Implementation {
public:
    explicit Implementation(const ServerOptions& options);

    void change(const ServerOptions& options);
    void change_websockets(const std::function<void(std::string_view, WebSocketOptions&)>& change);

    engine::WebSocketRoute& add_websocket(std::string_view path, WebSocketOptions options);
    void give_access_to(AccessSink sink) { terms_.access_sink = std::move(sink); }

    void add_http(std::string_view method, std::string_view path, HttpHandler handler) {
        terms_.router.add(path, std::string(method)).http = std::move(handler);
    }

    void add_http(std::string_view method, std::string_view path, HttpReplyHandler handler) {
        terms_.router.add(path, std::string(method)).reply = std::move(handler);
    }

    void add_folder(std::string_view path, std::string folder);
    void share(std::string_view path, engine::ShareWithPages share) {
        terms_.router.share(std::string(path) + "/*", std::move(share));
    }

    Result<Listening> listen(const ListenOptions& options);
    Result<void> reload_certificates();
    int run();
    void stop() noexcept {
        ++stops_;
        if (workers_) (*workers_)->wake_all();
    }
    void hand_over(std::chrono::milliseconds within) noexcept {
        for (const auto& endpoint : endpoints_) endpoint->listener->leave_in_place();
        drain(within, CloseCode::service_restart);
    }
    void drain(std::chrono::milliseconds within, CloseCode code) noexcept {
        drain_within_ = within;
        drain_code_ = code;
        stop();
    }
    ServerCounts counts() noexcept;
    void post(std::function<void()> function);
    engine::TopicBoard& topics() noexcept { return topics_; }
    [[nodiscard]] bool leaving() const noexcept { return leaving_; }
    engine::Workers* workers() noexcept { return workers_ ? workers_->get() : nullptr; }

    /// One loop of the server, turn by turn, to its end.
    class Turns {
    public:
        /// How often some of those are told to go that have not been told yet.
        static constexpr std::chrono::milliseconds leaving_step{20};

        Turns(Implementation& server, engine::Worker& worker) noexcept
            : server_(server), worker_(worker), released_(worker.loop().clock()) {}
        /// One turn, which waits for at most `limit` (negative: as long as it takes). False once
        /// there is no more to do.
        [[nodiscard]] bool turn(std::chrono::milliseconds limit);

    private:
        void begin_to_leave();
        void leave_in_part();

        Implementation& server_;
        engine::Worker& worker_;
        engine::LeavingTime leaving_{{}};
        net::Loop::Clock::time_point released_;  // what a load had left behind
        net::Loop::Clock::time_point next_leave_;
        std::size_t those_here_ = 0;
    };

    /// Begins a connection that something else than a socket carries, on a loop whose turn it is.
    /// Where there are too many, it is told so and ended.
    void begin(engine::Worker& worker, std::unique_ptr<net::Carrier> carrier);

private:
    Result<void> trust(const ServerOptions& options);
    Result<std::vector<net::Address>> addresses_of(const ListenOptions& options) const;
    Result<std::vector<std::unique_ptr<net::Listener>>> open_listeners(
        const ListenOptions& options);
    struct Endpoint {
        std::unique_ptr<net::Listener> listener;
        std::string host;
        bool remove_file = false;
        std::optional<ServerTls> tls_settings;
        std::shared_ptr<net::TlsContext> tls;
    };

    void accept(const Endpoint& endpoint, net::Descriptor socket, const net::Address& peer);
    void count_refused() { (*workers_)->first().tally().add(engine::Tally::refused); }
    /// One connection on the loop that it was handed to.
    struct Accepted {
        net::Descriptor socket;
        net::Admission::Place place;
        std::shared_ptr<net::TlsContext> tls;
    };
    void begin(engine::Worker& worker, Accepted accepted);
    void serve(net::Stream& stream, engine::HttpSession& session, net::Admission::Place place);
    void refuse(const Endpoint& endpoint, net::Descriptor socket, const Response& response);
    /// Connections that are being told that there are too many; beyond, they are just ended.
    static constexpr std::size_t most_refusals = 256;

    // They outlive the streams and sessions, which the workers' loops own.
    engine::HttpTerms terms_;
    engine::TopicBoard topics_;
    net::Admission admission_;
    net::Admission refusals_{{.connections = most_refusals}};
    engine::DescriptorReserve reserve_;
    std::atomic<bool> may_take_reserve_ = false;
    std::atomic<int> stops_ = 0;
    std::atomic<std::chrono::milliseconds> drain_within_ = std::chrono::milliseconds(0);
    std::atomic<CloseCode> drain_code_ = CloseCode::going_away;
    std::atomic<bool> leaving_ = false;  // nothing is accepted any more
    Result<std::unique_ptr<engine::Workers>> workers_;
    Result<void> proxies_known_;  // what the options say of them
    std::mutex routes_mutex_;     // their terms, while they change
    std::vector<engine::WebSocketRoute*> routes_;
    std::mutex certificates_mutex_;  // those of the endpoints
    std::vector<std::unique_ptr<Endpoint>> endpoints_;
};

}  // namespace longwire

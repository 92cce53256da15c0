#include "engine/descriptor_reserve.hpp"
#include "engine/http/cross_origin.hpp"
#include "engine/http/files.hpp"
#include "engine/http/http_session.hpp"
#include "engine/http/router.hpp"
#include "engine/http/turned_away.hpp"
#include "engine/leaving_time.hpp"
#include "engine/log.hpp"
#include "engine/server_loops.hpp"
#include "engine/topics/topics.hpp"
#include "engine/websocket/websocket_session.hpp"
#include "engine/worker.hpp"
#include "engine/workers.hpp"
#include "http/trusted_proxies.hpp"
#include "net/admission.hpp"
#include "net/listener.hpp"
#include "net/stream.hpp"
#include "net/tls_channel.hpp"
#include "net/tls_context.hpp"
#include "protocol/payload_buffer.hpp"

#include <longwire/server.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace longwire {

namespace {

using engine::Worker;
using engine::Workers;

// How often some of those are told to go that have not been told yet.
constexpr std::chrono::milliseconds leaving_step{20};
// The rights of a file, and nothing else of its mode.
constexpr unsigned largest_mode = 0777;
// Connections that are being told that there are too many; beyond, they are just ended.
constexpr std::size_t most_refusals = 256;

bool is_small(const ServerOptions& options) noexcept {
    return options.max_connections > 0 &&
           options.max_connections <= engine::DescriptorReserve::size;
}

http::Limits limits_of(const ServerOptions& options) {
    return {.max_head_size = options.max_request_head,
            .max_fields = options.max_request_fields,
            .max_body_size = options.max_request_body};
}

engine::Terms terms_of(const WebSocketOptions& options) {
    engine::Terms terms;
    terms.max_message_size = options.max_message_size;
    terms.max_backlog = options.max_backlog;
    terms.slow_reader = options.slow_reader;
    terms.max_subscriptions = options.max_subscriptions;
    terms.compression = options.compression;
    terms.compression_threshold = options.compression_threshold;
    terms.ping_after = options.ping_after;
    terms.idle_timeout = options.idle_timeout;
    terms.close_timeout = options.close_timeout;
    terms.frame_timeout = options.frame_timeout;
    terms.max_control_frames = options.max_control_frames;
    return terms;
}

}  // namespace

class Server::Implementation {
public:
    explicit Implementation(const ServerOptions& options)
        : admission_({.connections = options.max_connections,
                      .per_network = options.max_connections_per_address}),
          workers_(Workers::create(options.threads == 0 ? engine::usable_processors()
                                                        : options.threads)) {
        if (!workers_) return;
        (*workers_)->limit_held(options.max_memory);
        for (std::size_t index = 0; index < (*workers_)->size(); ++index) {
            Worker& worker = (**workers_)[index];
            worker.use(topics_.add(worker));
            worker.loop().spin_for(options.spin);
        }
        terms_.change(limits_of(options), options.handshake_timeout);
        may_take_reserve_ = is_small(options);
        proxies_known_ = trust(options);
    }

    void change(const ServerOptions& options) {
        if (!workers_) return;
        if (const auto trusted = trust(options); !trusted)
            engine::log(LogLevel::warning,
                        trusted.error().message() + "; those that were trusted still are");
        admission_.change({.connections = options.max_connections,
                           .per_network = options.max_connections_per_address});
        (*workers_)->change_limit_held(options.max_memory);
        may_take_reserve_ = is_small(options);
        terms_.change(limits_of(options), options.handshake_timeout);
    }

    Result<void> trust(const ServerOptions& options) {
        const auto proxies =
            http::TrustedProxies::parse(options.trusted_proxies, options.forwarded_field);
        if (!proxies) return Failure(proxies.error());
        terms_.change(*proxies);
        return {};
    }

    void change_websockets(const std::function<void(std::string_view, WebSocketOptions&)>& change) {
        const std::lock_guard lock(routes_mutex_);
        for (engine::WebSocketRoute* const route : routes_) {
            WebSocketOptions options = route->options;
            change(route->path, options);
            auto terms = std::make_unique<engine::Terms>(terms_of(options));
            terms->handlers = route->terms.handlers;
            terms->coroutine = route->terms.coroutine;
            terms->compression = route->terms.compression;
            route->latest = terms.get();
            route->changed.push_back(std::move(terms));
        }
    }

    engine::WebSocketRoute& add_websocket(std::string_view path, WebSocketOptions options) {
        auto route = std::make_unique<engine::WebSocketRoute>();
        route->terms = terms_of(options);
        route->options = std::move(options);
        engine::WebSocketRoute& added = *route;
        added.path = path;
        routes_.push_back(&added);
        terms_.router.add(path, "GET").websocket = std::move(route);
        return added;
    }

    void give_access_to(AccessSink sink) { terms_.access_sink = std::move(sink); }

    void add_http(std::string_view method, std::string_view path, HttpHandler handler) {
        terms_.router.add(path, std::string(method)).http = std::move(handler);
    }

    void add_http(std::string_view method, std::string_view path, HttpReplyHandler handler) {
        terms_.router.add(path, std::string(method)).reply = std::move(handler);
    }

    void add_folder(std::string_view path, std::string folder) {
        const auto files = std::make_shared<engine::Files>(std::move(folder));
        std::string pattern(path);
        if (!pattern.ends_with('/')) pattern += '/';
        engine::Route& route = terms_.router.add(pattern + "*", "GET");
        route.http = [files](const Request& request) {
            return files->respond(request, request.parameter("*"));
        };
        route.holds = [files](std::string_view rest) { return files->hold(rest); };
    }

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

private:
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
    void begin(Worker& worker, Accepted accepted);
    void refuse(const Endpoint& endpoint, net::Descriptor socket, const Response& response);
    void work(Worker& worker);
    void leave(Worker& worker, net::Loop::Clock::time_point begun, std::size_t those_here);

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
    Result<std::unique_ptr<Workers>> workers_;
    Result<void> proxies_known_;  // what the options say of them
    std::mutex routes_mutex_;     // their terms, while they change
    std::vector<engine::WebSocketRoute*> routes_;
    std::mutex certificates_mutex_;  // those of the endpoints
    std::vector<std::unique_ptr<Endpoint>> endpoints_;
};

Result<std::vector<net::Address>> Server::Implementation::addresses_of(
    const ListenOptions& options) const {
    if (options.unix_path.empty()) return net::addresses_to_listen_on(options.host, options.port);
    auto address = net::Address::from_unix_path(options.unix_path);
    if (!address) return Failure(std::move(address.error()));
    return std::vector{*address};
}

Result<std::vector<std::unique_ptr<net::Listener>>> Server::Implementation::open_listeners(
    const ListenOptions& options) {
    net::Loop& loop = (*workers_)->first().loop();
    std::vector<std::unique_ptr<net::Listener>> listeners;
    if (options.descriptor >= 0) {
        auto listener = net::Listener::adopt(loop, net::Descriptor(options.descriptor));
        if (!listener) return Failure(std::move(listener.error()));
        listeners.push_back(std::move(*listener));
        return listeners;
    }
    auto addresses = addresses_of(options);
    if (!addresses) return Failure(std::move(addresses.error()));
    for (const net::Address& address : *addresses) {
        auto listener = net::Listener::open(loop, address, options.unix_mode);
        if (!listener) return Failure(std::move(listener.error()));
        listeners.push_back(std::move(*listener));
        // One port picked by the system for one address is not free for the others.
        if (options.port == 0 && options.unix_path.empty()) break;
    }
    return listeners;
}

Result<Server::Listening> Server::Implementation::listen(const ListenOptions& options) {
    if (!workers_) return Failure(workers_.error());
    if (!proxies_known_) return Failure(proxies_known_.error());
    if (options.unix_mode.value_or(0) > largest_mode)
        return failure(ErrorCode::invalid_argument,
                       "unix_mode is the mode of a file: 0660, say, and at most 0777");
    std::shared_ptr<net::TlsContext> tls;
    if (options.tls) {
        auto made = net::TlsContext::for_server(*options.tls, options.host);
        if (!made) return Failure(std::move(made.error()));
        tls = std::move(*made);
    }
    auto listeners = open_listeners(options);
    if (!listeners) return Failure(std::move(listeners.error()));
    Listening listening;
    for (auto& listener : *listeners) {
        if (listening.address.empty())
            listening = {.address = listener->address().to_text(),
                         .port = listener->address().port(),
                         .fingerprint = tls ? tls->fingerprint() : std::string()};
        listening.descriptors.push_back(listener->descriptor());
        endpoints_.push_back(std::make_unique<Endpoint>(
            Endpoint{std::move(listener), options.host, options.remove_file, options.tls, tls}));
        const Endpoint& endpoint = *endpoints_.back();
        endpoint.listener->start(
            [this, &endpoint](net::Descriptor socket, const net::Address& peer) {
                accept(endpoint, std::move(socket), peer);
            },
            [this, &endpoint](net::Descriptor turned_away) {
                reserve_.tell();
                if (!turned_away) return;
                count_refused();
                if (!endpoint.tls_settings)
                    engine::turn_away(std::move(turned_away), engine::too_many());
            });
    }
    return listening;
}

Result<void> Server::Implementation::reload_certificates() {
    const std::lock_guard lock(certificates_mutex_);
    std::vector<std::shared_ptr<net::TlsContext>> fresh;
    for (const auto& endpoint : endpoints_) {
        fresh.push_back(endpoint->tls);
        // One that was made in memory is the one that people have accepted.
        const auto& settings = endpoint->tls_settings;
        if (!settings || settings->self_signed) continue;
        auto made = net::TlsContext::for_server(*settings, endpoint->host, endpoint->tls.get());
        if (!made) return Failure(std::move(made.error()));
        fresh.back() = std::move(*made);
    }
    for (std::size_t index = 0; index < fresh.size(); ++index)
        endpoints_[index]->tls = std::move(fresh[index]);
    return {};
}

void Server::Implementation::refuse(const Endpoint& endpoint, net::Descriptor socket,
                                    const Response& response) {
    // An answer inside TLS would cost more than the connection that is refused.
    if (endpoint.tls_settings) return;
    if (engine::DescriptorReserve::left_behind(socket.get()) ==
        engine::DescriptorReserve::Left::hardly_any)
        return engine::turn_away(std::move(socket), response);
    auto place = refusals_.admit({});
    if (!place) return;
    Worker& worker = (*workers_)->first();
    const net::Ref<engine::HttpSession> session(new engine::HttpSession(worker, terms_));
    const auto stream = net::Stream::open(worker.loop(), std::move(socket), session);
    if (!stream) return;
    (*stream)->take(std::move(*place));
    session->attach(**stream);
    session->refuse(response);
}

void Server::Implementation::accept(const Endpoint& endpoint, net::Descriptor socket,
                                    const net::Address& peer) {
    auto place = admission_.admit(peer);
    (*workers_)->first().tally().add(engine::Tally::accepted);
    const auto left = engine::DescriptorReserve::left_behind(socket.get());
    if (left != engine::DescriptorReserve::Left::enough && !may_take_reserve_) {
        reserve_.tell();
        count_refused();
        return refuse(endpoint, std::move(socket), engine::too_many());
    }
    if (!place) count_refused();
    if (!place) return refuse(endpoint, std::move(socket), engine::refusal_for(place.error()));
    if ((*workers_)->first().loop().holds_too_much())
        return refuse(endpoint, std::move(socket), engine::too_many());
    Accepted accepted{.socket = std::move(socket), .place = std::move(*place), .tls = {}};
    if (endpoint.tls_settings) {
        const std::lock_guard lock(certificates_mutex_);
        accepted.tls = endpoint.tls;
    }
    (*workers_)->hand_out([this, accepted = std::move(accepted)](Worker& worker) mutable {
        begin(worker, std::move(accepted));
    });
}

void Server::Implementation::begin(Worker& worker, Accepted accepted) {
    std::unique_ptr<net::TlsChannel> tls;
    if (accepted.tls) {
        auto channel = net::TlsChannel::accept(std::move(accepted.tls));
        if (!channel) return engine::log(LogLevel::warning, channel.error().message());
        tls = std::move(*channel);
    }
    const net::Ref<engine::HttpSession> session(new engine::HttpSession(worker, terms_));
    const auto stream =
        net::Stream::open(worker.loop(), std::move(accepted.socket), session, std::move(tls));
    if (!stream) return engine::log(LogLevel::warning, stream.error().message());
    (*stream)->take(std::move(accepted.place));
    session->attach(**stream);
    // It was accepted before the server began to leave, and comes after.
    if (leaving_) (*stream)->leave();
}

int Server::Implementation::run() {
    if (!workers_) {
        engine::log(LogLevel::error, workers_.error().message());
        return 1;
    }
    if (Worker::current() != nullptr) {
        engine::log(LogLevel::error, "Server::run was called on a thread that already runs a loop");
        return 1;
    }
    // (Until here somebody else may have to go on with them.)
    for (const auto& endpoint : endpoints_)
        if (endpoint->remove_file) endpoint->listener->own_file();
    (*workers_)->run([this](Worker& worker) { work(worker); });
    stops_ = 0;
    drain_within_ = std::chrono::milliseconds(0);
    drain_code_ = CloseCode::going_away;
    leaving_ = false;
    return 0;
}

/// One loop, to its end.
void Server::Implementation::work(Worker& worker) {
    net::Loop& loop = worker.loop();
    const bool accepts = &worker == &(*workers_)->first();
    engine::LeavingTime leaving({});
    // What a load has left behind goes when it is over.
    constexpr std::chrono::milliseconds keeping{1000};
    auto released = net::Loop::Clock::now();
    auto next_leave = released;
    std::size_t those_here = 0;
    for (;;) {
        const int stops = stops_;
        if (stops > 1) break;
        if (stops == 1 && accepts && !leaving_) {
            endpoints_.clear();
            leaving_ = true;
            (*workers_)->wake_all();
        }
        if (leaving_ && !leaving.begun()) {
            // Those who were accepted before are on their way to this loop.
            loop.turn(std::chrono::milliseconds(0));
            leaving.begin(drain_within_);
            worker.leave_with(drain_code_);
            those_here = loop.stream_count();
        }
        // (A turn may be over at once, as those who were told to go answer.)
        if (leaving_ && net::Loop::Clock::now() >= next_leave) {
            leave(worker, leaving.when_begun(), those_here);
            next_leave = net::Loop::Clock::now() + leaving_step;
        }
        if (leaving.begun() && (loop.stream_count() == 0 || leaving.over(loop))) break;
        const bool keeps = protocol::PayloadBuffer::keeps_any();
        if (keeps && loop.now() - released >= keeping) {
            protocol::PayloadBuffer::release_unneeded();
            released = loop.now();
        }
        loop.turn(leaving.begun() ? leaving_step
                                  : std::chrono::milliseconds(keeps ? keeping.count() : -1));
    }
    loop.end_all_streams();
}

/// Tells those connections of a loop to go whose time has come.
void Server::Implementation::leave(Worker& worker, net::Loop::Clock::time_point begun,
                                   std::size_t those_here) {
    const std::chrono::duration<double> within = drain_within_.load();
    const std::chrono::duration<double> passed = net::Loop::Clock::now() - begun;
    std::size_t staying = 0;
    worker.loop().each_stream([&](const net::Stream& stream) { staying += stream.left() ? 0 : 1; });
    // Evenly over the time that is given: of those who were here, as many may stay as is left of
    // it.
    std::size_t may_stay = 0;
    if (passed < within)
        may_stay = static_cast<std::size_t>(
            std::ceil(static_cast<double>(those_here) * (1 - passed / within)));
    std::size_t going = staying - std::min(staying, may_stay);
    worker.loop().each_stream([&](net::Stream& stream) {
        if (going == 0 || stream.left()) return;
        --going;
        stream.leave();
    });
}

ServerCounts Server::Implementation::counts() noexcept {
    ServerCounts sum;
    if (!workers_) return sum;
    for (std::size_t index = 0; index < (*workers_)->size(); ++index) {
        Worker& worker = (**workers_)[index];
        const engine::Tally& tally = worker.tally();
        sum.connections += worker.loop().stream_count();
        sum.accepted += tally[engine::Tally::accepted];
        sum.refused += tally[engine::Tally::refused];
        sum.opened += tally[engine::Tally::opened];
        sum.closed += tally[engine::Tally::closed];
        sum.requests += tally[engine::Tally::requests];
        sum.handshakes_refused += tally[engine::Tally::handshakes_refused];
        sum.messages_received += tally[engine::Tally::messages_received];
        sum.bytes_received += tally[engine::Tally::bytes_received];
        for (std::size_t place = 0; place < sum.closes.size(); ++place)
            sum.closes.at(place) += tally.closes(place);
        for (std::size_t why = 0; why < sum.handshake_failures.size(); ++why)
            sum.handshake_failures.at(why) += tally.failures(why);
        for (std::size_t policy = 0; policy < sum.drops.size(); ++policy)
            sum.drops.at(policy) += tally.drops(policy);
    }
    sum.held = (*workers_)->held();
    return sum;
}

void Server::Implementation::post(std::function<void()> function) {
    if (!workers_) return;
    (*workers_)->first().loop().post(std::move(function));
}

Server::Server(const ServerOptions& options) : implementation_(new Implementation(options)) {}
Server::~Server() = default;

Server& Server::websocket(std::string_view path, WebSocketHandlers handlers,
                          WebSocketOptions options) {
    implementation_->add_websocket(path, std::move(options)).terms.handlers = std::move(handlers);
    return *this;
}

Server& Server::websocket(std::string_view path, WebSocketCoroutine coroutine,
                          WebSocketOptions options) {
    implementation_->add_websocket(path, std::move(options)).terms.coroutine = std::move(coroutine);
    return *this;
}

Server& Server::websocket(std::string_view path, WebSocketRequestCoroutine coroutine,
                          WebSocketOptions options) {
    implementation_->add_websocket(path, std::move(options)).terms.coroutine = std::move(coroutine);
    return *this;
}

Server& Server::http(std::string_view method, std::string_view path, HttpHandler handler) {
    implementation_->add_http(method, path, std::move(handler));
    return *this;
}

Server& Server::http(std::string_view method, std::string_view path, HttpReplyHandler handler) {
    implementation_->add_http(method, path, std::move(handler));
    return *this;
}

Server& Server::on_access(AccessSink sink) {
    implementation_->give_access_to(std::move(sink));
    return *this;
}

Server& Server::files(std::string_view path, std::string folder) {
    implementation_->add_folder(path, std::move(folder));
    return *this;
}

Result<Server::Listening> Server::listen(const ListenOptions& options) {
    return implementation_->listen(options);
}

void Server::change(const ServerOptions& options) {
    implementation_->change(options);
}

void Server::change_websockets(
    const std::function<void(std::string_view, WebSocketOptions&)>& change) {
    implementation_->change_websockets(change);
}

Result<void> Server::reload_certificates() {
    return implementation_->reload_certificates();
}

int Server::run() {
    return implementation_->run();
}

int Server::run(const ListenOptions& options) {
    const auto listening = listen(options);
    if (!listening) {
        engine::log(LogLevel::error, listening.error().message());
        return 1;
    }
    return run();
}

Server& Server::topic(std::string_view pattern, TopicOptions options) {
    implementation_->topics().set_policy(std::string(pattern), options.slow_reader);
    return *this;
}

SendStatus Server::publish(std::string_view topic, const PreparedMessage& message) {
    return implementation_->topics().publish(topic, message);
}

// ---- for what stands on the engine --------------------------------------------------------------

void engine::CrossOrigin::share(Server& server, std::string_view path, OriginsOf origins_of) {
    server.implementation_->share(path, [origins_of = std::move(origins_of)](const Request& request,
                                                                             std::string_view rest,
                                                                             Response& answer) {
        const auto allowed = origins_of(rest);
        if (allowed != nullptr && origin_allowed(request, *allowed))
            make_readable(answer, request.header("Origin").value_or(""), cookies_allowed(*allowed));
    });
}

std::size_t engine::ServerLoops::count() const noexcept {
    return implementation_.workers() == nullptr ? 0 : implementation_.workers()->size();
}

std::optional<std::size_t> engine::ServerLoops::current() const noexcept {
    for (std::size_t index = 0; index < count(); ++index)
        if (&(*implementation_.workers())[index] == Worker::current()) return index;
    return std::nullopt;
}

void engine::ServerLoops::post(std::size_t loop, std::move_only_function<void()> function) const {
    (*implementation_.workers())[loop].loop().post_in_order(std::move(function));
}

void engine::ServerLoops::count_posted(std::size_t bytes) const noexcept {
    implementation_.workers()->total().add_posted(bytes);
}

void engine::ServerLoops::give_back_posted(std::size_t bytes) const noexcept {
    implementation_.workers()->total().give_back_posted(bytes);
}

bool engine::ServerLoops::has_room_to_post() const noexcept {
    return count() == 0 || implementation_.workers()->total().has_room_to_post();
}

bool engine::ServerLoops::leaving() const noexcept {
    return implementation_.leaving();
}

std::size_t engine::ServerLoops::subscribers_here(std::string_view topic) const {
    return Worker::current()->topics()->count_of(topic);
}

void engine::ServerLoops::publish_here(std::string_view topic, const PreparedMessage& message,
                                       WebSocket* except) const {
    Worker::current()->topics()->publish_here(
        topic, message, except == nullptr ? nullptr : &WebSocketSession::of(*except));
}

void engine::ServerLoops::add_policy(
    std::function<std::optional<SlowReader>(std::string_view)> policy_of) const {
    implementation_.topics().add_policies(std::move(policy_of));
}

void engine::ServerLoops::set_pace(std::chrono::microseconds time, std::size_t look_after) const {
    implementation_.topics().set_pace({.time = time, .look_after = look_after});
}

std::size_t engine::ServerLoops::unacknowledged(WebSocket& socket) {
    return WebSocketSession::of(socket).unacknowledged();
}

void engine::ServerLoops::watch_uptake(WebSocket& socket) {
    WebSocketSession::of(socket).watch_uptake();
}

bool engine::ServerLoops::takes(WebSocket& socket) {
    return WebSocketSession::of(socket).takes();
}

// -------------------------------------------------------------------------------------------------

void Server::stop() noexcept {
    implementation_->stop();
}

void Server::drain(std::chrono::milliseconds within, CloseCode code) noexcept {
    implementation_->drain(within, code);
}

void Server::hand_over(std::chrono::milliseconds within) noexcept {
    implementation_->hand_over(within);
}

ServerCounts Server::counts() const noexcept {
    return implementation_->counts();
}

void Server::post(std::function<void()> function) {
    implementation_->post(std::move(function));
}

}  // namespace longwire

#include "engine/http/cross_origin.hpp"
#include "engine/http/files.hpp"
#include "engine/log.hpp"
#include "engine/server_implementation.hpp"
#include "http/trusted_proxies.hpp"

#include <longwire/server.hpp>

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace longwire {

namespace {

using engine::Worker;
using engine::Workers;

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
    engine::Terms terms{options.limits};
    terms.slow_reader = options.slow_reader;
    terms.max_subscriptions = options.max_subscriptions;
    return terms;
}

}  // namespace

Server::Implementation::Implementation(const ServerOptions& options)
    : admission_({.connections = options.max_connections,
                  .per_network = options.max_connections_per_address}),
      workers_(
          Workers::create(options.threads == 0 ? engine::usable_processors() : options.threads)) {
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

void Server::Implementation::change(const ServerOptions& options) {
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

Result<void> Server::Implementation::trust(const ServerOptions& options) {
    const auto proxies =
        http::TrustedProxies::parse(options.trusted_proxies, options.forwarded_field);
    if (!proxies) return Failure(proxies.error());
    terms_.change(*proxies);
    return {};
}

void Server::Implementation::change_websockets(
    const std::function<void(std::string_view, WebSocketOptions&)>& change) {
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

engine::WebSocketRoute& Server::Implementation::add_websocket(std::string_view path,
                                                              WebSocketOptions options) {
    auto route = std::make_unique<engine::WebSocketRoute>();
    route->terms = terms_of(options);
    route->options = std::move(options);
    engine::WebSocketRoute& added = *route;
    added.path = path;
    routes_.push_back(&added);
    terms_.router.add(path, "GET").websocket = std::move(route);
    return added;
}

void Server::Implementation::add_folder(std::string_view path, std::string folder) {
    const auto files = std::make_shared<engine::Files>(std::move(folder));
    std::string pattern(path);
    if (!pattern.ends_with('/')) pattern += '/';
    engine::Route& route = terms_.router.add(pattern + "*", "GET");
    route.http = [files](const Request& request) {
        return files->respond(request, request.parameter("*"));
    };
    route.holds = [files](std::string_view rest) { return files->hold(rest); };
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
    return websocket(path, {}, std::move(coroutine), std::move(options));
}

Server& Server::websocket(std::string_view path, WebSocketRequestCoroutine coroutine,
                          WebSocketOptions options) {
    return websocket(path, {}, std::move(coroutine), std::move(options));
}

Server& Server::websocket(std::string_view path, UpgradeHandler on_upgrade,
                          WebSocketCoroutine coroutine, WebSocketOptions options) {
    engine::Terms& terms = implementation_->add_websocket(path, std::move(options)).terms;
    terms.handlers.on_upgrade = std::move(on_upgrade);
    terms.coroutine = std::move(coroutine);
    return *this;
}

Server& Server::websocket(std::string_view path, UpgradeHandler on_upgrade,
                          WebSocketRequestCoroutine coroutine, WebSocketOptions options) {
    engine::Terms& terms = implementation_->add_websocket(path, std::move(options)).terms;
    terms.handlers.on_upgrade = std::move(on_upgrade);
    terms.coroutine = std::move(coroutine);
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

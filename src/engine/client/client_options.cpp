#include "engine/client/client_options.hpp"

#include "engine/client/client_handlers.hpp"

#include <chrono>
#include <mutex>
#include <string>
#include <tuple>
#include <utility>

namespace longwire::engine {

namespace {

/// All but the functions.
auto values_of(const ClientOptions& options) {
    return std::tie(options.subprotocols, options.headers, options.origin, options.user,
                    options.bearer, options.cookies, options.proxy, options.environment_proxy,
                    options.local_address, options.max_redirects, options.roots_file,
                    options.certificate_file, options.key_file, options.verify, options.pinned_keys,
                    options.oldest, options.handshake_timeout, options.limits, options.reconnect,
                    options.max_queue);
}

std::shared_ptr<const ClientOptions> share(ClientOptions options) {
    static std::mutex mutex;
    static std::weak_ptr<const ClientOptions> latest;
    // Functions cannot be compared.
    if (options.before_connect) return std::make_shared<const ClientOptions>(std::move(options));
    const std::scoped_lock lock(mutex);
    if (auto known = latest.lock(); known && values_of(*known) == values_of(options)) return known;
    auto made = std::make_shared<const ClientOptions>(std::move(options));
    latest = made;
    return made;
}

}  // namespace

std::shared_ptr<const ClientOptions> divide(ClientOptions options,
                                            std::unique_ptr<ClientHandlers>& handlers) {
    if (options.on_open || options.on_message || options.on_error || options.on_close ||
        options.on_reconnecting) {
        handlers = std::make_unique<ClientHandlers>();
        handlers->on_open = std::exchange(options.on_open, nullptr);
        handlers->on_message = std::exchange(options.on_message, nullptr);
        handlers->on_error = std::exchange(options.on_error, nullptr);
        handlers->on_close = std::exchange(options.on_close, nullptr);
        handlers->on_reconnecting = std::exchange(options.on_reconnecting, nullptr);
        handlers->own = client_event::all;
    }
    return share(std::move(options));
}

Result<ConnectOptions> connect_options(const ClientOptions& options, const ClientRequest& request,
                                       std::span<const HeaderField> headers) {
    if (options.subprotocols.size() > NameList::max_size)
        return failure(ErrorCode::invalid_argument,
                       "a Client cannot offer " + std::to_string(options.subprotocols.size()) +
                           " subprotocols; leave all but " + std::to_string(NameList::max_size) +
                           " out");
    ConnectOptions connecting;
    connecting.subprotocols = NameList(std::span<const std::string>(options.subprotocols));
    connecting.headers = headers;
    connecting.origin = options.origin;
    connecting.user = request.user;
    connecting.bearer = request.bearer;
    connecting.cookies = request.cookies;
    connecting.proxy = options.proxy;
    connecting.environment_proxy = options.environment_proxy;
    connecting.local_address = options.local_address;
    connecting.max_redirects = options.max_redirects;
    connecting.tls = {.roots_file = options.roots_file,
                      .certificate_file = options.certificate_file,
                      .key_file = options.key_file,
                      .verify = options.verify,
                      .pinned_keys = options.pinned_keys,
                      .oldest = options.oldest};
    connecting.handshake_timeout = options.handshake_timeout;
    connecting.limits = options.limits;
    // The Client pings by itself, to know of each answer when it comes.
    connecting.limits.ping_every = std::chrono::milliseconds(0);
    return connecting;
}

}  // namespace longwire::engine

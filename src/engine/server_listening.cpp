// Where a server listens, and what becomes of those who come.
#include "engine/http/turned_away.hpp"
#include "engine/log.hpp"
#include "engine/server_implementation.hpp"
#include "net/stream.hpp"
#include "net/tls_channel.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace longwire {

namespace {

using engine::Worker;

// The rights of a file, and nothing else of its mode.
constexpr unsigned largest_mode = 0777;

}  // namespace

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
    serve(**stream, *session, std::move(accepted.place));
}

void Server::Implementation::serve(net::Stream& stream, engine::HttpSession& session,
                                   net::Admission::Place place) {
    stream.take(std::move(place));
    session.attach(stream);
    // It was accepted before the server began to leave, and comes after.
    if (leaving_) stream.leave();
}

void Server::Implementation::begin(Worker& worker, std::unique_ptr<net::Carrier> carrier) {
    auto place = admission_.admit({});
    worker.tally().add(engine::Tally::accepted);
    const bool full = worker.loop().holds_too_much();
    const net::Ref<engine::HttpSession> session(new engine::HttpSession(worker, terms_));
    net::Stream& stream = net::Stream::open(worker.loop(), std::move(carrier), session);
    if (place && !full) return serve(stream, *session, std::move(*place));
    count_refused();
    session->attach(stream);
    session->refuse(place ? engine::too_many() : engine::refusal_for(place.error()));
}

}  // namespace longwire

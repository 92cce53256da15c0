#include "engine/client/attempt.hpp"

#include "engine/client/http_tunnel.hpp"
#include "net/address.hpp"
#include "net/socks5.hpp"
#include "net/stream.hpp"
#include "net/tls_channel.hpp"

#include <longwire/http_answer.hpp>

#include <string>
#include <utility>
#include <vector>

namespace longwire::engine {

namespace {

std::unique_ptr<net::Dialogue> dialogue_with(const Proxy& proxy, const http::Url& server) {
    if (proxy.kind == Proxy::Kind::http)
        return std::make_unique<HttpTunnel>(proxy, server.authority());
    return std::make_unique<net::Socks5>(
        net::Socks5::Proxy{.name = proxy.name(), .user = proxy.user, .password = proxy.password},
        // (A zone is of this machine alone.)
        server.host.substr(0, server.host.find('%')), server.port);
}

}  // namespace

Attempt::Attempt(Worker& worker, std::unique_ptr<ConnectPlan> plan) noexcept
    : worker_(worker), plan_(std::move(plan)) {}

Attempt::~Attempt() {
    disarm();
    give_up();
}

bool Attempt::await_ready() {
    if (plan_->handshake_timeout().count() > 0)
        worker_.loop().arm(*this, plan_->handshake_timeout());
    begin();
    return result_.has_value();
}

Result<WebSocket> Attempt::await_resume() {
    return std::move(*result_);  // NOLINT(bugprone-unchecked-optional-access): it is settled
}

void Attempt::begin() {
    step_ = Step::connecting;
    auto done = [this](Result<net::Descriptor> socket) {
        if (socket)
            reached(std::move(*socket));
        else
            settle(Failure(by_proxy(socket.error())));
    };
    net::Loop& loop = worker_.loop();
    const std::optional<Proxy>& proxy = plan_->proxy();
    const std::string& host = proxy ? proxy->host : plan_->url().host;
    const std::uint16_t port = proxy ? proxy->port : plan_->url().port;
    if (!plan_->unix_path().empty()) {
        auto address = net::Address::from_unix_path(plan_->unix_path());
        if (!address) return settle(Failure(std::move(address.error())));
        connector_.emplace(loop, std::vector{*address}, address->to_text(), std::move(done));
    } else if (const auto numeric = net::Address::from_numeric(host, port)) {
        connector_.emplace(loop, std::vector{*numeric}, numeric->to_text(), std::move(done));
    } else if (const std::size_t mark = host.find('%'); mark != std::string::npos) {
        settle(failure(ErrorCode::connection_failed,
                       "cannot connect to " + host + ": there is no network interface \"" +
                           host.substr(mark + 1) + "\"; `ip link` lists them"));
        return;
    } else {
        connector_.emplace(loop, host, port, std::move(done));
    }
    if (const auto& local = plan_->local_address()) connector_->leave_from(*local);
    connector_->start();
}

void Attempt::reached(net::Descriptor socket) {
    const auto& proxy = plan_->proxy();
    if (!proxy) {
        shake(std::move(socket));
        return;
    }
    step_ = Step::tunnelling;
    tunnel_.emplace(worker_.loop(), std::move(socket), dialogue_with(*proxy, plan_->url()),
                    [this](Result<net::Descriptor> tunnel) {
                        if (tunnel)
                            shake(std::move(*tunnel));
                        else
                            settle(Failure(std::move(tunnel.error())));
                    });
    tunnel_->start();
}

void Attempt::shake(net::Descriptor socket) {
    step_ = Step::shaking;
    std::unique_ptr<net::TlsChannel> tls;
    if (const auto context = plan_->tls()) {
        auto channel =
            net::TlsChannel::connect(context, plan_->url().known_host(), plan_->url().port);
        if (!channel) return settle(Failure(std::move(channel.error())));
        tls = std::move(*channel);
    }
    handshake_ = net::Ref<ClientHandshake>(new ClientHandshake(
        worker_, *plan_, [this](Result<WebSocket> result) { shaken(std::move(result)); }));
    const auto stream =
        net::Stream::open(worker_.loop(), std::move(socket), handshake_, std::move(tls));
    if (stream)
        handshake_->attach(**stream);
    else
        settle(Failure(stream.error()));
}

void Attempt::shaken(Result<WebSocket> result) {
    const HttpAnswer* const answer = result ? nullptr : result.error().answer();
    if (answer == nullptr || !plan_->follows(answer->status)) {
        settle(std::move(result));
        return;
    }
    if (auto redirected = plan_->redirect(*answer)) {
        begin();
    } else {
        settle(Failure(Error(redirected.error().code(), redirected.error().message(),
                             std::make_shared<HttpAnswer>(*answer))));
    }
}

/// What went wrong on the way to the proxy, if there is one, and not to the server.
Error Attempt::by_proxy(const Error& error) const {
    const auto& proxy = plan_->proxy();
    if (!proxy) return error;
    return {ErrorCode::proxy_failed,
            "cannot reach the proxy " + proxy->name() + ": " + error.message()};
}

void Attempt::on_timer() {
    if (step_ == Step::tunnelling && tunnel_ && tunnel_->conclude()) return;
    if (handshake_ && handshake_->conclude()) return;
    settle(failure(ErrorCode::timed_out, "no WebSocket at " + plan_->server() + " within " +
                                             std::to_string(plan_->handshake_timeout().count()) +
                                             " ms: " + step_in_words()));
}

std::string Attempt::step_in_words() const {
    const auto& proxy = plan_->proxy();
    const std::string whom = proxy ? "the proxy " + proxy->name() : "the server";
    switch (step_) {
        case Step::connecting:
            return whom + " could not be reached; it may be down or busy";
        case Step::tunnelling:
            return whom + " has not answered; is it running, and is it a proxy of this kind?";
        case Step::shaking:
            break;
    }
    return "the server has not answered the handshake";
}

void Attempt::settle(Result<WebSocket> result) {
    if (result_) return;
    disarm();
    result_.emplace(std::move(result));
    if (const auto awaiter = std::exchange(awaiter_, {})) awaiter.resume();
}

void Attempt::give_up() noexcept {
    if (handshake_) handshake_->give_up();
}

}  // namespace longwire::engine

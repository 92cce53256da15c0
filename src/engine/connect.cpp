#include "engine/client_handshake.hpp"
#include "engine/connect_plan.hpp"
#include "engine/worker.hpp"
#include "net/connector.hpp"
#include "net/resolver.hpp"
#include "net/stream.hpp"
#include "net/timer_wheel.hpp"

#include <longwire/connect.hpp>

#include <coroutine>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace longwire {

namespace engine {

namespace {

/// One attempt to reach a server: name, connection, handshake, within one time limit. Awaited; it
/// lies in the frame of `connect`, and whatever it had begun is given up when that frame goes.
class Attempt final : private net::Timer {
public:
    Attempt(Worker& worker, std::shared_ptr<const ConnectPlan> plan) noexcept
        : worker_(worker), plan_(std::move(plan)) {}
    Attempt(const Attempt&) = delete;
    Attempt& operator=(const Attempt&) = delete;
    ~Attempt() { give_up(); }

    [[nodiscard]] bool await_ready() {
        begin();
        return result_.has_value();
    }
    void await_suspend(std::coroutine_handle<> awaiter) noexcept { awaiter_ = awaiter; }
    [[nodiscard]] Result<WebSocket> await_resume() {
        return std::move(*result_);  // NOLINT(bugprone-unchecked-optional-access): it is settled
    }

private:
    void begin();
    void on_timer() override;
    void reach(std::vector<net::Address> addresses);
    void shake(net::Descriptor socket);
    void settle(Result<WebSocket> result);
    void give_up() noexcept;

    Worker& worker_;
    std::shared_ptr<const ConnectPlan> plan_;
    std::coroutine_handle<> awaiter_;
    std::optional<net::Resolver::Lookup> lookup_;
    std::optional<net::Connector> connector_;
    net::Ref<ClientHandshake> handshake_;
    std::optional<Result<WebSocket>> result_;
};

void Attempt::begin() {
    if (plan_->handshake_timeout.count() > 0) worker_.loop().arm(*this, plan_->handshake_timeout);
    if (!plan_->unix_path.empty()) {
        auto address = net::Address::from_unix_path(plan_->unix_path);
        if (address)
            reach({*address});
        else
            settle(std::unexpected(std::move(address.error())));
        return;
    }
    if (auto numeric = net::Address::from_numeric(plan_->url.host, plan_->url.port)) {
        reach({*numeric});
        return;
    }
    lookup_.emplace(worker_.loop().resolver().lookup(
        plan_->url.host, plan_->url.port, [this](Result<std::vector<net::Address>> addresses) {
            if (addresses)
                reach(std::move(*addresses));
            else
                settle(std::unexpected(std::move(addresses.error())));
        }));
}

void Attempt::reach(std::vector<net::Address> addresses) {
    connector_.emplace(worker_.loop(), std::move(addresses),
                       [this](Result<net::Descriptor> socket) {
                           if (socket)
                               shake(std::move(*socket));
                           else
                               settle(std::unexpected(std::move(socket.error())));
                       });
    connector_->start();
}

void Attempt::shake(net::Descriptor socket) {
    handshake_ = net::Ref<ClientHandshake>(new ClientHandshake(
        worker_, plan_, [this](Result<WebSocket> result) { settle(std::move(result)); }));
    std::unique_ptr<net::TlsChannel> tls;
    if (plan_->tls) {
        auto channel = net::TlsChannel::connect(plan_->tls, plan_->url.host, plan_->url.port);
        if (!channel) return settle(std::unexpected(std::move(channel.error())));
        tls = std::move(*channel);
    }
    const auto stream =
        net::Stream::open(worker_.loop(), std::move(socket), handshake_, std::move(tls));
    if (stream)
        handshake_->attach(**stream);
    else
        settle(std::unexpected(stream.error()));
}

void Attempt::on_timer() {
    settle(failure(ErrorCode::timed_out, "no WebSocket at " + plan_->url.host_field() + " within " +
                                             std::to_string(plan_->handshake_timeout.count()) +
                                             " ms; the server may be unreachable or busy"));
}

void Attempt::settle(Result<WebSocket> result) {
    if (result_) return;
    disarm();
    result_.emplace(std::move(result));
    if (const auto awaiter = std::exchange(awaiter_, {})) awaiter.resume();
}

void Attempt::give_up() noexcept {
    disarm();
    if (handshake_) handshake_->give_up();
}

Task<Result<WebSocket>> connect_by(Result<std::shared_ptr<const ConnectPlan>> plan) {
    if (!plan) co_return std::unexpected(std::move(plan.error()));
    Worker* const worker = Worker::current();
    if (worker == nullptr || !worker->accepting())
        co_return failure(ErrorCode::invalid_argument,
                          "connect was awaited where no loop runs; await it in a coroutine that "
                          "longwire::run or longwire::spawn has started");
    Attempt attempt(*worker, std::move(*plan));  // NOLINT(misc-const-correctness): awaited
    co_return co_await attempt;
}

}  // namespace

}  // namespace engine

Task<Result<WebSocket>> connect(std::string_view url, const ConnectOptions& options) {
    return engine::connect_by(engine::ConnectPlan::make(url, options));
}

}  // namespace longwire

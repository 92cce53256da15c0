#include "ops/admin.hpp"

#include "ops/metrics.hpp"
#include "ops/units.hpp"

#include <longwire/run.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <csignal>
#include <string_view>
#include <utility>

namespace longwire::ops {

namespace {

constexpr std::size_t most_listed = 1000;

ServerOptions modest() {
    ServerOptions options;
    options.threads = 1;
    options.max_connections = 64;
    options.max_request_body = 1024;
    return options;
}

}  // namespace

Admin::Admin(Server& server, const hub::Hub& hub, std::function<void(Exposition&)> more_metrics)
    : server_(server),
      hub_(hub),
      lag_(server),
      more_metrics_(std::move(more_metrics)),
      admin_(modest()) {
    admin_.http("GET", "/healthz", [](const Request&) { return Response::text(200, "alive"); })
        .http("GET", "/readyz",
              [this](const Request&) {
                  if (!ready_) return Response::text(503, "not taking clients");
                  return hub_.ready() ? Response::text(200, "ready")
                                      : Response::text(503, "the broker does not answer");
              })
        .http("GET", "/metrics", [this](const Request&) { return metrics(); })
        .http("GET", "/channels", [this](const Request& request) { return channels(request); });
}

Admin::~Admin() {
    if (!thread_.joinable()) return;
    // Nobody should wait for whoever is looking.
    admin_.stop();
    admin_.stop();
    thread_.join();
}

Result<Server::Listening> Admin::start(const ListenOptions& where) {
    auto listening = admin_.listen(where);
    if (!listening) return listening;
    admin_.post([this] { spawn(watch()); });
    // Signals are for the thread that serves.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([this] { admin_.run(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return listening;
}

void Admin::hand_over() {
    admin_.post([this] { admin_.hand_over(std::chrono::milliseconds(0)); });
}

Task<> Admin::watch() {
    for (;;) {
        lag_.probe();
        co_await sleep_for(std::chrono::milliseconds(500));
    }
}

Response Admin::metrics() const {
    Exposition exposition;
    describe(server_.counts(), exposition);
    describe(hub_.counts(), exposition);
    more_metrics_(exposition);
    lag_.describe(exposition);
    describe_process(exposition);
    Response response = {.status = 200, .body = exposition.text()};
    return std::move(response.with("Content-Type", "text/plain; version=0.0.4; charset=utf-8"));
}

Response Admin::channels(const Request& request) const {
    const auto count = parse_count(request.query("count").value_or("100"));
    if (!count || *count > most_listed)
        return Response::text(400, "count= must be a number up to 1000.");
    nlohmann::json listed = nlohmann::json::array();
    for (const auto& channel : hub_.channels(request.query("prefix").value_or(""),
                                             request.query("after").value_or(""), *count))
        listed.push_back({{"name", channel.name}, {"members", channel.members}});
    const nlohmann::json body = {{"channels", std::move(listed)}};
    return Response::json(
        200, body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

}  // namespace longwire::ops

#include "engine/client/attempt.hpp"
#include "engine/client/connect_plan.hpp"
#include "engine/worker.hpp"

#include <longwire/connect.hpp>

#include <memory>
#include <utility>

namespace longwire {

namespace {

Task<Result<WebSocket>> connect_by(Result<std::unique_ptr<engine::ConnectPlan>> plan) {
    if (!plan) co_return Failure(std::move(plan.error()));
    engine::Worker* const worker = engine::Worker::current();
    if (worker == nullptr || !worker->accepting())
        co_return failure(ErrorCode::invalid_argument,
                          "connect was awaited where no loop runs; await it in a coroutine that "
                          "longwire::run or longwire::spawn has started");
    engine::Attempt attempt(*worker, std::move(*plan));  // NOLINT(misc-const-correctness): awaited
    co_return co_await attempt;
}

}  // namespace

Task<Result<WebSocket>> connect(std::string_view url, const ConnectOptions& options) {
    return connect_by(engine::ConnectPlan::make(url, options));
}

Task<Result<WebSocket>> connect(std::string_view url) {
    return connect(url, ConnectOptions());
}

}  // namespace longwire

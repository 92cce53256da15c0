#include "engine/http/pending_upgrade.hpp"

#include "engine/log.hpp"

#include <exception>
#include <string>
#include <utility>

namespace longwire {

const Request& Upgrade::request() const noexcept {
    return pending_.request;
}

void Upgrade::refuse(Response response) {
    // A refusal that claims to be the 101 would leave the client in a protocol nobody speaks.
    if (response.status < 200 || response.status > 599) response.status = 500;
    pending_.response = std::move(response);
}

void Upgrade::header(std::string_view name, std::string_view value) {
    pending_.response.with(name, value);
}

detail::States& Upgrade::states() noexcept {
    return pending_.states;
}

HttpReply Upgrade::answer_later() {
    if (pending_.in_coroutine) {
        engine::log(LogLevel::error,
                    "Upgrade::answer_later was called in a coroutine, which decides when it ends; "
                    "the reply that it got does nothing");
        return {};
    }
    pending_.deferred = true;
    return pending_.later();
}

namespace engine {

std::optional<Response> PendingUpgrade::decide(Worker& worker,
                                               const std::shared_ptr<PendingUpgrade>& pending) {
    const UpgradeHandler& handler = pending->route.terms.handlers.on_upgrade;
    if (!handler) return Response{.status = 101};
    if (handler.coroutine_) {
        pending->in_coroutine = true;
        worker.spawn(run(pending, pending->later()),
                     {.tell = [](void*, const std::exception_ptr&) {}});
        return std::nullopt;
    }
    try {
        handler.function_(pending->upgrade);
    } catch (...) {
        pending->report_throw();
    }
    if (pending->deferred) return std::nullopt;
    return std::move(pending->response);
}

Task<> PendingUpgrade::run(std::shared_ptr<PendingUpgrade> pending, HttpReply reply) {
    try {
        co_await pending->route.terms.handlers.on_upgrade.coroutine_(pending->upgrade);
    } catch (...) {
        pending->report_throw();
    }
    reply.send(std::move(pending->response));
}

void PendingUpgrade::report_throw() noexcept {
    log(LogLevel::warning, "on_upgrade threw an exception (" +
                               std::string(current_exception_words()) +
                               "); the handshake was refused with 500");
    upgrade.refuse(500, "The server could not decide about this connection.");
}

}  // namespace engine

}  // namespace longwire

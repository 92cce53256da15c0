#include "cli/serving_pusher.hpp"

#include "hooks/http_caller.hpp"

#include <string>
#include <utility>

namespace longwire::cli {

namespace {

using dialects::pusher::Pusher;
using dialects::pusher::Webhooks;

/// As a webhook's receiver says that it has taken it: by any 2xx.
void send_webhook(hooks::HttpCaller& caller, Webhooks::Call call, Webhooks::Sent sent) {
    caller.call({.method = "POST",
                 .url = std::move(call.url),
                 .headers = std::move(call.headers),
                 .body = std::move(call.body)},
                [sent = std::move(sent)](const Result<hooks::HttpCallAnswer>& answer) mutable {
                    if (!answer) return sent(false, std::string(answer.error().message()));
                    const bool taken = answer->status >= 200 && answer->status < 300;
                    sent(taken, "its answer was " + std::to_string(answer->status));
                });
}

}  // namespace

std::unique_ptr<Pusher> serve_pusher(const Serving& serving) {
    if (serving.options.apps.empty()) return nullptr;
    return std::make_unique<Pusher>(
        serving.server, serving.hub_loops, serving.gate, serving.options.apps,
        [&caller = serving.caller](Webhooks::Call call, Webhooks::Sent sent) {
            send_webhook(caller, std::move(call), std::move(sent));
        },
        serving.options.websocket, Pusher::Options{});
}

}  // namespace longwire::cli

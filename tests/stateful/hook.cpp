#include "hook.hpp"

#include "finding.hpp"

#include <chrono>
#include <utility>

namespace longwire::stateful {

namespace {

Task<> later(HttpReply reply, Response response, std::chrono::milliseconds wait) {
    co_await sleep_for(wait);
    reply.send(std::move(response));
}

}  // namespace

Hook::Hook(std::uint64_t seed) : chance_(seed), server_({.threads = 1}) {
    server_.http("POST", "/may",
                 [this](const Request& /*request*/, const HttpReply& reply) { answer(reply); });
    const auto listening = server_.listen({});
    if (!listening) found("the test's hook cannot listen: " + listening.error().message());
    port_ = listening->port;
    thread_ = std::thread([this] { server_.run(); });
}

Hook::~Hook() {
    server_.stop();
    server_.stop();
    thread_.join();
}

void Hook::answer(const HttpReply& reply) {
    const auto yes = [](std::string_view rest) {
        return Response::json(200, R"({"allow":true)" + std::string(rest) + "}");
    };
    const std::chrono::milliseconds wait(chance_.between(0, 400));
    switch (chance_.between(0, 11)) {
        case 0:
            return reply.send(Response::json(200, R"({"allow":"perhaps"})"));
        case 1:
            return reply.send(Response::json(200, ""));
        case 2:
            return reply.send(Response::text(404, "What?"));
        case 3:
            return reply.send(Response::json(200, R"({"allow":false,"reason":"\u0000no"})"));
        case 4:
            if (never_.size() < 200) return never_.push_back(reply);
            return;
        case 5:
        case 6:
            return reply.send(yes(R"(,"expires_in":1)"));
        case 7:
            return spawn(later(reply, yes(R"(,"expires_in":1,"user":"other")"), wait));
        case 8:
        case 9:
            return spawn(later(reply, yes(""), wait));
        default:
            return reply.send(yes(""));
    }
}

}  // namespace longwire::stateful

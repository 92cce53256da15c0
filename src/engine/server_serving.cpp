// What a server does from the beginning of `run` to its end.
#include "engine/log.hpp"
#include "engine/server_implementation.hpp"
#include "net/stream.hpp"
#include "protocol/payload_buffer.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace longwire {

namespace {

using engine::Worker;

// What a load has left behind goes when it is over.
constexpr std::chrono::milliseconds keeping{1000};

}  // namespace

int Server::Implementation::run() {
    if (!workers_) {
        engine::log(LogLevel::error, workers_.error().message());
        return 1;
    }
    if (Worker::current() != nullptr) {
        engine::log(LogLevel::error, "Server::run was called on a thread that already runs a loop");
        return 1;
    }
    // (Until here somebody else may have to go on with them.)
    for (const auto& endpoint : endpoints_)
        if (endpoint->remove_file) endpoint->listener->own_file();
    (*workers_)->run([this](Worker& worker) {
        Turns turns(*this, worker);
        while (turns.turn(std::chrono::milliseconds(-1))) {
        }
        worker.loop().end_all_streams();
    });
    stops_ = 0;
    drain_within_ = std::chrono::milliseconds(0);
    drain_code_ = CloseCode::going_away;
    leaving_ = false;
    return 0;
}

bool Server::Implementation::Turns::turn(std::chrono::milliseconds limit) {
    net::Loop& loop = worker_.loop();
    const int stops = server_.stops_;
    if (stops > 1) return false;
    if (stops == 1 && &worker_ == &(*server_.workers_)->first() && !server_.leaving_) {
        server_.endpoints_.clear();
        server_.leaving_ = true;
        (*server_.workers_)->wake_all();
    }
    if (server_.leaving_ && !leaving_.begun()) begin_to_leave();
    // (A turn may be over at once, as those who were told to go answer.)
    if (server_.leaving_ && loop.clock() >= next_leave_) leave_in_part();
    if (leaving_.begun() && (loop.stream_count() == 0 || leaving_.over(loop))) return false;
    const bool keeps = protocol::PayloadBuffer::keeps_any();
    if (keeps && loop.now() - released_ >= keeping) {
        protocol::PayloadBuffer::release_unneeded();
        released_ = loop.now();
    }
    if (limit.count() != 0 && (leaving_.begun() || keeps))
        limit = leaving_.begun() ? leaving_step : keeping;
    loop.turn(limit);
    return true;
}

void Server::Implementation::Turns::begin_to_leave() {
    net::Loop& loop = worker_.loop();
    // Those who were accepted before are on their way to this loop.
    loop.turn(std::chrono::milliseconds(0));
    leaving_.begin(loop.clock(), server_.drain_within_);
    worker_.leave_with(server_.drain_code_);
    those_here_ = loop.stream_count();
}

/// Tells those connections of the loop to go whose time has come.
void Server::Implementation::Turns::leave_in_part() {
    net::Loop& loop = worker_.loop();
    next_leave_ = loop.clock() + leaving_step;
    const std::chrono::duration<double> within = server_.drain_within_.load();
    const std::chrono::duration<double> passed = loop.clock() - leaving_.when_begun();
    std::size_t staying = 0;
    loop.each_stream([&](const net::Stream& stream) { staying += stream.left() ? 0 : 1; });
    // Evenly over the time that is given: of those who were here, as many may stay as is left of
    // it.
    std::size_t may_stay = 0;
    if (passed < within)
        may_stay = static_cast<std::size_t>(
            std::ceil(static_cast<double>(those_here_) * (1 - passed / within)));
    std::size_t going = staying - std::min(staying, may_stay);
    loop.each_stream([&](net::Stream& stream) {
        if (going == 0 || stream.left()) return;
        --going;
        stream.leave();
    });
}

}  // namespace longwire

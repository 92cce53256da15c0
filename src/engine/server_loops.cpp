#include "engine/server_loops.hpp"

#include "engine/server_implementation.hpp"
#include "engine/websocket/websocket_session.hpp"

#include <utility>

namespace longwire {

std::size_t engine::ServerLoops::count() const noexcept {
    return implementation_.workers() == nullptr ? 0 : implementation_.workers()->size();
}

std::optional<std::size_t> engine::ServerLoops::current() const noexcept {
    for (std::size_t index = 0; index < count(); ++index)
        if (&(*implementation_.workers())[index] == engine::Worker::current()) return index;
    return std::nullopt;
}

void engine::ServerLoops::post(std::size_t loop, std::move_only_function<void()> function) const {
    (*implementation_.workers())[loop].loop().post_in_order(std::move(function));
}

void engine::ServerLoops::count_posted(std::size_t bytes) const noexcept {
    implementation_.workers()->total().add_posted(bytes);
}

void engine::ServerLoops::give_back_posted(std::size_t bytes) const noexcept {
    implementation_.workers()->total().give_back_posted(bytes);
}

bool engine::ServerLoops::has_room_to_post() const noexcept {
    return count() == 0 || implementation_.workers()->total().has_room_to_post();
}

bool engine::ServerLoops::leaving() const noexcept {
    return implementation_.leaving();
}

std::size_t engine::ServerLoops::subscribers_here(std::string_view topic) const {
    return engine::Worker::current()->topics()->count_of(topic);
}

void engine::ServerLoops::publish_here(std::string_view topic, const PreparedMessage& message,
                                       WebSocket* except) const {
    engine::Worker::current()->topics()->publish_here(
        topic, message, except == nullptr ? nullptr : &engine::WebSocketSession::of(*except));
}

void engine::ServerLoops::give_out_soon(GivingOut& what) const {
    engine::Worker::current()->topics()->give_out_soon(what);
}

void engine::ServerLoops::add_policy(
    std::function<std::optional<SlowReader>(std::string_view)> policy_of) const {
    implementation_.topics().add_policies(std::move(policy_of));
}

void engine::ServerLoops::set_pace(std::chrono::microseconds time, std::size_t look_after) const {
    implementation_.topics().set_pace({.time = time, .look_after = look_after});
}

std::size_t engine::ServerLoops::unacknowledged(WebSocket& socket) {
    return engine::WebSocketSession::of(socket).unacknowledged();
}

void engine::ServerLoops::watch_uptake(WebSocket& socket) {
    engine::WebSocketSession::of(socket).watch_uptake();
}

bool engine::ServerLoops::takes(WebSocket& socket) {
    return engine::WebSocketSession::of(socket).takes();
}

}  // namespace longwire

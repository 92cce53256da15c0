// The public interface, over what stands beneath it.
#include "dialects/json_text.hpp"
#include "dialects/program/hub_access.hpp"
#include "dialects/program/program_gate.hpp"
#include "dialects/program/program_hub.hpp"
#include "dialects/socketio/application.hpp"
#include "dialects/socketio/session_id.hpp"
#include "engine/log.hpp"
#include "hub/memory_broker.hpp"

#include <longwire/longwire.hpp>
#include <longwire/socketio.hpp>

#include <utility>

namespace longwire {

namespace socketio {

namespace inside = dialects::socketio;

namespace {

/// Runs `function` with the member, on its loop, unless it is gone.
template <class Function>
void on_member(const inside::Whereabouts& where, Function&& function) {
    const auto alive = where.application.lock();
    if (!alive) return;
    (*alive)->members().with(where.member, std::forward<Function>(function));
}

inside::Member::Joining joining_of(const inside::Member& member, std::string_view room,
                                   const ChannelUser& as) {
    const inside::ApplicationRules& rules = member.application().rules();
    inside::Member::Joining joining = {
        .room = std::string(room),
        .channel = rules.channel_of(member.family(), member.name_space(), room)};
    const auto rule = rules.rule_of ? rules.rule_of(joining.channel) : nullptr;
    if (!rule) return joining;
    if (rule->last_message) joining.history.last = 1;
    if (!rule->keeps_presence || as.name.empty()) return joining;
    if (dialects::can_be_listed(as))
        joining.who = hub::Presence{.user = as.name, .info = as.info};
    else
        engine::log(LogLevel::warning, "Socket::join was called with a user that is not valid: " +
                                           std::string(dialects::listing_rule));
    return joining;
}

hub::MemberId member_of(const std::optional<std::pair<std::uint32_t, std::uint64_t>>& member) {
    if (!member) return {};
    return {.outlet = member->first, .number = member->second};
}

}  // namespace

void Acknowledge::send(Arguments arguments) const {
    if (!answering_ || answering_->done.exchange(true)) return;
    const inside::Whereabouts& where = answering_->where;
    const auto alive = where.application.lock();
    if (!alive) return;
    inside::Application& there = **alive;
    there.members().run(where.member,
                        [id = answering_->id, arguments = std::move(arguments)](
                            inside::Member& member) { member.acknowledge(id, arguments); });
}

void Audience::send(std::string_view event, const Arguments& arguments) const {
    if (rooms_.size() > 1 || !excluded_.empty()) return send_to_each(event, arguments, false);
    family_->application.publish(*family_, name_space_, rooms_.front(), event, arguments,
                                 member_of(except_));
}

void Audience::send_volatile(std::string_view event, const Arguments& arguments) const {
    send_to_each(event, arguments, true);
}

void Audience::send_to_each(std::string_view event, const Arguments& arguments,
                            bool only_at_once) const {
    family_->application.send_to_each({.name_space = name_space_,
                                       .rooms = rooms_,
                                       .excluded = excluded_,
                                       .except = member_of(except_)},
                                      event, arguments, only_at_once);
}

Audience Audience::to(std::string_view room) const {
    Audience wider = *this;
    wider.rooms_.emplace_back(room);
    return wider;
}

Audience Audience::except(std::string_view room) const {
    Audience narrower = *this;
    narrower.excluded_.emplace_back(room);
    return narrower;
}

// ---- handles ------------------------------------------------------------------------------------

void SocketHandle::post(std::function<void(Socket&)> function) const {
    if (!whereabouts_) return;
    on_member(*whereabouts_, [function = std::move(function)](inside::Member& member) {
        function(member.socket());
    });
}

void SocketHandle::send(std::string_view event, Arguments arguments) const {
    post([event = std::string(event), arguments = std::move(arguments)](Socket& socket) {
        socket.send(event, arguments);
    });
}

void SocketHandle::join(std::string_view room) const {
    post([room = std::string(room)](Socket& socket) { socket.join(room); });
}

void SocketHandle::join(std::string_view room, const ChannelUser& as) const {
    post([room = std::string(room), as](Socket& socket) { socket.join(room, as); });
}

void SocketHandle::leave(std::string_view room) const {
    post([room = std::string(room)](Socket& socket) { socket.leave(room); });
}

void SocketHandle::disconnect() const {
    post([](Socket& socket) { socket.disconnect(); });
}

// ---- sockets ------------------------------------------------------------------------------------

const std::string& Socket::id() const noexcept {
    return inside_.id();
}

const std::string& Socket::name_space() const noexcept {
    return inside_.name_space();
}

const Handshake& Socket::handshake() const noexcept {
    return inside_.handshake();
}

bool Socket::recovered() const noexcept {
    return inside_.recovered();
}

bool Socket::connected() const noexcept {
    return inside_.connected();
}

void Socket::on(std::string event, EventHandler handler) {
    inside_.handle(std::move(event), std::move(handler));
}

void Socket::send(std::string_view event, const Arguments& arguments) {
    inside_.send(event, arguments, false);
}

void Socket::send_volatile(std::string_view event, const Arguments& arguments) {
    inside_.send(event, arguments, true);
}

void Socket::request(std::string_view event, const Arguments& arguments,
                     std::chrono::milliseconds timeout, Answered answered) {
    inside_.request(event, arguments, timeout, std::move(answered));
}

struct Requesting::State {
    std::optional<Result<Arguments>> answer;
    std::coroutine_handle<> awaiter;
};

Requesting::Requesting(std::shared_ptr<State> state) noexcept : state_(std::move(state)) {}

Requesting::~Requesting() {
    if (state_) state_->awaiter = {};
}

bool Requesting::await_ready() const noexcept {
    return state_->answer.has_value();
}

void Requesting::await_suspend(std::coroutine_handle<> awaiter) noexcept {
    state_->awaiter = awaiter;
}

Result<Arguments> Requesting::await_resume() {
    return std::move(*state_->answer);  // NOLINT(bugprone-unchecked-optional-access): it is there
}

Requesting Socket::request(std::string_view event, const Arguments& arguments,
                           std::chrono::milliseconds timeout) {
    auto state = std::make_shared<Requesting::State>();
    inside_.request(event, arguments, timeout, [state](Result<Arguments> answer) {
        state->answer = std::move(answer);
        if (state->awaiter) std::exchange(state->awaiter, {}).resume();
    });
    return Requesting(std::move(state));
}

void Socket::join(std::string_view room) {
    join(room, ChannelUser{});
}

void Socket::join(std::string_view room, const ChannelUser& as) {
    if (!room.empty()) inside_.join(joining_of(inside_, room, as));
}

void Socket::leave(std::string_view room) {
    if (!room.empty()) inside_.leave(std::string(room));
}

bool Socket::in(std::string_view room) const {
    return inside_.in(std::string(room));
}

Audience Socket::to(std::string_view room) const {
    return {inside_.family(), inside_.name_space(), std::string(room),
            std::pair(inside_.number().outlet, inside_.number().number)};
}

Audience Socket::broadcast() const {
    return to({});
}

void Socket::disconnect(bool everything) {
    inside_.disconnect(everything);
}

SocketHandle Socket::handle() const {
    SocketHandle handle;
    handle.whereabouts_ = std::make_shared<const inside::Whereabouts>(inside_.whereabouts());
    return handle;
}

void* Socket::find_state(const void* key) const noexcept {
    const auto found = inside_.states.find(key);
    return found == inside_.states.end() ? nullptr : found->second.get();
}

void Socket::keep_state(const void* key, std::shared_ptr<void> state) {
    inside_.states[key] = std::move(state);
}

// ---- namespaces ---------------------------------------------------------------------------------

const Handshake& Application::handshake() const noexcept {
    return *applying_->handshake;
}

std::string_view Application::name_space() const noexcept {
    return applying_->name_space;
}

void Application::allow() const {
    applying_->decide(std::nullopt);
}

void Application::refuse(std::string_view message, Json data) const {
    std::string refusal = R"({"message":)";
    dialects::append_quoted(refusal, message);
    if (dialects::is_json(data.text)) {
        refusal += R"(,"data":)";
        refusal += data.text;
    }
    applying_->decide(refusal + '}');
}

Namespace& Namespace::use(std::function<void(const Application&)> middleware) {
    inside_.middlewares.push_back(std::move(middleware));
    return *this;
}

Namespace& Namespace::on_connection(std::function<void(Socket&)> handler) {
    inside_.connected = std::move(handler);
    return *this;
}

Namespace& Namespace::on(std::string event, EventHandler handler) {
    inside_.handlers[std::move(event)] = std::move(handler);
    return *this;
}

Namespace& Namespace::on_other(
    std::function<void(Socket&, std::string_view, const Arguments&, const Acknowledge&)> handler) {
    inside_.other = std::move(handler);
    return *this;
}

Namespace& Namespace::on_disconnect(std::function<void(Socket&, std::string_view)> handler) {
    inside_.disconnected = std::move(handler);
    return *this;
}

Namespace& Namespace::room_channels(std::optional<std::string> prefix) {
    inside_.room_channels = std::move(prefix);
    return *this;
}

Audience Namespace::to(std::string_view room) const {
    return {inside_, inside_.name, std::string(room), std::nullopt};
}

Audience Namespace::everybody() const {
    return to({});
}

}  // namespace socketio

// ---- servers ------------------------------------------------------------------------------------

namespace {

using dialects::socketio::ApplicationRules;
using dialects::socketio::Family;

/// A name with a slash, so that no client of another dialect reaches it, nor a Hub.
std::string own_channel(std::string_view prefix, std::string_view name_space,
                        std::string_view room) {
    std::string channel(prefix);
    channel += name_space;
    if (room.empty()) return channel;
    channel += '#';
    channel += room;
    return channel;
}

hub::HistoryRule own_history(const SocketIoOptions& options) {
    return {.count = options.recovery.count() > 0 ? options.recovery_events : 0,
            .age = options.recovery};
}

ApplicationRules rules_of(const SocketIoOptions& options) {
    return {
        .channel_of = [prefix = options.channel_prefix](
                          const Family& /*family*/, std::string_view name_space,
                          std::string_view room) { return own_channel(prefix, name_space, room); },
        .history_of = [kept = own_history(options)](const std::string&) { return kept; }};
}

/// Of an application that shares the channels of a hub, which has those whose names hold no slash.
ApplicationRules rules_of(const SocketIoOptions& options, dialects::ProgramHub& hub) {
    const auto rule_of = [&hub](const std::string& channel) {
        return channel.contains('/') ? nullptr : hub.gate().rule_of(channel);
    };
    const auto channel_of =
        [prefix = options.channel_prefix, loops = hub.hub_loops().loops().count()](
            const Family& family, std::string_view name_space, std::string_view room) {
            // (What is for one client must not be heard by whoever knows its id.)
            const bool is_id = dialects::socketio::loop_of(room).value_or(loops) < loops;
            if (!room.empty() && family.room_channels && !is_id) {
                std::string channel = *family.room_channels + std::string(room);
                if (dialects::is_program_channel(channel)) return channel;
            }
            return own_channel(prefix, name_space, room);
        };
    const auto history_of = [rule_of, kept = own_history(options)](const std::string& channel) {
        const auto rule = rule_of(channel);
        return rule ? hub::HistoryRule{.count = rule->history_count, .age = rule->history_age}
                    : kept;
    };
    return {.channel_of = channel_of, .history_of = history_of, .rule_of = rule_of};
}

WebSocketOptions websocket_of(const SocketIoOptions& options) {
    WebSocketOptions websocket;
    websocket.limits.compression = options.compression;
    return websocket;
}

}  // namespace

struct SocketIo::Inside {
    std::shared_ptr<void> whole;  // the application, and the hub that it stands on
    dialects::socketio::Application& application;
};

namespace {

/// An application with a hub of its own.
struct Alone {
    Alone(Server& server, const SocketIoOptions& options)
        : hub_loops(server, hub),
          application(server, hub_loops, options, websocket_of(options), rules_of(options)) {
        hub_loops.tick_hub_every(std::chrono::milliseconds(500));
    }

    hub::MemoryBroker broker;
    hub::Hub hub{broker};
    dialects::HubLoops hub_loops;
    dialects::socketio::Application application;
};

}  // namespace

SocketIo::SocketIo(Server& server, const SocketIoOptions& options) {
    auto alone = std::make_shared<Alone>(server, options);
    auto& application = alone->application;
    inside_ = std::make_unique<Inside>(std::move(alone), application);
}

SocketIo::SocketIo(Hub& hub, const SocketIoOptions& options) {
    auto shared = dialects::HubAccess::inside(hub);
    auto application = std::make_shared<dialects::socketio::Application>(
        shared->server(), shared->hub_loops(), options, websocket_of(options),
        rules_of(options, *shared));
    inside_ = std::make_unique<Inside>(shared, *application);
    shared->keep(std::move(application));
}

SocketIo::~SocketIo() = default;

socketio::Namespace& SocketIo::of(std::string_view name) {
    return inside_->application.family(name).face();
}

std::size_t SocketIo::sessions() const noexcept {
    return inside_->application.engine().sessions();
}

struct EngineIo::Inside final : dialects::socketio::EngineListener {
    Inside(Server& server, const SocketIoOptions& options,
           std::function<void(Session&, Message)> on_message)
        : on_message(std::move(on_message)),
          engine(server, options, websocket_of(options), *this) {}
    virtual ~Inside() = default;

    void opened(dialects::socketio::EngineSession& /*session*/, const Request& /*request*/,
                std::shared_ptr<void> /*guest*/) override {}
    void received(dialects::socketio::EngineSession& session, Message message) override {
        Session face(&session);
        on_message(face, message);
    }
    void closed(dialects::socketio::EngineSession& /*session*/,
                std::string_view /*reason*/) override {}

    std::function<void(Session&, Message)> on_message;
    dialects::socketio::EngineServer engine;
};

EngineIo::EngineIo(Server& server, const SocketIoOptions& options,
                   std::function<void(Session&, Message)> on_message)
    : inside_(std::make_unique<Inside>(server, options, std::move(on_message))) {}

EngineIo::~EngineIo() = default;

void EngineIo::Session::send(Message message) {
    static_cast<dialects::socketio::EngineSession*>(inside_)->send(message);
}

void EngineIo::Session::close() {
    static_cast<dialects::socketio::EngineSession*>(inside_)->close("forced close");
}

}  // namespace longwire

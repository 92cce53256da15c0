#include "dialects/socketio/application.hpp"

#include "dialects/encodings.hpp"
#include "dialects/json_text.hpp"
#include "dialects/socketio/event_packets.hpp"
#include "dialects/socketio/first_request.hpp"
#include "dialects/socketio/session_id.hpp"

#include <longwire/request.hpp>

#include <algorithm>
#include <utility>

namespace longwire::dialects::socketio {

namespace {

PacketLimits limits_of(const SocketIoOptions& options) noexcept {
    return {.attachments = options.max_attachments, .bytes = options.max_event};
}

}  // namespace

/// What stands on one Engine.IO session.
struct Application::Connection final : EngineState {
    Connection(std::shared_ptr<const FirstRequest> request, const PacketLimits& limits)
        : request(std::move(request)), packets(limits) {}

    std::shared_ptr<const FirstRequest> request;
    PacketReader packets;
    std::unordered_map<std::string, Place> places;
    Alarm too_late;  // to come onto a namespace
};

Applying::~Applying() {
    if (!decided) decide(R"({"message":"The server did not decide about your request"})");
}

void Applying::decide(std::optional<std::string> refusal) {
    if (decided.exchange(true)) return;
    const auto alive = application.lock();
    if (!alive) return;
    Application& there = **alive;
    there.engine().loops().post(
        session.loop, [&there, session = session, name_space = name_space, number = number,
                       refusal = std::move(refusal), guest = guest] {
            there.decide(session, name_space, number, refusal, guest);
        });
}

Application::Application(Server& server, HubLoops& hub_loops, const SocketIoOptions& options,
                         WebSocketOptions websocket, ApplicationRules rules)
    : hub_loops_(hub_loops),
      tally_(hub_loops.tally("socketio")),
      options_(options),
      rules_(std::move(rules)),
      self_(std::make_shared<Application*>(this)),
      engine_(server, options, std::move(websocket), *this),
      groups_(engine_),
      on_loops_(hub_loops.loops().count()),
      members_(hub_loops.loops()) {
    hub_loops.add(*this);
}

Family& Application::family(std::string_view name) {
    for (const auto& one : families_)
        if (one->name == name) return *one;
    return *families_.emplace_back(std::make_unique<Family>(*this, std::string(name)));
}

Family* Application::family_of(std::string_view name_space) const {
    Family* best = nullptr;
    for (const auto& one : families_) {
        if (!one->covers(name_space)) continue;
        if (!one->is_pattern()) return one.get();
        if (best == nullptr || one->name.size() > best->name.size()) best = one.get();
    }
    return best;
}

// ---- connections --------------------------------------------------------------------------------

std::optional<EngineListener::Refusal> Application::judge(const Request& request,
                                                          std::shared_ptr<void>& guest) {
    return rules_.judge ? rules_.judge(request, guest) : std::nullopt;
}

void Application::opened(EngineSession& session, const Request& request,
                         std::shared_ptr<void> guest) {
    auto connection = std::make_unique<Connection>(FirstRequest::of(request, std::move(guest)),
                                                   limits_of(options_));
    if (options_.connect_timeout.count() > 0)
        connection->too_late.set(
            engine_.alarms(session.loop()), Alarms::Clock::now() + options_.connect_timeout,
            [&session] { session.close("the client did not connect to a namespace in time"); });
    session.state = std::move(connection);
    tally_.add(session.loop(), DialectTally::opened);
}

void Application::received(EngineSession& session, Message message) {
    auto& connection = static_cast<Connection&>(*session.state);
    const auto packet = connection.packets.take(message);
    if (!packet) return session.fail(packet.error());
    if (*packet != nullptr) receive(session, **packet);
}

void Application::upgraded(EngineSession& session) {
    const auto& connection = static_cast<const Connection&>(*session.state);
    for (const auto& [name, place] : connection.places)
        if (place.member != nullptr) place.member->upgraded();
}

void Application::closed(EngineSession& session, std::string_view reason) {
    tally_.add(session.loop(), DialectTally::closed);
    auto& connection = static_cast<Connection&>(*session.state);
    connection.too_late.call_off();
    std::vector<Member*> members;
    for (auto& [name, place] : connection.places) {
        place.deciding = 0;
        if (place.member != nullptr) members.push_back(place.member);
    }
    for (Member* const member : members) remove(*member, reason);
}

void Application::receive(EngineSession& session, const WholePacket& whole) {
    const Packet& packet = whole.packet;
    if (packet.type == PacketType::connect) return apply(session, whole);
    Place* const place = place_of(&session, std::string(packet.name_space));
    if (place == nullptr || packet.type == PacketType::connect_error)
        return session.fail("the client sent a packet for a namespace that it is not connected to");
    // What was on its way when it was taken off the namespace means nothing any more.
    if (place->member == nullptr) {
        if (packet.type == PacketType::disconnect) place->deciding = 0;
        return;
    }
    Member& member = *place->member;
    switch (packet.type) {
        case PacketType::event:
        case PacketType::binary_event:
            return member.receive_event(whole);
        case PacketType::ack:
        case PacketType::binary_ack:
            return member.receive_acknowledgement(whole);
        case PacketType::disconnect:
            return remove(member, "client namespace disconnect");
        case PacketType::connect:
        case PacketType::connect_error:
            break;
    }
}

Application::Place* Application::place_of(EngineSession* session, const std::string& name_space) {
    if (session == nullptr || session->ended()) return nullptr;
    auto& places = static_cast<Connection&>(*session->state).places;
    const auto found = places.find(name_space);
    return found == places.end() ? nullptr : &found->second;
}

// ---- coming onto a namespace --------------------------------------------------------------------

void Application::apply(EngineSession& session, const WholePacket& whole) {
    auto& connection = static_cast<Connection&>(*session.state);
    const std::string name_space(whole.packet.name_space);
    if (family_of(name_space) == nullptr)
        return refuse(session, name_space, R"({"message":"Invalid namespace"})");
    if (connection.places.size() >= options_.max_namespaces &&
        !connection.places.contains(name_space))
        return session.fail("the client is connected to too many namespaces");
    Place& place = connection.places[name_space];
    if (place.member != nullptr || place.deciding != 0)
        return session.fail("the client is already connected to the namespace");
    place.handshake = std::make_shared<const Handshake>(
        FirstRequest::handshake(connection.request, whole.packet.data));
    place.middleware = 0;
    place.deciding = ++on_loops_[session.loop()].latest_decision;
    ask(session, name_space, place);
}

/// The next middleware, if there is one.
void Application::ask(EngineSession& session, const std::string& name_space, Place& place) {
    const auto& middlewares = family_of(name_space)->middlewares;
    if (place.middleware == middlewares.size()) return admit(session, name_space, place);
    auto applying = std::make_shared<Applying>();
    applying->application = self_;
    applying->session = session.ref();
    applying->name_space = name_space;
    applying->handshake = place.handshake;
    applying->number = place.deciding;
    try {
        middlewares[place.middleware](longwire::socketio::Application(std::move(applying)));
    } catch (...) {
        // It is refused, since nobody has decided.
        return;
    }
}

void Application::decide(LoopRef session, const std::string& name_space, std::uint64_t number,
                         const std::optional<std::string>& refusal, std::shared_ptr<void> guest) {
    EngineSession* const there = engine_.find(session);
    Place* const place = place_of(there, name_space);
    if (place == nullptr || place->deciding != number) return;
    if (refusal) {
        place->deciding = 0;
        return refuse(*there, name_space, *refusal);
    }
    if (guest) place->guest = std::move(guest);
    ++place->middleware;
    ask(*there, name_space, *place);
}

void Application::refuse(EngineSession& session, const std::string& name_space,
                         const std::string& data) {
    session.send(Message::text(
        write_packet({.type = PacketType::connect_error, .name_space = name_space, .data = data})));
}

void Application::admit(EngineSession& session, const std::string& name_space, Place& place) {
    if (recovers() && come_back(session, name_space, place)) return;
    welcome(add(session, place, name_space, place.handshake));
}

Member& Application::add(EngineSession& session, Place& place, std::string name_space,
                         std::shared_ptr<const Handshake> handshake) {
    auto& connection = static_cast<Connection&>(*session.state);
    connection.too_late.call_off();
    place.deciding = 0;
    Family& family = *family_of(name_space);
    auto made = std::make_unique<Member>(*this, family, session, std::move(name_space),
                                         std::move(handshake));
    made->guest = std::move(place.guest);
    const LoopRef ref = made->ref();
    place.member = &members_.add(ref, std::move(made));
    return *place.member;
}

void Application::welcome(Member& member) {
    OnLoop& here = on_loops_[member.session().loop()];
    here.by_id[member.id()] = &member;
    std::string answer = R"({"sid":")" + member.id();
    if (recovers()) {
        here.by_key[member.key_] = &member;
        directory_.set(member.key_, member.session().loop());
        answer += R"(","pid":")" + member.key_;
    }
    member.connect(answer + "\"}");
    if (member.recovered()) return;
    if (auto home = home_of(member)) member.join(std::move(*home));
    tell_connected(member);
}

std::optional<Member::Joining> Application::home_of(const Member& member) const {
    if (rules_.home) return rules_.home(member);
    return Member::Joining{.room = {},
                           .channel = rules_.channel_of(member.family(), member.name_space(), {})};
}

void Application::tell_connected(Member& member) {
    if (!member.family().connected) return;
    try {
        member.family().connected(member.socket());
    } catch (...) {
        member.session().fail("the server failed to handle a connection");
    }
}

void Application::remove(Member& member, std::string_view reason) {
    EngineSession& session = member.session();
    auto& connection = static_cast<Connection&>(*session.state);
    const auto place = connection.places.find(member.name_space());
    if (place == connection.places.end() || place->second.member != &member) return;
    OnLoop& here = on_loops_[session.loop()];
    members_.retire(member.ref());
    here.by_id.erase(member.id());
    if (recovers()) {
        here.by_key.erase(member.key_);
        keep(member, reason);
    }
    place->second.member = nullptr;
    member.leave_all(reason);
}

// ---- what is published --------------------------------------------------------------------------

void Application::publish(const Family& family, const std::string& name_space,
                          const std::string& room, std::string_view event,
                          const Arguments& arguments, hub::MemberId except) {
    const std::string channel = rules_.channel_of(family, name_space, room);
    std::string memory;
    // (As elsewhere on the hub, what has no name in particular is a "message".)
    hub_loops_.hub().publish(
        {.channel = channel,
         .content = content_of(event == "message" ? std::string_view() : event, arguments, memory),
         .history = rules_.history_of(channel),
         .publisher = except});
    // Each client is also a room by itself, under its id; on whatever loop.
    if (!loop_of(room)) return;
    for (std::size_t loop = 0; loop < on_loops_.size(); ++loop)
        engine_.loops().post(
            loop, [this, loop, name_space, room, event = std::string(event), arguments, except] {
                const auto found = on_loops_[loop].by_id.find(room);
                if (found == on_loops_[loop].by_id.end()) return;
                Member& member = *found->second;
                if (member.name_space() == name_space && member.number() != except)
                    member.send(event, arguments, false);
            });
}

bool Application::Chosen::covers(const Member& member) const {
    // (Each client is also a room by itself, under its id.)
    const auto is_in = [&](const std::string& room) {
        return member.in(room) || member.id() == room;
    };
    return member.name_space() == name_space && member.number() != except &&
           std::ranges::any_of(rooms, is_in) && std::ranges::none_of(excluded, is_in);
}

void Application::send_to_each(Chosen chosen, std::string_view event, const Arguments& arguments,
                               bool only_at_once) {
    const auto shared = std::make_shared<const Chosen>(std::move(chosen));
    for (std::size_t loop = 0; loop < on_loops_.size(); ++loop)
        engine_.loops().post(
            loop, [this, loop, shared, event = std::string(event), arguments, only_at_once] {
                // Sending may end a session, and take its members out: they are there until the
                // turn is over.
                std::vector<Member*> members;
                members_.each(loop, [&](Member& member) {
                    if (shared->covers(member)) members.push_back(&member);
                });
                for (Member* const member : members) member->send(event, arguments, only_at_once);
            });
}

const SharedPackets& Application::packets_of(const hub::Publication& publication,
                                             const std::string& name_space) const {
    const auto& all = publication.encoded<NamespacePackets>(
        socketio_packets, [] { return NamespacePackets::Empty(); });
    return all.of(this, name_space, [&] {
        const std::string offset = recovers() ? to_text(publication.position()) : std::string();
        return socketio::packets_of(publication,
                                    {.name_space = name_space,
                                     .channel = name_space == "/" && rules_.tells_channel
                                                    ? std::string_view(publication.channel())
                                                    : std::string_view(),
                                     .user = publication.user(),
                                     .offset = offset,
                                     .kept_name = rules_.own_event});
    });
}

void Application::deliver(std::size_t loop, const hub::SharedPublication& publication) {
    const auto all = groups_.find(loop, publication->channel());
    if (all == nullptr) return;
    if (recovers()) on_loops_[loop].log.note(publication->channel(), publication->position());
    const hub::MemberId publisher = publication->publisher();
    const Member* const except = publisher.outlet == hub_loops_.outlet_of(loop)
                                     ? find({.loop = loop, .number = publisher.number})
                                     : nullptr;
    for (const auto& group : *all) {
        group->delivered = publication->position();
        const bool is_one = except != nullptr && except->on(*group);
        tally_.add_sent(loop, publication->message().size(), group->members - (is_one ? 1 : 0));
        groups_.send(loop, *group, packets_of(*publication, group->name_space), publication,
                     except);
    }
}

/// They come back by themselves, and go on where they were or are told that they cannot.
void Application::interrupt(std::size_t loop, const std::string& channel,
                            hub::Position /*position*/) {
    std::vector<Member*> cut;
    members_.each(loop, [&](Member& member) {
        if (std::ranges::any_of(member.rooms_, [&](const auto& entry) {
                return entry.second.group != nullptr && entry.second.channel == channel;
            }))
            cut.push_back(&member);
    });
    for (Member* const member : cut) member->session().close("messages are missing");
}

void Application::announce(std::size_t loop, const hub::PresenceChange& change) {
    if (announced) announced(loop, change);
}

}  // namespace longwire::dialects::socketio

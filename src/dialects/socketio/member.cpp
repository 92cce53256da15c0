#include "dialects/socketio/member.hpp"

#include "dialects/socketio/application.hpp"
#include "dialects/socketio/event_packets.hpp"
#include "dialects/socketio/session_id.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace longwire::dialects::socketio {

namespace {

// While it joins its channels again.
constexpr std::size_t most_held = 1000;

}  // namespace

Member::Member(Application& application, Family& family, EngineSession& session,
               std::string name_space, std::shared_ptr<const Handshake> handshake)
    : application_(application),
      family_(family),
      session_(session),
      id_(new_id(session.loop())),
      name_space_(std::move(name_space)),
      handshake_(std::move(handshake)),
      number_(application.hub_loops().new_member(session.loop())),
      socket_(*this),
      since_(application.log(session.loop()).count()) {
    if (application.recovers()) key_ = new_id(session.loop());
}

Whereabouts Member::whereabouts() const {
    return {.application = application_.self(), .member = ref()};
}

void Member::take(const SharedPackets& packets, const std::shared_ptr<const void>& owner) {
    if (gone_) return;
    if (connected_) return session_.send(packets);
    if (held_.size() >= most_held)
        return session_.fail("too many messages waited for the client to be connected");
    held_.push_back({&packets, owner});
}

// ---- events -------------------------------------------------------------------------------------

void Member::send_packet(const std::string& packet, const std::vector<std::string>& attachments) {
    session_.send(Message::text(packet));
    for (const std::string& attachment : attachments)
        session_.send(Message::binary(std::as_bytes(std::span(attachment))));
}

void Member::send(std::string_view event, const Arguments& arguments, bool only_at_once) {
    if (!connected_ || (only_at_once && !session_.writable())) return;
    const auto& attachments = arguments.attachments();
    const std::string array = arguments.array();
    const std::string_view elements = std::string_view(array).substr(1, array.size() - 2);
    EventFrame frame = {.name_space = name_space_};
    if (only_at_once || !application_.recovers())
        return send_packet(event_packet(frame, event, elements, attachments.size()), attachments);
    DeliveryLog& log = application_.log(session_.loop());
    const hub::Position position = log.note_single();
    const std::string offset = hub::to_text(position);
    frame.offset = offset;
    singles_.push_back({.number = log.count() - 1,
                        .position = position,
                        .when = hub::Clock::now(),
                        .packet = event_packet(frame, event, elements, attachments.size()),
                        .attachments = attachments});
    send_packet(singles_.back().packet, attachments);
    if (singles_.size() <= application_.options().recovery_events) return;
    singles_from_ = singles_.front().number + 1;
    singles_.pop_front();
}

void Member::request(std::string_view event, const Arguments& arguments,
                     std::chrono::milliseconds timeout, longwire::socketio::Answered answered) {
    const auto refuse = [&](ErrorCode code, std::string words) {
        // (Not within this call.)
        application_.engine().loops().post(
            session_.loop(), [answered = std::move(answered), code, words = std::move(words)] {
                answered(failure(code, words));
            });
    };
    if (!connected_) return refuse(ErrorCode::connection_failed, "the client has disconnected");
    if (pending_.size() >= application_.options().max_requests)
        return refuse(ErrorCode::unsupported,
                      "too many acknowledgements of this client are pending");
    const std::uint64_t id = ++latest_request_;
    Pending& pending = pending_[id];
    pending.answered = std::move(answered);
    pending.alarm.set(
        application_.engine().alarms(session_.loop()), Alarms::Clock::now() + timeout, [this, id] {
            const auto late = pending_.extract(id);
            late.mapped().answered(
                failure(ErrorCode::timed_out, "the event was not acknowledged in time"));
        });
    const std::string array = arguments.array();
    send_packet(event_packet({.name_space = name_space_, .id = id}, event,
                             std::string_view(array).substr(1, array.size() - 2),
                             arguments.attachments().size()),
                arguments.attachments());
}

void Member::acknowledge(std::uint64_t id, const Arguments& arguments) {
    if (!connected_) return;
    const auto& attachments = arguments.attachments();
    send_packet(
        write_packet({.type = attachments.empty() ? PacketType::ack : PacketType::binary_ack,
                      .name_space = name_space_,
                      .id = id,
                      .data = arguments.array(),
                      .attachments = attachments.size()}),
        attachments);
}

Member::Acknowledge Member::acknowledgement_of(const Packet& packet) const {
    Acknowledge acknowledge;
    if (!packet.id) return acknowledge;
    acknowledge.answering_ = std::make_shared<Answering>();
    acknowledge.answering_->where = whereabouts();
    acknowledge.answering_->id = *packet.id;
    return acknowledge;
}

void Member::receive_event(const WholePacket& packet) {
    const std::string_view data = packet.packet.data;
    const std::size_t begin = data.find('[') + 1;
    const Arguments all =
        Arguments::split(data.substr(begin, data.rfind(']') - begin), packet.attachments);
    const std::string name = all.text(0).value_or(std::string(all.json(0)));
    const Arguments arguments = all.without(1);
    const Acknowledge acknowledge = acknowledgement_of(packet.packet);
    try {
        if (const auto own = handlers_.find(name); own != handlers_.end()) {
            const auto handler = own->second;  // it may be exchanged meanwhile
            return handler(arguments, acknowledge);
        }
        const auto found = family_.handlers.find(name);
        if (found != family_.handlers.end()) return found->second(socket_, arguments, acknowledge);
        if (family_.other) family_.other(socket_, name, arguments, acknowledge);
    } catch (...) {
        session_.fail("the server failed to handle an event");
    }
}

void Member::receive_acknowledgement(const WholePacket& packet) {
    if (!packet.packet.id) return;
    auto pending = pending_.extract(*packet.packet.id);
    if (pending.empty()) return;
    pending.mapped().alarm.call_off();
    const std::string_view data = packet.packet.data;
    const std::size_t begin = data.find('[') + 1;
    pending.mapped().answered(
        Arguments::split(data.substr(begin, data.rfind(']') - begin), packet.attachments));
}

void Member::fail_pending() {
    auto pending = std::exchange(pending_, {});
    for (auto& [id, one] : pending) {
        one.alarm.call_off();
        one.answered(failure(ErrorCode::connection_failed, "the client has disconnected"));
    }
}

// ---- channels -----------------------------------------------------------------------------------

bool Member::join(Joining joining) {
    if (gone_ || rooms_.contains(joining.room) || rooms_.size() > application_.options().max_rooms)
        return false;
    const std::string room = joining.room;
    Room& place = rooms_[room];
    place.channel = joining.channel;
    place.who = joining.who;
    place.number = ++latest_room_;
    hub::Hub::Joining entering = {.channel = joining.channel,
                                  .member = number_,
                                  .history = joining.history,
                                  .who = joining.who};
    application_.hub_loops().hub().join(
        std::move(entering),
        [&application = application_, ref = ref(), id = number_, room, number = place.number,
         joining = std::move(joining)](Result<hub::History> history) mutable {
            Member* const there = application.find(ref);
            if (there != nullptr && there->awaits(room, number))
                return there->joined(room, number, std::move(joining), std::move(history));
            if (!history) return;
            const auto user =
                joining.who ? std::optional(joining.who->user) : std::optional<std::string>();
            application.hub_loops().hub().leave(joining.channel, id, user);
        });
    return true;
}

bool Member::awaits(const std::string& room, std::uint64_t number) const {
    const auto found = rooms_.find(room);
    return found != rooms_.end() && found->second.number == number;
}

void Member::joined(const std::string& room, std::uint64_t number, Joining joining,
                    Result<hub::History> history) {
    if (!history) {
        rooms_.erase(room);
        if (joining.joined) return joining.joined(history);
        // It would wait for what never comes: cut, it comes back and tries again.
        return session_.close("a channel cannot be joined now");
    }
    // What is told of it comes first; it may also end it.
    if (joining.joined) joining.joined(history);
    if (!awaits(room, number)) return;
    Room& place = rooms_.at(room);
    if (joining.sends_history)
        for (const auto& publication : history->publications) {
            send(*publication);
            if (application_.recovers())
                application_.log(session_.loop())
                    .note_repeat(place.channel, publication->position(), number_.number);
        }
    place.start = history->top;
    if (!history->publications.empty())
        place.start.offset = history->publications.front()->position().offset - 1;
    place.group = &application_.groups().enter(session_.loop(), joining.channel, name_space_, *this,
                                               history->top);
}

bool Member::leave(const std::string& room) {
    const auto found = rooms_.find(room);
    if (found == rooms_.end()) return false;
    const Room place = std::move(found->second);
    rooms_.erase(found);
    if (place.group == nullptr) return true;  // whoever joins will see
    application_.groups().leave(session_.loop(), *place.group, *this);
    if (!place.in_hub) return true;
    application_.hub_loops().hub().leave(
        place.channel, number_,
        place.who ? std::optional(place.who->user) : std::optional<std::string>());
    return true;
}

std::vector<std::string> Member::rooms() const {
    std::vector<std::string> names;
    names.reserve(rooms_.size());
    for (const auto& [name, room] : rooms_) names.push_back(name);
    return names;
}

bool Member::on(const Group& group) const {
    return std::ranges::any_of(rooms_,
                               [&](const auto& room) { return room.second.group == &group; });
}

void Member::send(const hub::Publication& publication) {
    application_.tally().add_sent(session_.loop(), publication.message().size());
    session_.send(application_.packets_of(publication, name_space_));
}

void Member::watch(const std::string& name) {
    if (gone_ || rooms_.contains(name)) return;
    Room& place = rooms_[name];
    place.channel = name;
    place.group =
        &application_.groups().enter(session_.loop(), name, name_space_, *this, hub::Position{});
    place.number = ++latest_room_;
    place.in_hub = false;
}

void Member::upgraded() {
    for (auto& [name, room] : rooms_) {
        if (room.group == nullptr) continue;
        // (It was one of those who poll.)
        application_.groups().detach(*room.group, *this);
        application_.groups().attach(*room.group, *this);
    }
}

// ---- from the beginning to the end --------------------------------------------------------------

void Member::connect(const std::string& answer) {
    session_.send(Message::text(
        write_packet({.type = PacketType::connect, .name_space = name_space_, .data = answer})));
    // From now on what is published comes by whatever way its transport allows.
    connected_ = true;
    upgraded();
}

void Member::disconnect(bool everything) {
    if (gone_) return;
    session_.send(
        Message::text(write_packet({.type = PacketType::disconnect, .name_space = name_space_})));
    EngineSession& session = session_;
    application_.remove(*this, "server namespace disconnect");
    if (everything) session.close("forced server close");
}

void Member::leave_all(std::string_view reason) {
    if (gone_) return;
    gone_ = true;
    const bool was_connected = std::exchange(connected_, false);
    fail_pending();
    if (was_connected && family_.disconnected) {
        try {
            family_.disconnected(socket_, reason);
        } catch (...) {
            // (It is gone already, and goes on going.)
            session_.fail(reason);
        }
    }
    while (!rooms_.empty()) leave(std::string(rooms_.begin()->first));
}

}  // namespace longwire::dialects::socketio

#include "dialects/socketio/groups.hpp"

#include "dialects/socketio/member.hpp"

#include <atomic>
#include <utility>

namespace longwire::dialects::socketio {

namespace {

std::atomic<std::uint64_t> servers = 0;

}  // namespace

Groups::Groups(EngineServer& engine)
    : engine_(engine), number_(++servers), on_loops_(engine.loops().count()) {}

Group& Groups::enter(std::size_t loop, const std::string& channel, const std::string& name_space,
                     Member& member, hub::Position start) {
    auto& all = on_loops_[loop].by_channel[channel];
    Group* group = nullptr;
    for (const auto& one : all)
        if (one->name_space == name_space) group = one.get();
    if (group == nullptr) {
        group = all.emplace_back(std::make_unique<Group>()).get();
        group->channel = channel;
        group->name_space = name_space;
        group->topic = "socketio:" + std::to_string(number_) + ':' + std::to_string(loop) +
                       name_space + ',' + channel;
        group->on_wires.resize(on_loops_.size());
    }
    if (group->members++ == 0) group->delivered = start;
    attach(*group, member);
    return *group;
}

void Groups::leave(std::size_t loop, Group& group, Member& member) {
    detach(group, member);
    if (--group.members > 0) return;
    const auto found = on_loops_[loop].by_channel.find(group.channel);
    std::erase_if(found->second, [&](const auto& one) { return one.get() == &group; });
    if (found->second.empty()) on_loops_[loop].by_channel.erase(found);
}

void Groups::attach(Group& group, Member& member) {
    if (!member.shares()) {
        group.singles.insert(&member);
        return;
    }
    ++group.on_wires[member.session().wire().loop];
    member.session().subscribe(group.topic);
}

void Groups::detach(Group& group, Member& member) {
    if (group.singles.erase(&member) > 0) return;
    --group.on_wires[member.session().wire().loop];
    member.session().unsubscribe(group.topic);
}

const std::vector<std::unique_ptr<Group>>* Groups::find(std::size_t loop,
                                                        const std::string& channel) const {
    const auto found = on_loops_[loop].by_channel.find(channel);
    return found == on_loops_[loop].by_channel.end() ? nullptr : &found->second;
}

void Groups::send(std::size_t loop, const Group& group, const SharedPackets& packets,
                  const std::shared_ptr<const void>& owner, const Member* except) const {
    if (except != nullptr && except->name_space() != group.name_space) except = nullptr;
    const Wire wire = except != nullptr ? except->session().wire() : Wire{};
    for (std::size_t wires = 0; wires < group.on_wires.size(); ++wires)
        if (group.on_wires[wires] > 0) engine_.publish(wires, group.topic, packets, owner, wire);
    (void)loop;
    if (group.singles.empty()) return;
    // Sending may end a session, and take its members out.
    const std::vector<Member*> singles(group.singles.begin(), group.singles.end());
    for (Member* const member : singles)
        if (member != except) member->take(packets, owner);
}

}  // namespace longwire::dialects::socketio

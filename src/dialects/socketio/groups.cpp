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
    Shared& all = on_loops_[loop].by_channel[channel];
    std::shared_ptr<Group> group;
    if (all != nullptr)
        for (const auto& one : *all)
            if (one->name_space == name_space) group = one;
    if (group == nullptr) {
        group = std::make_shared<Group>();
        group->channel = channel;
        group->name_space = name_space;
        group->topic = "socketio:" + std::to_string(number_) + ':' + std::to_string(loop) +
                       name_space + ',' + channel;
        group->on_wires.resize(on_loops_.size());
        // (Somebody may be going through those that there were.)
        auto more = all ? *all : std::vector<std::shared_ptr<Group>>();
        more.push_back(group);
        all = std::make_shared<const std::vector<std::shared_ptr<Group>>>(std::move(more));
    }
    if (group->members++ == 0) group->delivered = start;
    attach(*group, member);
    return *group;
}

void Groups::leave(std::size_t loop, Group& group, Member& member) {
    detach(group, member);
    if (--group.members > 0) return;
    const auto found = on_loops_[loop].by_channel.find(group.channel);
    auto fewer = *found->second;
    std::erase_if(fewer, [&](const auto& one) { return one.get() == &group; });
    if (fewer.empty())
        on_loops_[loop].by_channel.erase(found);
    else
        found->second =
            std::make_shared<const std::vector<std::shared_ptr<Group>>>(std::move(fewer));
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

Groups::Shared Groups::find(std::size_t loop, const std::string& channel) const {
    const auto found = on_loops_[loop].by_channel.find(channel);
    return found == on_loops_[loop].by_channel.end() ? nullptr : found->second;
}

void Groups::send(std::size_t loop, const Group& group, const SharedPackets& packets,
                  const std::shared_ptr<const void>& owner, const Member* except) const {
    if (except != nullptr && except->name_space() != group.name_space) except = nullptr;
    const LoopRef wire = except != nullptr ? except->session().wire() : LoopRef{};
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

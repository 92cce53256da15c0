#include "hub/hub.hpp"

#include <algorithm>
#include <utility>

namespace longwire::hub {

namespace {

// Users who have left and are told of before others have their turn.
constexpr std::size_t most_gone_a_tick = 500;

}  // namespace

Hub::Hub(Broker& broker, Options options)
    : broker_(broker), options_(std::move(options)), looked_(options_.now()) {
    broker_.start(*this);
}

std::uint32_t Hub::add(Outlet& outlet) {
    outlets_.push_back(&outlet);
    return static_cast<std::uint32_t>(outlets_.size() - 1);
}

// ---- members ------------------------------------------------------------------------------------

bool Hub::begin_joining(const std::string& channel) {
    Shard& shard = shard_of(channel);
    const std::scoped_lock lock(shard.mutex);
    auto found = shard.channels.find(channel);
    if (found == shard.channels.end()) {
        if (channels_ >= options_.most_channels) return false;
        found = shard.channels.try_emplace(channel).first;
        ++channels_;
    }
    found->second.begin_joining();
    return true;
}

void Hub::join(Joining joining, Joined joined) {
    if (!begin_joining(joining.channel)) {
        outlets_.at(joining.member.outlet)->run([joined = std::move(joined)]() mutable {
            joined(
                failure(ErrorCode::unsupported, "too many channels are in use; try again later"));
        });
        return;
    }
    const std::string channel = joining.channel;
    const HistoryQuery query = joining.history;
    broker_.attach(channel, query,
                   [this, joining = std::move(joining),
                    joined = std::move(joined)](Result<History> history) mutable {
                       end_joining(std::move(joining), std::move(joined), std::move(history));
                   });
}

void Hub::end_joining(Joining joining, Joined joined, Result<History> history) {
    Shard& shard = shard_of(joining.channel);
    const std::scoped_lock presence(shard.presence);
    bool entered = false;
    {
        const std::scoped_lock lock(shard.mutex);
        Channel& channel = shard.channels.find(joining.channel)->second;
        const bool joins = history.has_value();
        Channel::Step step;
        if (joins) {
            step = channel.join(joining.member.outlet, joining.history, *history, options_.now());
            ++members_;
            for (Observer* const observer : observers_)
                observer->on_members(joining.channel, channel.members());
            if (joining.who) entered = channel.enter(*joining.who);
        } else {
            channel.give_up_joining();
        }
        outlets_.at(joining.member.outlet)
            ->run([joined = std::move(joined), history = std::move(history)]() mutable {
                joined(std::move(history));
            });
        carry_out(shard, joining.channel, channel, step);
        if (!joins) drop_if_unused(shard, joining.channel);
    }
    if (entered) broker_.enter(joining.channel, *joining.who, joining.member);
}

void Hub::leave(const std::string& channel, MemberId member,
                const std::optional<std::string>& user) {
    Shard& shard = shard_of(channel);
    {
        const std::scoped_lock lock(shard.mutex);
        const auto found = shard.channels.find(channel);
        if (found == shard.channels.end()) return;
        found->second.leave(member.outlet);
        --members_;
        for (Observer* const observer : observers_)
            observer->on_members(channel, found->second.members());
        const auto now = options_.now();
        if (user && found->second.exit(*user, now)) shard.going.push_back({now, channel, *user});
        drop_if_unused(shard, channel);
    }
    broker_.detach(channel);
}

void Hub::drop_if_unused(Shard& shard, const std::string& channel) noexcept {
    const auto found = shard.channels.find(channel);
    if (found == shard.channels.end() || !found->second.unused()) return;
    shard.channels.erase(found);
    --channels_;
}

// ---- publications -------------------------------------------------------------------------------

void Hub::publish(const PublishRequest& request, Broker::Answer<Position> answer) {
    const auto has_room = [](const Outlet* outlet) { return outlet->has_room(); };
    if (!std::ranges::all_of(outlets_, has_room)) {
        if (answer)
            answer(failure(ErrorCode::system,
                           "too many published messages are still waiting for delivery; publish it "
                           "again later"));
        return;
    }
    broker_.publish(request, std::move(answer));
}

void Hub::history(const std::string& channel, const HistoryQuery& query,
                  Broker::Answer<History> answer) {
    broker_.history(channel, query, std::move(answer));
}

void Hub::members(const std::string& channel, Broker::Answer<std::size_t> answer) {
    broker_.members(channel, std::move(answer));
}

void Hub::presence(const std::string& channel, Broker::Answer<std::vector<Presence>> answer) {
    broker_.presence(channel, std::move(answer));
}

void Hub::on_publication(const SharedPublication& publication) {
    Shard& shard = shard_of(publication->channel());
    const std::scoped_lock lock(shard.mutex);
    const auto found = shard.channels.find(publication->channel());
    if (found == shard.channels.end()) return;
    Channel& channel = found->second;
    if (channel.take(publication)) return deliver(channel, publication);
    const bool had_gap = channel.has_gap();
    const Channel::Step step = channel.sort(publication, options_.now());
    if (!had_gap && (channel.has_gap() || step.interrupted)) ++gaps_;
    carry_out(shard, publication->channel(), channel, step);
}

void Hub::deliver(const Channel& channel, const SharedPublication& publication) {
    ++publications_;
    channel.each_outlet([&](std::uint32_t outlet) { outlets_[outlet]->publish(publication); });
}

void Hub::on_presence(const std::shared_ptr<const PresenceChange>& change) {
    Shard& shard = shard_of(change->channel);
    const std::scoped_lock lock(shard.mutex);
    for (Observer* const observer : observers_) observer->on_presence(*change);
    const auto found = shard.channels.find(change->channel);
    if (found == shard.channels.end()) return;
    found->second.each_outlet([&](std::uint32_t outlet) { outlets_[outlet]->announce(change); });
}

// ---- the whole ----------------------------------------------------------------------------------

std::vector<Hub::Listed> Hub::channels(std::string_view prefix, std::string_view after,
                                       std::size_t count) const {
    std::vector<Listed> listed;
    const auto earlier = [](const Listed& one, const Listed& other) {
        return one.name < other.name;
    };
    for (const Shard& shard : shards_) {
        const std::scoped_lock lock(shard.mutex);
        for (const auto& [name, channel] : shard.channels)
            if (channel.members() > 0 && name.starts_with(prefix) && name > after)
                listed.push_back({name, channel.members()});
    }
    const auto end = listed.begin() + static_cast<std::ptrdiff_t>(std::min(count, listed.size()));
    std::ranges::partial_sort(listed, end, earlier);
    listed.erase(end, listed.end());
    return listed;
}

std::size_t Hub::members(const std::string& channel) const {
    const Shard& shard = shard_of(channel);
    const std::scoped_lock lock(shard.mutex);
    const auto found = shard.channels.find(channel);
    return found == shard.channels.end() ? 0 : found->second.members();
}

bool Hub::tick() {
    const auto now = options_.now();
    std::size_t most = most_gone_a_tick;
    for (std::size_t shard = 0; most > 0 && shard < shards_.size(); ++shard)
        forget_gone(shards_.at(forgets_at_++ % shards_.size()), now, most);
    for (Shard& shard : shards_) wait_for_missing(shard, now);
    if (broker_.may_lose()) look(now);
    return broker_.tick() || most == 0;
}

void Hub::forget_gone(Shard& shard, Clock::time_point now, std::size_t& most) {
    const std::scoped_lock presence(shard.presence);
    std::vector<Going> left;
    {
        const std::scoped_lock lock(shard.mutex);
        auto& going = shard.going;
        for (; most > 0 && !going.empty() && now - going.front().when >= options_.presence_grace;
             going.pop_front(), --most) {
            const auto found = shard.channels.find(going.front().channel);
            if (found != shard.channels.end() &&
                found->second.forget(going.front().user, going.front().when))
                left.push_back(std::move(going.front()));
        }
    }
    for (const Going& one : left) broker_.leave(one.channel, one.user);
    const std::scoped_lock lock(shard.mutex);
    for (const Going& one : left) drop_if_unused(shard, one.channel);
}

}  // namespace longwire::hub

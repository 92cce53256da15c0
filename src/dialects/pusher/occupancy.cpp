#include "dialects/pusher/occupancy.hpp"

#include "dialects/pusher/channel_kind.hpp"

#include <utility>
#include <vector>

namespace longwire::dialects::pusher {

namespace {

bool wants_members(const App& app) {
    return app.settings.subscription_counts || app.notices(Notice::channel_occupied) ||
           app.notices(Notice::channel_vacated) || app.notices(Notice::subscription_count);
}

std::string client_name(const App& app, const std::string& hub_name) {
    return hub_name.substr(app.settings.prefix.size());
}

}  // namespace

Occupancy::Occupancy(const Apps& apps, std::shared_ptr<Webhooks> webhooks,
                     std::chrono::milliseconds grace, TellCount tell_count)
    : apps_(apps),
      webhooks_(std::move(webhooks)),
      grace_(grace),
      tell_count_(std::move(tell_count)) {}

void Occupancy::on_members(const std::string& channel, std::size_t members) {
    const SharedApp app = apps_.owner_of(channel);
    if (!app || !wants_members(*app)) return;
    const std::scoped_lock lock(mutex_);
    Channel& its = channels_[channel];
    its.app = app;
    its.count = members;
    if (members == 0) its.empty_since = Clock::now();
    changed_.insert(channel);
    if (members == 0 || std::exchange(its.occupied, true)) return;
    if (app->notices(Notice::channel_occupied))
        webhooks_->tell(app, channel_notice(Notice::channel_occupied, client_name(*app, channel)));
}

void Occupancy::on_presence(const hub::PresenceChange& change) {
    if (change.kind == hub::PresenceChange::Kind::changed) return;  // of which no notice tells
    const SharedApp app = apps_.owner_of(change.channel);
    if (!app) return;
    const Notice notice = change.kind == hub::PresenceChange::Kind::joined ? Notice::member_added
                                                                           : Notice::member_removed;
    const std::string name = client_name(*app, change.channel);
    if (app->notices(notice) && kind_of(name).presence)
        webhooks_->tell(app, member_notice(notice, name, change.who.user));
}

void Occupancy::tell_count(const std::string& name, Channel& channel, Clock::time_point now) {
    channel.told = channel.count;
    channel.told_when = now;
    const std::string client = client_name(*channel.app, name);
    if (kind_of(client).presence) return;
    if (channel.app->notices(Notice::subscription_count))
        webhooks_->tell(channel.app, count_notice(client, channel.count));
    if (channel.app->settings.subscription_counts && channel.count > 0)
        tell_count_(channel.app, name, channel.count);
}

void Occupancy::tick(Clock::time_point now) {
    const std::scoped_lock lock(mutex_);
    for (auto name = changed_.begin(); name != changed_.end();) {
        Channel& channel = channels_[*name];
        const bool due = channel.count <= few || now - channel.told_when >= pause_for_many;
        if (channel.told != channel.count && due) tell_count(*name, channel, now);
        const bool empty = channel.count == 0;
        const bool vacated = empty && now - channel.empty_since >= grace_;
        if (vacated && std::exchange(channel.occupied, false) &&
            channel.app->notices(Notice::channel_vacated))
            webhooks_->tell(channel.app, channel_notice(Notice::channel_vacated,
                                                        client_name(*channel.app, *name)));
        if (channel.told != channel.count || (empty && !vacated)) {
            ++name;
            continue;
        }
        if (vacated) channels_.erase(*name);
        name = changed_.erase(name);
    }
}

}  // namespace longwire::dialects::pusher

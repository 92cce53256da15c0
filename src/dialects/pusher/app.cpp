#include "dialects/pusher/app.hpp"

#include "dialects/pusher/channel_kind.hpp"

#include <utility>

namespace longwire::dialects::pusher {

bool AppCounters::publish(const access::Rate& rate) {
    const std::scoped_lock lock(mutex_);
    return published_.take(rate, access::RateLimit::Clock::now());
}

void Apps::replace(std::vector<AppSettings> settings) {
    auto made = std::make_shared<List>();
    for (AppSettings& one : settings) {
        const SharedApp before = with_id(one.id);
        auto counters = before ? before->counters : std::make_shared<AppCounters>();
        made->push_back(std::make_shared<const App>(std::move(one), std::move(counters)));
    }
    const std::scoped_lock lock(mutex_);
    list_ = std::move(made);
}

std::shared_ptr<const Apps::List> Apps::list() const {
    const std::scoped_lock lock(mutex_);
    return list_;
}

SharedApp Apps::with_key(std::string_view key) const {
    const auto list = this->list();
    for (const SharedApp& app : *list)
        if (app->settings.key == key) return app;
    return nullptr;
}

SharedApp Apps::with_id(std::string_view id) const {
    const auto list = this->list();
    for (const SharedApp& app : *list)
        if (app->settings.id == id) return app;
    return nullptr;
}

SharedApp Apps::owner_of(std::string_view hub_name) const {
    const auto list = this->list();
    for (const SharedApp& app : *list) {
        const std::string& prefix = app->settings.prefix;
        if (hub_name.starts_with(prefix) && is_channel_name(hub_name.substr(prefix.size())))
            return app;
    }
    return nullptr;
}

}  // namespace longwire::dialects::pusher

#include "cli/app_settings.hpp"

#include "cli/secret.hpp"
#include "hooks/http_caller.hpp"
#include "ops/units.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <utility>

namespace longwire::cli {

namespace {

using dialects::pusher::AppSettings;
using dialects::pusher::KnownBy;
using Values = std::vector<std::string>;

bool is_plain_name(std::string_view text) {
    constexpr std::string_view letters =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    return !text.empty() && text.size() <= 100 &&
           text.find_first_not_of(letters) == std::string_view::npos;
}

template <std::string AppSettings::* member>
std::string take_name(AppSettings& app, const Values& values) {
    app.*member = values.front();
    return is_plain_name(values.front()) ? "" : "must have 1 to 100 letters, digits, - _ or .";
}

std::string take_secret(AppSettings& app, const Values& values) {
    auto secret = secret_value(values.front(), "secret");
    if (!secret) return "cannot be read: " + std::string(secret.error().message());
    app.secret = std::move(*secret);
    return app.secret.empty() ? "must not be empty" : "";
}

template <bool AppSettings::* member>
std::string take_truth(AppSettings& app, const Values& values) {
    app.*member = values.front() == "true";
    return app.*member || values.front() == "false" ? "" : "must be true or false";
}

template <std::size_t AppSettings::* member>
std::string take_count(AppSettings& app, const Values& values) {
    const auto count = ops::parse_count(values.front());
    app.*member = count.value_or(0);
    return count ? "" : "must be a number";
}

template <std::size_t dialects::pusher::ApiLimits::* member>
std::string take_limit(AppSettings& app, const Values& values) {
    const auto size = ops::parse_size(values.front());
    app.api.*member = size.value_or(0);
    return size && *size > 0 ? "" : "must be a size or a number above 0, as 10KiB or 100";
}

template <access::Rate AppSettings::* member>
std::string take_rate(AppSettings& app, const Values& values) {
    const auto count = ops::parse_count(values.front());
    const auto number = static_cast<double>(count.value_or(0));
    const double burst = member == &AppSettings::messages ? 3 * number : number;
    app.*member = {.a_second = number, .burst = burst};
    return count ? "" : "must be a number";
}

template <auto member>
std::string take_time(AppSettings& app, const Values& values) {
    using Time = std::remove_reference_t<decltype(app.*member)>;
    const auto time = ops::parse_duration(values.front());
    app.*member = std::chrono::ceil<Time>(time.value_or(std::chrono::milliseconds(0)));
    const bool needed = Time::period::den == 1;
    return time && (!needed || time->count() > 0) ? "" : "must be a time, as 30s or 2m";
}

std::string take_member_size(AppSettings& app, const Values& values) {
    const auto size = ops::parse_size(values.front());
    app.largest_member = size.value_or(0);
    return size ? "" : "must be a size, as 2KiB";
}

std::string take_prefix(AppSettings& app, const Values& values) {
    app.prefix = values.front();
    return app.prefix.empty() || (app.prefix.ends_with(':') && app.prefix.size() <= 100)
               ? ""
               : "must end with a colon, as \"shop:\", and have at most 100 bytes";
}

std::string take_event(AppSettings& app, const Values& values) {
    app.unnamed_event = values.front();
    return !app.unnamed_event.empty() && app.unnamed_event.size() <= 200
               ? ""
               : "must have 1 to 200 bytes";
}

std::string take_origins(AppSettings& app, const Values& values) {
    app.origins = values;
    return "";
}

std::string take_known_by(AppSettings& app, const Values& values) {
    app.known_by.clear();
    for (const std::string& word : values) {
        if (word == "user")
            app.known_by.push_back(KnownBy::user);
        else if (word == "cookie")
            app.known_by.push_back(KnownBy::cookie);
        else if (word == "address")
            app.known_by.push_back(KnownBy::address);
        else
            return "must be a list of user, cookie and address";
    }
    return "";
}

std::string take_webhooks(AppSettings& app, const Values& values) {
    app.webhooks = values;
    for (const std::string& url : values)
        if (const auto callable = hooks::check_callable(url); !callable)
            return "must be URLs: " + std::string(callable.error().message());
    return "";
}

std::string take_webhook_events(AppSettings& app, const Values& values) {
    app.noticed.fill(false);
    for (const std::string& word : values) {
        bool known = false;
        for (std::size_t which = 0; which < dialects::pusher::notices; ++which) {
            if (word != name_of(static_cast<dialects::pusher::Notice>(which))) continue;
            known = app.noticed.at(which) = true;
        }
        if (!known)
            return "must be a list of channel_occupied, channel_vacated, member_added, "
                   "member_removed, client_event, cache_miss and subscription_count";
    }
    return "";
}

bool is_list(std::string_view key) {
    constexpr std::array<std::string_view, 4> lists = {"origins", "recover_by", "webhooks",
                                                       "webhook_events"};
    return std::ranges::find(lists, key) != lists.end();
}

AppSettings read_app(const ops::SettingsTable& table, std::vector<ops::Problem>& problems) {
    AppSettings app;
    std::vector<std::string> names;
    for (const AppKey& one : app_keys()) names.emplace_back(one.key);
    for (const ops::Setting& setting : table.settings) {
        const auto say = [&](const std::string& what) {
            problems.push_back({setting.line, "apps: " + setting.key + ' ' + what});
        };
        const auto found = std::ranges::find(app_keys(), setting.key, &AppKey::key);
        if (found == app_keys().end()) {
            const std::string meant = ops::nearest(setting.key, names);
            say("is not a key of an app" + (meant.empty() ? "" : "; did you mean " + meant + "?"));
        } else if (!is_list(setting.key) && setting.values.size() != 1) {
            say("has one value");
        } else if (const std::string wrong = found->take(app, setting.values); !wrong.empty()) {
            say(wrong);
        }
    }
    for (const auto& [key, value] :
         {std::pair("id", &app.id), std::pair("key", &app.key), std::pair("secret", &app.secret)})
        if (value->empty() &&
            std::ranges::find(table.settings, key, &ops::Setting::key) == table.settings.end())
            problems.push_back({table.line, std::string("apps: an app needs its ") + key});
    return app;
}

/// Which app it is, and what its clients may.
std::vector<AppKey> keys_of_identity() {
    return {
        {"id", "\"1\"", "The ID in the URLs of the HTTP API: /apps/ID.",
         take_name<&AppSettings::id>},
        {"key", "\"app-key\"", "The key that clients connect with. It is not a secret.",
         take_name<&AppSettings::key>},
        {"secret", "\"@/etc/longwire/app-secret\"",
         "The secret that the app's own server signs with: a text, @FILE or env:NAME.",
         take_secret},
        {"enabled", "true", "Whether the app is served; otherwise clients are closed with 4003.",
         take_truth<&AppSettings::enabled>},
        {"tls_only", "false",
         "Whether clients must connect with wss:; others are closed with 4000.",
         take_truth<&AppSettings::tls_only>},
        {"origins", "[\"*\"]", "The origins whose pages may use the app.", take_origins},
        {"prefix", "\"\"",
         "What its channels' names begin with for rules and for other protocols: nothing for the "
         "first app, \"ID:\" for others.",
         take_prefix},
        {"unnamed_event", "\"message\"",
         "The event name for messages that other protocols publish without one.", take_event},
        {"client_events", "false",
         "Whether clients may send events on private and presence channels.",
         take_truth<&AppSettings::client_events>},
        {"client_event_rate", "10", "Events per second that a client may send.",
         take_rate<&AppSettings::client_event_rate>},
        {"subscription_counts", "false",
         "Whether subscribers receive the number of subscribers of their channel.",
         take_truth<&AppSettings::subscription_counts>},
    };
}

/// How much of what.
std::vector<AppKey> keys_of_limits() {
    return {
        {"max_connections", "0", "Connections in total; more: 4004. 0: no limit.",
         take_count<&AppSettings::most_connections>},
        {"max_channels", "100", "Channels that one connection may subscribe to.",
         take_count<&AppSettings::most_channels>},
        {"message_rate", "100",
         "Messages per second that a client may send; a burst may be three times as large; more: "
         "4100. 0: no limit.",
         take_rate<&AppSettings::messages>},
        {"publish_rate", "0",
         "Events per second over the HTTP API, counted for each channel; more: 429. 0: no limit.",
         take_rate<&AppSettings::published>},
        {"max_event", "\"10KiB\"", "The data of one event.",
         take_limit<&dialects::pusher::ApiLimits::largest_data>},
        {"max_event_channels", "100", "Channels of one event.",
         take_limit<&dialects::pusher::ApiLimits::most_channels>},
        {"max_batch", "10", "Events of one batch.",
         take_limit<&dialects::pusher::ApiLimits::most_events>},
        {"max_members", "100", "Users on one presence channel.",
         take_count<&AppSettings::most_members>},
        {"max_member", "\"2KiB\"", "Size of the data of one member: channel_data.",
         take_member_size},
        {"max_watchlist", "100", "Users on one watchlist.", take_count<&AppSettings::most_watched>},
    };
}

/// How long what may take, and who is told.
std::vector<AppKey> keys_of_time() {
    return {
        {"activity_timeout", "\"120s\"",
         "A client or server that has received nothing for this long sends a ping.",
         take_time<&AppSettings::activity_timeout>},
        {"pong_timeout", "\"30s\"", "Time for the answer to a ping; longer: 4201.",
         take_time<&AppSettings::pong_timeout>},
        {"authorize_within", "\"0s\"",
         "Time for a client to sign in or to subscribe to a channel that needs a signature; "
         "longer: 4009. 0s: no limit.",
         take_time<&AppSettings::authorize_within>},
        {"cache_for", "\"30m\"", "How long the last event of a cache channel is kept.",
         take_time<&AppSettings::cache_for>},
        {"recover", "false",
         "Whether a client that reconnects gets the messages that it missed and that the history "
         "still has.",
         take_truth<&AppSettings::recover>},
        {"recover_for", "\"2m\"", "How long a client may be disconnected for that.",
         take_time<&AppSettings::recover_for>},
        {"recover_by", "[\"user\", \"cookie\"]",
         "How a client is recognized, in this order: user (signed in, or a member of a presence "
         "channel), cookie, address (with the User-Agent: all behind one address are one).",
         take_known_by},
        {"webhooks", "[]", "URLs that events are sent to, by POST.", take_webhooks},
        {"webhook_events",
         "[\"channel_occupied\", \"channel_vacated\", \"member_added\", \"member_removed\", "
         "\"client_event\", \"cache_miss\", \"subscription_count\"]",
         "The events that are sent.", take_webhook_events},
    };
}

}  // namespace

const std::vector<AppKey>& app_keys() {
    static const std::vector<AppKey> keys = [] {
        std::vector<AppKey> all = keys_of_identity();
        for (const auto& more : {keys_of_limits(), keys_of_time()})
            all.insert(all.end(), more.begin(), more.end());
        return all;
    }();
    return keys;
}

std::vector<AppSettings> read_apps(const std::vector<ops::SettingsTable>& tables,
                                   std::vector<ops::Problem>& problems) {
    std::vector<AppSettings> apps;
    for (const ops::SettingsTable& table : tables) {
        AppSettings app = read_app(table, problems);
        const bool names_prefix =
            std::ranges::find(table.settings, "prefix", &ops::Setting::key) != table.settings.end();
        if (!names_prefix && !apps.empty()) app.prefix = app.id + ":";
        for (const AppSettings& other : apps) {
            const std::string_view same = app.id == other.id           ? "id"
                                          : app.key == other.key       ? "key"
                                          : app.prefix == other.prefix ? "prefix"
                                                                       : "";
            if (!same.empty())
                problems.push_back(
                    {table.line, "apps: two apps have the same " + std::string(same)});
        }
        apps.push_back(std::move(app));
    }
    return apps;
}

}  // namespace longwire::cli

#include "cli/serving_hooks.hpp"

#include "access/channel_rule.hpp"
#include "cli/secret.hpp"

#include <algorithm>
#include <utility>

namespace longwire::cli {

namespace {

bool asks(const access::ChannelRule& rule) noexcept {
    using access::Who;
    return rule.subscribe == Who::webhook || rule.publish == Who::webhook ||
           rule.presence == Who::webhook || rule.history == Who::webhook;
}

}  // namespace

hooks::HttpCaller::Options caller_options(const ServeOptions& options) {
    hooks::HttpCaller::Options wanted;
    wanted.most_at_once = options.hook.at_once;
    wanted.roots_file = options.hook.roots_file;
    return wanted;
}

Result<std::shared_ptr<dialects::Webhook>> webhook_of(const ServeOptions& options,
                                                      hooks::HttpCaller& caller) {
    const ServeOptions::Hook& hook = options.hook;
    const auto asking = std::ranges::find_if(options.channels, asks);
    if (hook.url.empty() && asking != options.channels.end())
        return failure(ErrorCode::invalid_argument,
                       "the rule for " + asking->pattern +
                           " needs a webhook, but none is set: use --hook-url");
    if (hook.url.empty() && hook.connect_url.empty()) return nullptr;
    dialects::Webhook::Options wanted = {.url = hook.url,
                                         .connect_url = hook.connect_url,
                                         .timeout = hook.timeout,
                                         .headers = hook.headers};
    if (!hook.secret.empty()) {
        auto secret = secret_value(hook.secret, "--hook-secret");
        if (!secret) return Failure(std::move(secret.error()));
        auto key = access::SigningKey::secret(std::move(*secret));
        if (!key) return failure(key.error().code(), "--hook-secret: " + key.error().message());
        wanted.key = std::move(*key);
    }
    return std::make_shared<dialects::Webhook>(caller, std::move(wanted));
}

}  // namespace longwire::cli

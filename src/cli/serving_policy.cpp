#include "cli/serving_policy.hpp"

#include "cli/secret.hpp"
#include "cli/serving_hooks.hpp"

#include <string>
#include <utility>

namespace longwire::cli {

namespace {

constexpr std::size_t largest_keys = std::size_t{256} * 1024;

access::ChannelRule open_rule() {
    access::ChannelRule rule;
    rule.publish = access::Who::everyone;
    rule.presence = access::Who::everyone;
    rule.history = access::Who::everyone;
    rule.history_count = 100;
    rule.keeps_presence = true;
    return rule;
}

Result<void> read_keys(const ServeOptions& options, access::KeySet& keys) {
    if (!options.token_secret.empty()) {
        auto secret = secret_value(options.token_secret, "--token-secret");
        if (!secret) return Failure(std::move(secret.error()));
        auto key = access::SigningKey::secret(std::move(*secret));
        if (!key) return Failure(std::move(key.error()));
        keys.add(std::move(*key));
    }
    for (const std::string& file : options.token_keys) {
        const auto pem = read_file(file, largest_keys);
        if (!pem) return Failure(pem.error());
        auto key = access::SigningKey::pem(*pem, file);
        if (!key) return Failure(std::move(key.error()));
        keys.add(std::move(*key));
    }
    if (options.token_jwks.empty()) return {};
    const auto json = read_file(options.token_jwks, largest_keys);
    if (!json) return Failure(json.error());
    return keys.add_jwks(*json, options.token_jwks);
}

}  // namespace

Result<dialects::RulesGate::Policy> policy_of(const ServeOptions& options,
                                              hooks::HttpCaller& caller) {
    dialects::RulesGate::Policy policy;
    policy.rules = options.channels;
    if (policy.rules.empty()) policy.rules.push_back(open_rule());
    policy.demands = options.token_demands;
    policy.rates = options.rates;
    if (auto read = read_keys(options, policy.keys); !read) return Failure(std::move(read.error()));
    auto webhook = webhook_of(options, caller);
    if (!webhook) return Failure(std::move(webhook.error()));
    policy.webhook = std::move(*webhook);
    policy.users_name_themselves = options.channels.empty() && policy.keys.keys().empty();
    return policy;
}

bool is_private(const ListenOptions& where) {
    return !where.unix_path.empty() || where.host == "localhost" || where.host == "::1" ||
           where.host.starts_with("127.");
}

}  // namespace longwire::cli

#pragma once

#include "access/signing_key.hpp"
#include "dialects/webhook_messages.hpp"
#include "hooks/http_caller.hpp"

#include <longwire/request.hpp>
#include <longwire/result.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace longwire::dialects {

/// Asks a user's own server who may do what, by HTTP. Any thread.
class Webhook {
public:
    struct Options {
        std::string url;          // asked what people may do on channels; empty: nobody is
        std::string connect_url;  // asked first who each of them is; empty: nobody is
        std::chrono::milliseconds timeout = std::chrono::seconds(3);
        std::optional<access::SigningKey> key = {};  // of a secret: signs each question
        std::vector<std::string> headers = {};       // of clients, which it is shown
    };
    using Answer = std::move_only_function<void(Result<WebhookAnswer>)>;

    /// `caller` must outlive this.
    Webhook(hooks::HttpCaller& caller, Options options)
        : caller_(caller), options_(std::move(options)) {}

    [[nodiscard]] bool asks_who() const noexcept { return !options_.connect_url.empty(); }
    [[nodiscard]] bool asks_what() const noexcept { return !options_.url.empty(); }

    /// Those header fields of `request` that are to be shown, as a JSON object; empty: none.
    [[nodiscard]] std::string shown_headers(const Request& request) const;

    /// `answer` is called once, on any thread. Errors: no answer came, or none that says anything;
    /// the log has been told which.
    void ask(const WebhookQuestion& question, Answer answer);

private:
    void say(const std::string& what);

    hooks::HttpCaller& caller_;
    Options options_;
    // Of what goes wrong again and again, one line a second is told.
    std::atomic<std::int64_t> said_ = 0;  // when, in milliseconds
    std::atomic<std::uint64_t> unsaid_ = 0;
};

}  // namespace longwire::dialects

#pragma once

#include "dialects/hub_loops.hpp"
#include "dialects/pusher/api_request.hpp"
#include "dialects/pusher/app.hpp"
#include "dialects/pusher/conversations.hpp"
#include "dialects/pusher/subscriptions.hpp"

#include <longwire/http_reply.hpp>
#include <longwire/request.hpp>
#include <longwire/server.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace longwire::dialects::pusher {

/// The HTTP API, by which an app's own server publishes and asks: /apps/ID/…
class Api {
public:
    /// All must outlive the server's run.
    Api(Server& server, HubLoops& hub_loops, DialectTally& tally, const Apps& apps,
        Conversations& conversations, Subscriptions& subscriptions);
    Api(const Api&) = delete;
    Api& operator=(const Api&) = delete;
    ~Api() = default;

private:
    using Handler = void (Api::*)(const SharedApp&, const Request&, const HttpReply&);
    struct Asked {  // about one channel
        std::string channel;
        Attributes wanted;
    };
    using Told = std::move_only_function<void(std::vector<std::string> attributes)>;

    void add(Server& server, std::string_view method, std::string_view path, Handler handler);
    [[nodiscard]] SharedApp authenticate(const Request& request, const HttpReply& reply) const;

    void publish_event(const SharedApp& app, const Request& request, const HttpReply& reply);
    void publish_batch(const SharedApp& app, const Request& request, const HttpReply& reply);
    void list_channels(const SharedApp& app, const Request& request, const HttpReply& reply);
    void tell_channel(const SharedApp& app, const Request& request, const HttpReply& reply);
    void list_users(const SharedApp& app, const Request& request, const HttpReply& reply);
    void terminate(const SharedApp& app, const Request& request, const HttpReply& reply);

    void publish_all(const SharedApp& app, std::vector<Triggered> events, bool batch,
                     const HttpReply& reply);
    void publish(const App& app, const Triggered& event, const std::string& channel,
                 std::move_only_function<void(std::string)> then);
    void tell_published(const SharedApp& app, const std::vector<Triggered>& events, bool batch,
                        const HttpReply& reply);
    void ask(const SharedApp& app, std::vector<Asked> asked, Told told);

    HubLoops& hub_loops_;
    DialectTally& tally_;
    const Apps& apps_;
    Conversations& conversations_;
    Subscriptions& subscriptions_;
};

}  // namespace longwire::dialects::pusher

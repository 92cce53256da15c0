#pragma once

#include "dialects/alarms.hpp"
#include "dialects/hub_loops.hpp"
#include "dialects/loop_table.hpp"
#include "dialects/pusher/conversations.hpp"
#include "dialects/pusher/subscriptions.hpp"

#include <longwire/longwire.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace longwire::dialects::pusher {

/// The clients that no WebSocket reaches: pusher-js's xhr_streaming and xhr_polling, which are
/// requests below /pusher/app/KEY/SERVER/SESSION. A session lives on the loop that it was begun on;
/// its requests come by any.
class Fallbacks {
public:
    struct Options {
        std::size_t most_sessions = 100'000;
        /// Messages that wait for a client, and their bytes; beyond, the session ends with 4100.
        std::size_t most_queued = 4096;
        std::size_t most_queued_bytes = std::size_t{1024} * 1024;
        std::size_t most_sent_at_once = 100;
        std::size_t largest_sent = std::size_t{128} * 1024;
        /// How long a session is without a request to answer before the client is gone.
        std::chrono::milliseconds patience = std::chrono::seconds(5);
        std::chrono::milliseconds heartbeat = std::chrono::seconds(25);
        /// The same after something was sent, where the app recovers.
        std::chrono::milliseconds confirm_after = std::chrono::seconds(1);
        /// What pusher-js reads of one stream before it asks for the next; from then on everything
        /// waits for that.
        std::size_t largest_stream = std::size_t{256} * 1024;
    };

    /// All must outlive the server's run.
    Fallbacks(Server& server, HubLoops& hub_loops, DialectTally& tally, const Apps& apps,
              ClientTable& clients, Conversations& conversations, Subscriptions& subscriptions,
              Options options);
    Fallbacks(const Fallbacks&) = delete;
    Fallbacks& operator=(const Fallbacks&) = delete;
    ~Fallbacks();

private:
    enum class Kind : std::uint8_t { streaming, polling };
    class Session;
    struct Attaching {  // of a request that takes what there is for the client
        HttpReply reply;
        Kind kind = Kind::polling;
        std::uint64_t number = 0;
        std::size_t loop = 0;  // of the request
    };
    void take(const Request& request, HttpReply reply, Kind kind);
    void begin(const Request& request, const std::string& key, Attaching attaching);
    void send(const Request& request, const HttpReply& reply);
    void preflight(const Request& request, const HttpReply& reply);
    [[nodiscard]] std::optional<LoopRef> find(const std::string& key) const;
    [[nodiscard]] bool register_session(const std::string& key, LoopRef ref);
    void end(Session& session);

    HubLoops& hub_loops_;
    DialectTally& tally_;
    const Apps& apps_;
    ClientTable& clients_;
    Conversations& conversations_;
    Subscriptions& subscriptions_;
    Options options_;
    LoopTable<Session, std::shared_ptr<Session>> sessions_;
    std::deque<std::uint64_t> latest_attaching_;  // on each loop
    mutable std::mutex mutex_;
    std::unordered_map<std::string, LoopRef> refs_;  // by the app's key and the session's names
};

}  // namespace longwire::dialects::pusher

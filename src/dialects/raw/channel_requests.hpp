#pragma once

#include "dialects/admission.hpp"
#include "dialects/gate.hpp"
#include "dialects/hub_loops.hpp"
#include "dialects/raw/asker.hpp"
#include "dialects/raw/event_streams.hpp"
#include "dialects/raw/long_polls.hpp"

#include <longwire/server.hpp>

#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace longwire::dialects::raw {

/// The HTTP requests about channels:
///
/// - `GET /channels/NAME` with `Accept: text/event-stream`: its messages as they come;
///   `Last-Event-ID` (or `?lastEventId=`, or `?since=POSITION`) recovers; `?format=json`: each in a
///   JSON object with its position and its sender;
/// - `GET /channels/NAME?since=POSITION&wait=SECONDS`: what came after that, waiting for it;
/// - `GET /channels/NAME?history=N`: the latest N;
/// - `POST /channels/NAME`: publishes its body; an `Idempotency-Key` makes a repeat harmless;
/// - `GET /channels/NAME/presence`: who is there.
class ChannelRequests {
public:
    /// All must outlive the server's run. `origins` as WebSocketOptions::origins.
    ChannelRequests(Server& server, HubLoops& hub_loops, Gate& gate,
                    std::vector<std::string> origins, EventStreams& streams, LongPolls& polls);
    ChannelRequests(const ChannelRequests&) = delete;
    ChannelRequests& operator=(const ChannelRequests&) = delete;
    ~ChannelRequests() = default;

private:
    using Then = std::move_only_function<void(Asker)>;
    struct Posted;

    [[nodiscard]] static std::expected<Posted, Verdict> read_posted(const Request& request);

    [[nodiscard]] Asker asker_of(const Request& request, HttpReply reply) const;
    [[nodiscard]] bool let_page_in(const Request& request, Asker& asker) const;
    [[nodiscard]] bool authenticate(const Request& request, Asker& asker);
    void consider(Asker asker, Wish wish, std::move_only_function<void(Asker, Verdict)> then);
    void find_out(Asker asker, Wish wish, std::move_only_function<void(Asker, Verdict)> then);
    void allow(Asker asker, Wish wish, Then then);
    void count(const Asker& asker);
    void read(const Request& request, HttpReply reply);
    void stream(const Request& request, Asker asker);
    void poll(const Request& request, Asker asker);
    void read_history(const Asker& asker, const hub::HistoryQuery& query);
    void take_published(const Request& request, HttpReply reply);
    void publish(const Asker& asker, const Posted& posted, std::string_view body);
    void list_present(const Request& request, HttpReply reply);
    void preflight(const Request& request, HttpReply reply);

    HubLoops& hub_loops_;
    Gate& gate_;
    std::vector<std::string> origins_;
    EventStreams& streams_;
    LongPolls& polls_;
    DialectTally& tally_;
};

}  // namespace longwire::dialects::raw

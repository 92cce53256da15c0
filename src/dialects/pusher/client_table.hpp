#pragma once

#include "dialects/hub_loops.hpp"
#include "dialects/pusher/client.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <unordered_map>
#include <utility>

namespace longwire::dialects::pusher {

/// Names a client from any thread.
struct ClientRef {
    std::size_t loop = 0;
    std::uint64_t number = 0;

    friend bool operator==(const ClientRef&, const ClientRef&) = default;
};

[[nodiscard]] inline ClientRef ref_of(const Client& client) noexcept {
    return {.loop = client.loop, .number = client.id.number};
}

/// The clients of each loop. On the thread of that loop, but for `with`.
class ClientTable {
public:
    explicit ClientTable(HubLoops& hub_loops)
        : hub_loops_(hub_loops), on_loops_(hub_loops.loops().count()) {}

    Client& add(std::size_t loop) {
        auto made = std::make_unique<Client>();
        made->loop = loop;
        made->id = hub_loops_.new_member(loop);
        Client& client = *made;
        on_loops_[loop].emplace(client.id.number, std::move(made));
        return client;
    }
    void remove(const Client& client) { on_loops_[client.loop].erase(client.id.number); }
    [[nodiscard]] Client* find(ClientRef ref) noexcept {
        const auto found = on_loops_[ref.loop].find(ref.number);
        return found == on_loops_[ref.loop].end() ? nullptr : found->second.get();
    }
    [[nodiscard]] auto& on(std::size_t loop) noexcept { return on_loops_[loop]; }

    /// Runs `function` on the client's loop, unless it is gone by then. Any thread.
    void with(ClientRef ref, std::move_only_function<void(Client&)> function) {
        hub_loops_.loops().post(ref.loop, [this, ref, function = std::move(function)]() mutable {
            if (Client* const client = find(ref)) function(*client);
        });
    }

private:
    HubLoops& hub_loops_;
    std::deque<std::unordered_map<std::uint64_t, std::unique_ptr<Client>>> on_loops_;
};

}  // namespace longwire::dialects::pusher

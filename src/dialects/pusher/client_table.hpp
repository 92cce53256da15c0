#pragma once

#include "dialects/hub_loops.hpp"
#include "dialects/loop_table.hpp"
#include "dialects/pusher/client.hpp"

#include <cstddef>
#include <memory>
#include <utility>

namespace longwire::dialects::pusher {

[[nodiscard]] inline LoopRef ref_of(const Client& client) noexcept {
    return {.loop = client.loop, .number = client.id.number};
}

/// The clients of each loop.
class ClientTable : public LoopTable<Client> {
public:
    explicit ClientTable(HubLoops& hub_loops)
        : LoopTable<Client>(hub_loops.loops()), hub_loops_(hub_loops) {}

    Client& add(std::size_t loop) {
        auto made = std::make_unique<Client>();
        made->loop = loop;
        made->id = hub_loops_.new_member(loop);
        const LoopRef ref = ref_of(*made);
        return LoopTable<Client>::add(ref, std::move(made));
    }

private:
    HubLoops& hub_loops_;
};

}  // namespace longwire::dialects::pusher

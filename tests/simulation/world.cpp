#include "world.hpp"

#include "broken.hpp"
#include "endpoint.hpp"
#include "ledger.hpp"
#include "plan.hpp"
#include "seeded_masking_key.hpp"
#include "timeline.hpp"
#include "wire.hpp"

namespace longwire::simulation {

namespace {

constexpr std::size_t most_steps = 2000000;

/// All that exists in one run.
class World {
public:
    World(const Plan& plan, Story& story)
        : plan_(plan),
          story_(story),
          chance_(plan.chance),
          timeline_(chance_.branch()),
          to_server_(timeline_, plan.to_server, chance_.branch()),
          to_client_(timeline_, plan.to_client, chance_.branch()),
          surroundings_{plan, timeline_, story, [this] { reset(); }},
          client_(protocol::Role::client, plan.client, surroundings_, chance_.branch(), to_client_,
                  to_server_, from_server_, from_client_),
          server_(protocol::Role::server, plan.server, surroundings_, chance_.branch(), to_server_,
                  to_client_, from_client_, from_server_) {}

    void distrust() {
        if (plan_.to_server.damage == Damage::changed)
            from_client_.distrust_from(plan_.to_server.damage_at);
        if (plan_.to_client.damage == Damage::changed)
            from_server_.distrust_from(plan_.to_client.damage_at);
    }

    RunResult run() {
        server_.begin();
        client_.begin();
        if (plan_.reset_at) timeline_.after(*plan_.reset_at, [this] { reset(); });
        while (!(client_.finished() && server_.finished())) {
            require(timeline_.step(), "stuck: nothing is left to happen, and it has not ended");
            require(timeline_.steps() < most_steps, "stuck: it does not end");
        }
        judge();
        return {.steps = timeline_.steps(),
                .messages = from_client_.messages_received() + from_server_.messages_received(),
                .intact = intact() && !from_client_.failed() && !from_server_.failed()};
    }

private:
    void reset() {
        if (surroundings_.broken) return;
        surroundings_.broken = true;
        story_.tell(timeline_.now(), "network", "is broken after steps:", timeline_.steps());
        to_server_.reset();
        to_client_.reset();
        timeline_.after(chance_.between(0, 100), [this] { client_.lose(); });
        timeline_.after(chance_.between(0, 100), [this] { server_.lose(); });
    }

    [[nodiscard]] bool intact() const noexcept {
        return !to_server_.damaged() && !to_client_.damaged();
    }

    void judge() const {
        require(client_.opened() == from_server_.received_close().has_value() &&
                    server_.opened() == from_client_.received_close().has_value(),
                "the end was not told");
        if (!intact()) return;
        require(client_.opened() && server_.opened(), "the opening handshake failed");
        judge_agreement();
        require(client_.consumed() == to_client_.written() &&
                    server_.consumed() == to_server_.written(),
                "not all was read");
        for (const Ledger* ledger : {&from_client_, &from_server_}) {
            require(ledger->received_close()->code != CloseCode::abnormal_closure,
                    "a connection that nothing happened to ended with 1006");
            require(ledger->failed() || ledger->messages_received() == ledger->messages_sent(),
                    "a message was lost");
        }
    }

    void judge_agreement() const {
        const auto& ours = client_.deflate();
        const auto& theirs = server_.deflate();
        require(ours.has_value() == theirs.has_value(), "only one side compresses");
        const bool both_want_it = plan_.server_compresses && !plan_.offer.empty();
        require(ours.has_value() == both_want_it,
                "compression was agreed on unasked, or not agreed on");
        if (!ours) return;
        require(ours->server_no_context_takeover == theirs->server_no_context_takeover &&
                    ours->client_no_context_takeover == theirs->client_no_context_takeover &&
                    ours->server_max_window_bits == theirs->server_max_window_bits &&
                    ours->client_max_window_bits == theirs->client_max_window_bits,
                "the two sides understood different agreements");
        const OfferedDeflate& offer = plan_.offered;
        require(ours->server_no_context_takeover >= offer.server_no_context_takeover &&
                    ours->client_no_context_takeover >= offer.client_no_context_takeover &&
                    ours->server_max_window_bits <= offer.server_max_window_bits.value_or(15) &&
                    ours->client_max_window_bits <= offer.client_max_window_bits.value_or(15) &&
                    (offer.client_max_window_bits_named || ours->client_max_window_bits == 15),
                "the agreement goes beyond the offer (RFC 7692, section 7.1)");
    }

    const Plan& plan_;
    Story& story_;
    Chance chance_;
    Timeline timeline_;
    Wire to_server_;
    Wire to_client_;
    Ledger from_client_;
    Ledger from_server_;
    Surroundings surroundings_;
    Endpoint client_;
    Endpoint server_;
};

}  // namespace

RunResult run(std::uint64_t seed, Story& story, Network network) {
    Plan plan = make_plan(seed);
    if (network == Network::lying) {
        WirePlan& wire = plan.chance.one_in(2) ? plan.to_server : plan.to_client;
        wire.damage = Damage::changed;
        wire.damage_at = plan.chance.between(250, 1500);
        wire.change = std::byte{0x55};
    }
    seed_masking_keys(seed);
    story.tell(0, "seed", "is", seed, in_words(plan));
    World world(plan, story);
    if (network == Network::honest) world.distrust();
    return world.run();
}

}  // namespace longwire::simulation

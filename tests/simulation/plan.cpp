#include "plan.hpp"

#include <algorithm>

namespace longwire::simulation {

namespace {

SidePlan make_side(Chance& chance) {
    SidePlan side;
    side.max_message_size =
        chance.pick<std::size_t>({64, 125, 126, 1000, 4095, 4096, 20000, 65535, 65536, 70000});
    side.threshold = chance.pick<std::size_t>({0, 0, 16, 200});
    side.takes_chunks = chance.one_in(2);
    side.keeps_context = !chance.one_in(4);
    side.pause_percent = chance.pick<std::uint64_t>({0, 0, 10, 60});
    side.reply_percent = chance.pick<std::uint64_t>({0, 10, 30});
    side.fragment_percent = chance.pick<std::uint64_t>({0, 30, 80});
    side.actions = chance.between(0, 40);
    side.longest_rest = chance.pick<Time>({0, 20, 500});
    side.close_at = chance.between(0, side.actions);
    return side;
}

WirePlan make_wire(Chance& chance) {
    WirePlan wire;
    wire.capacity = chance.pick<std::size_t>({1, 200, 4096, 65536, 1000000});
    wire.largest_piece = chance.pick<std::size_t>({1, 3, 20, 500, 5000, 100000});
    wire.longest_delay = chance.pick<Time>({0, 3, 50, 400});
    return wire;
}

/// A network that carries single bytes carries fewer of them, so that no seed takes for ever.
std::size_t budget_of(const WirePlan& wire) {
    return std::clamp<std::size_t>(wire.largest_piece * 2000, 6000, 300000);
}

OfferedDeflate make_offer(Chance& chance) {
    const auto window = [&] { return static_cast<int>(chance.between(8, 15)); };
    OfferedDeflate offer;
    offer.server_no_context_takeover = chance.one_in(2);
    offer.client_no_context_takeover = chance.one_in(2);
    if (chance.one_in(2)) offer.server_max_window_bits = window();
    offer.client_max_window_bits_named = !chance.one_in(3);
    if (offer.client_max_window_bits_named && chance.one_in(2))
        offer.client_max_window_bits = window();
    return offer;
}

std::string written(const OfferedDeflate& offer) {
    std::string text = "permessage-deflate";
    const auto add = [&](std::string_view name, std::optional<int> bits) {
        text += "; " + std::string(name);
        if (bits) text += "=" + std::to_string(*bits);
    };
    if (offer.server_no_context_takeover) add("server_no_context_takeover", {});
    if (offer.client_no_context_takeover) add("client_no_context_takeover", {});
    if (offer.server_max_window_bits) add("server_max_window_bits", offer.server_max_window_bits);
    if (offer.client_max_window_bits_named)
        add("client_max_window_bits", offer.client_max_window_bits);
    return text;
}

void plan_compression(Plan& plan, Chance& chance) {
    plan.server_compresses = !chance.one_in(4);
    plan.server_wishes = {.no_context_takeover = chance.one_in(3),
                          .max_window_bits = static_cast<int>(chance.between(9, 15))};
    plan.one_loop = chance.one_in(2);
    if (chance.one_in(5)) return;
    // What a server must pass over may stand before what it can agree to.
    if (chance.one_in(6)) plan.offer = "x-unknown; a=\"b\", ";
    if (chance.one_in(6)) plan.offer += "permessage-deflate; server_max_window_bits=16, ";
    plan.offered = make_offer(chance);
    plan.offer += written(plan.offered);
    if (chance.one_in(6)) plan.offer += ", " + written(make_offer(chance));
}

void plan_damage(WirePlan& wire, Damage damage, Chance& chance) {
    wire.damage = damage;
    // The handshake is some 200 bytes.
    wire.damage_at = chance.one_in(5) ? chance.between(0, 250) : 130 + chance.small_or_large(40000);
    wire.change = std::byte(1U << chance.between(0, 7));
    if (chance.one_in(2)) wire.change = static_cast<std::byte>(chance.between(1, 255));
}

void plan_misdeed(SidePlan& side, Chance& chance) {
    side.misdeed = static_cast<Misdeed>(
        chance.between(1, static_cast<std::uint64_t>(Misdeed::context_not_kept)));
    if (chance.one_in(3))  // these depend on more than the others
        side.misdeed =
            chance.pick({Misdeed::too_big, Misdeed::text_not_utf8, Misdeed::context_not_kept});
    side.misdeed_at = chance.between(0, side.actions);
    // So that it is not too late for it more often than not.
    if (side.closes && side.misdeed_at >= side.close_at) side.misdeed_at = side.close_at / 2;
}

void plan_trouble(Plan& plan, Chance& chance) {
    SidePlan& side = chance.one_in(2) ? plan.client : plan.server;
    WirePlan& wire = chance.one_in(2) ? plan.to_server : plan.to_client;
    switch (chance.between(0, 16)) {
        case 0:
            return plan_damage(wire, Damage::cut, chance);
        case 1:
            return plan_damage(wire, Damage::lost, chance);
        case 2:
        case 3:
            return plan_damage(wire, Damage::changed, chance);
        case 8:
            side.failing_writes = chance.pick<std::uint64_t>({2, 20});
            return;
        case 4:
            plan.reset_at = chance.small_or_large(5000);
            return;
        case 5:
            side.abort_at = chance.between(0, side.actions);
            return;
        case 6:
        case 7:
        case 9:
            return plan_misdeed(side, chance);
        default:
            return;  // all is well
    }
}

std::string_view in_words(Damage damage) {
    switch (damage) {
        case Damage::cut:
            return "cut";
        case Damage::lost:
            return "silent";
        case Damage::changed:
            return "changed";
        default:
            return "whole";
    }
}

}  // namespace

Plan make_plan(std::uint64_t seed) {
    Chance chance(seed);
    Plan plan;
    plan.seed = seed;
    plan.client = make_side(chance);
    plan.server = make_side(chance);
    plan.client.largest_sent = plan.server.max_message_size;
    plan.server.largest_sent = plan.client.max_message_size;
    plan.to_server = make_wire(chance);
    plan.to_client = make_wire(chance);
    plan.client.budget = budget_of(plan.to_server);
    plan.server.budget = budget_of(plan.to_client);
    const std::uint64_t closer = chance.between(0, 2);
    plan.client.closes = closer != 1;
    plan.server.closes = closer != 0;
    if (closer == 2 && chance.one_in(2)) plan.client.close_at = plan.server.close_at = 0;
    plan.version = chance.one_in(8) ? 8 : 13;
    plan_compression(plan, chance);
    plan_trouble(plan, chance);
    plan.chance = chance.branch();
    return plan;
}

std::string in_words(const Plan& plan) {
    std::string words = "limits " + std::to_string(plan.server.max_message_size) + " and " +
                        std::to_string(plan.client.max_message_size) + " bytes";
    for (const auto& [wire, name] : {std::pair(&plan.to_server, "to the server"),
                                     std::pair(&plan.to_client, "to the client")}) {
        words += std::string(", ") + name + " in pieces of " + std::to_string(wire->largest_piece);
        if (wire->damage != Damage::none)
            words += " (" + std::string(in_words(wire->damage)) + " from byte " +
                     std::to_string(wire->damage_at) + ")";
    }
    if (plan.reset_at) words += ", reset at " + std::to_string(*plan.reset_at);
    if (plan.client.misdeed != Misdeed::none) words += ", the client breaks a rule";
    if (plan.server.misdeed != Misdeed::none) words += ", the server breaks a rule";
    if (!plan.offer.empty()) words += ", offered: " + plan.offer;
    return words;
}

}  // namespace longwire::simulation

#include "close_call.hpp"

#include "content.hpp"

#include <cstdint>

namespace longwire::simulation {

namespace {

constexpr std::size_t longest_reason = 123;

/// At most 123 bytes, ending with a character.
std::string cut(const std::string& reason) {
    std::size_t size = 0;
    std::size_t next = 0;
    while (next <= reason.size() && next <= longest_reason) {
        size = next++;
        while (next < reason.size() && (static_cast<unsigned char>(reason[next]) & 0xC0U) == 0x80U)
            ++next;
    }
    return reason.substr(0, size);
}

}  // namespace

CloseCall make_close_call(Chance& chance) {
    constexpr std::uint16_t not_one_of_these[] = {0,    999,  1004, 1006, 1015,
                                                  1016, 2999, 5000, 65535};
    CloseCall call = {
        .code = chance.pick({CloseCode::normal, CloseCode::going_away, CloseCode::unsupported_data,
                             CloseCode::internal_error, CloseCode{1014}, CloseCode{3000},
                             CloseCode{3999}, CloseCode{4000}, CloseCode{4999}}),
        .reason = {},
        .expected = {}};
    if (chance.one_in(6)) {
        call.code = CloseCode::no_status_received;
        call.reason = make_text(chance, chance.between(0, 20));
        return call;
    }
    call.expected.code = call.code;
    if (chance.one_in(8)) {
        call.code = CloseCode{not_one_of_these[chance.between(0, std::size(not_one_of_these) - 1)]};
        call.expected.code = CloseCode::normal;
    }
    if (chance.one_in(10)) {
        call.reason = "so \xC3( not UTF-8";
        return call;
    }
    if (chance.one_in(3)) return call;
    call.reason = make_text(chance, chance.small_or_large(200));
    call.expected.reason = cut(call.reason);
    return call;
}

}  // namespace longwire::simulation

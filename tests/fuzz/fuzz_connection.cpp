// A connection after its handshake, in both roles: whatever comes, in whatever pieces (RFC 6455,
// sections 5 to 7).
#include "connection_properties.hpp"
#include "fuzz_input.hpp"

namespace longwire::fuzz {
namespace {

/// Both failures of a compressed message may be there at once; which of them is met first depends
/// on how much of it had come.
std::string without_choice(std::string log) {
    for (const std::string_view failure : {"closed 1007", "closed 1009"})
        if (const auto place = log.rfind(failure); place != std::string::npos)
            log.replace(place, std::string::npos, "closed 1007 or 1009");
    return log;
}

void check_connection(FuzzInput input) {
    Pieces pieces = input.pieces();
    Pieces other_pieces = input.pieces();
    const ConnectionSettings settings = {
        .role = input.flag() ? protocol::Role::client : protocol::Role::server,
        .limits = {.max_message_size = input.number(0, 70000)},
        .compressed = input.flag(),
        .keep_our_context = input.flag(),
        .keep_their_context = input.flag(),
        .script = static_cast<std::uint8_t>(input.number(0, 255))};
    const std::string bytes = input.rest();

    const Account whole = feed_connection<WholeMessages>(settings, bytes, nullptr);
    const Account divided = feed_connection<WholeMessages>(settings, bytes, &pieces);
    const Account parts = feed_connection<MessageParts>(settings, bytes, &other_pieces);
    const auto log_of = [&](const Account& account) {
        return settings.compressed ? without_choice(account.log) : account.log;
    };
    require_same(log_of(whole), log_of(divided), "events do not depend on how input is divided");
    require_same(log_of(whole), log_of(parts), "messages in parts are the same messages");
    require_same(without_close(whole.output), without_close(divided.output),
                 "what is written does not depend on how input is divided");
    require_same(without_close(whole.output), without_close(parts.output),
                 "what is written does not depend on how messages are taken");
}

}  // namespace
}  // namespace longwire::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    longwire::fuzz::check_connection({data, size});
    return 0;
}

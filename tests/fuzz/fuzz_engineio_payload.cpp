// Payloads of Engine.IO's polling transport.
#include "fuzz_input.hpp"

#include "dialects/socketio/engineio_packet.hpp"

namespace longwire::fuzz {
namespace {

using dialects::socketio::append_message;
using dialects::socketio::append_packet;
using dialects::socketio::EnginePacketType;
using dialects::socketio::PayloadReader;

std::string account(std::string_view payload, std::string& written, bool& malformed) {
    PayloadReader reader(payload);
    std::string account;
    while (const auto packet = reader.next()) {
        account += std::to_string(static_cast<int>(packet->type)) +
                   (packet->data.is_text() ? " text " : " binary ") +
                   std::to_string(packet->data.size()) + std::string(packet->data.text()) + '\n';
        require(packet->data.is_text() || packet->type == EnginePacketType::message,
                "only messages are bytes");
        if (packet->type == EnginePacketType::message)
            append_message(written, packet->data);
        else
            append_packet(written, packet->type, packet->data.text());
    }
    malformed = reader.malformed();
    require(!reader.next(), "after the end there is nothing");
    return account;
}

void check(FuzzInput input) {
    const std::string payload = input.rest();
    std::string written;
    bool malformed = false;
    const std::string first = account(payload, written, malformed);
    require(!first.empty() || malformed, "a payload holds something");
    if (first.empty()) return;
    std::string once_more;
    const std::string second = account(written, once_more, malformed);
    require_same(first, second, "what is written is what was read");
    require_same(written, once_more, "and is written the same again");
}

}  // namespace
}  // namespace longwire::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    longwire::fuzz::check({data, size});
    return 0;
}

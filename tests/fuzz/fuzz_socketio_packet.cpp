// Packets of Socket.IO, with attachments that may or may not belong to them; the first byte of the
// input's end says how it is cut.
#include "fuzz_input.hpp"

#include "dialects/socketio/packet.hpp"

#include <longwire/socketio.hpp>

namespace longwire::fuzz {
namespace {

using dialects::socketio::PacketLimits;
using dialects::socketio::PacketReader;
using dialects::socketio::read_packet;
using dialects::socketio::WholePacket;
using longwire::socketio::Arguments;

constexpr PacketLimits limits = {.attachments = 4, .bytes = 4096};

void check_whole(const WholePacket& whole) {
    require(whole.attachments.size() == whole.packet.attachments, "all attachments are there");
    require(whole.packet.name_space.starts_with('/'), "a namespace begins with a slash");
    const std::string again = write_packet(whole.packet);
    const auto reread = read_packet(again, {.attachments = 4, .bytes = 8192});
    require(reread.has_value(), "what is written can be read");
    require(reread->data == whole.packet.data && reread->id == whole.packet.id &&
                reread->name_space == whole.packet.name_space,
            "and is the same");
    if (!whole.packet.data.starts_with('[')) return;
    const auto arguments = Arguments::parse(whole.packet.data, whole.attachments);
    require(arguments.has_value(), "a list is a list of arguments");
    std::string joined;
    for (std::size_t number = 0; number < arguments->size(); ++number) {
        if (number > 0) joined += ',';
        joined += arguments->json(number);
        (void)arguments->text(number);
        (void)arguments->bytes(number);
    }
    require_same('[' + joined + ']', arguments->array(), "the arguments are the list");
    require(Arguments::parse(arguments->array(), whole.attachments).has_value(),
            "and can be read again");
}

void check(FuzzInput input) {
    const std::size_t packets = input.number(1, 4);
    std::string rest = input.rest();
    PacketReader reader(limits);
    for (std::size_t count = 0; count < packets && !rest.empty(); ++count) {
        // A line each; one that begins with a blank is an attachment.
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        const std::string line = rest.substr(0, end);
        rest.erase(0, end + 1);
        const bool binary = line.starts_with(' ');
        const auto packet =
            reader.take(binary ? Message::binary(bytes_of(line).subspan(1)) : Message::text(line));
        if (!packet) {
            require(!packet.error().empty(), "an error is a sentence");
            return;
        }
        if (*packet != nullptr) check_whole(**packet);
    }
}

}  // namespace
}  // namespace longwire::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    longwire::fuzz::check({data, size});
    return 0;
}

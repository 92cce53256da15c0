// Arguments of an event, and their way through the hub to other clients: the event's name on the
// first line, its arguments as a JSON array behind it.
#include "fuzz_input.hpp"
#include "plain_json.hpp"
#include "plain_utf8.hpp"

#include "dialects/socketio/event_packets.hpp"
#include "dialects/socketio/packet.hpp"

namespace longwire::fuzz {
namespace {

using namespace dialects::socketio;
using longwire::socketio::Arguments;
using longwire::socketio::Json;

/// One argument, whatever way it is written in.
std::string account(const Arguments& arguments, std::size_t number) {
    if (const auto bytes = arguments.bytes(number)) return "bytes " + text_of(*bytes);
    const auto json = plain_json(arguments.json(number));
    require(json.has_value(), "an argument is JSON");
    return *json;
}

std::string account(const Arguments& arguments) {
    std::string all;
    for (std::size_t number = 0; number < arguments.size(); ++number)
        all += account(arguments, number) + "\n";
    return all;
}

void check_values(const Arguments& arguments) {
    Arguments again;
    for (std::size_t number = 0; number < arguments.size(); ++number) {
        const auto text = arguments.text(number);
        require(text == plain_json_text(arguments.json(number)), "a text is what stands there");
        if (const auto bytes = arguments.bytes(number))
            again.add(*bytes);
        else if (text)
            again.add(*text);
        else if (const auto boolean = arguments.boolean(number))
            again.add(*boolean);
        else
            again.add(Json{arguments.json(number)});
    }
    const auto deeper = [&] {
        // (Placeholders inside a value stand for attachments that `again` has in another order.)
        return arguments.array().find("_placeholder") != std::string::npos ||
               arguments.array().find('\\') != std::string::npos;
    };
    if (!deeper()) require_same(account(again), account(arguments), "values added are the same");
    require(arguments.text(arguments.size()) == std::nullopt &&
                arguments.json(arguments.size()) == "null",
            "beyond the last there is nothing");
    const Arguments fewer = arguments.without(1);
    require(fewer.size() + 1 == std::max<std::size_t>(arguments.size(), 1),
            "without one is one less");
    for (std::size_t number = 0; number < fewer.size(); ++number)
        require(fewer.json(number) == arguments.json(number + 1), "and the others are the same");
}

/// An event that was published arrives as it was.
void check_way(std::string_view event, const Arguments& arguments) {
    std::string memory;
    const hub::Content content = content_of(event, arguments, memory);
    const hub::Publication publication("a", content, {.epoch = 1, .offset = 1}, {}, {});
    const EventContent made = content_of(publication);
    const std::string text = event_packet({.channel = "a", .offset = "1-1"}, made.name,
                                          made.elements, made.attachments.size());
    const auto packet = read_packet(text, {.attachments = 100, .bytes = 1U << 20U});
    require(packet.has_value(), "an event that is sent is a packet");
    std::vector<std::string> attachments(made.attachments.begin(), made.attachments.end());
    const auto arrived = Arguments::parse(packet->data, std::move(attachments));
    require(arrived.has_value(), "an event that arrives has arguments");
    require(arrived->size() == arguments.size() + 3, "all of them arrive, and no others");
    const std::string name(event);
    const bool kept = name.empty() || is_reserved_event(name);
    require(arrived->text(0) == (kept ? "message" : name), "an event has its name");
    const Arguments rest = arrived->without(1);
    for (std::size_t number = 0; number < arguments.size(); ++number)
        require_same(account(rest, number), account(arguments, number),
                     "an argument arrives as it was sent");
    require(rest.json(arguments.size()) == R"({"channel":"a"})" &&
                rest.text(arguments.size() + 1) == "1-1",
            "behind them stands what was to be told");
    const SharedPackets packets = packets_of(publication, {});
    require(packets.frames.size() == 1 + made.attachments.size(), "each attachment is a frame");
}

void check(FuzzInput input) {
    std::vector<std::string> attachments(input.number(0, 3), "bytes");
    const std::string text = input.rest();
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string name = text.substr(0, end);
    const std::string rest = text.substr(std::min(end + 1, text.size()));

    Arguments added;
    added.add(Json{as_body(rest)});
    if (is_plain_utf8(name)) added.add(name);
    require(plain_json(added.array()).has_value(), "what was added is JSON");
    require(added.size() == (is_plain_utf8(name) ? 2 : 1), "and is as many arguments");

    const auto arguments = Arguments::parse(as_body(rest), attachments);
    if (!arguments) return;
    require(plain_json(rest).has_value(), "arguments are JSON");
    check_values(*arguments);
    if (is_plain_utf8(name)) check_way(name, *arguments);
}

}  // namespace
}  // namespace longwire::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    longwire::fuzz::check({data, size});
    return 0;
}

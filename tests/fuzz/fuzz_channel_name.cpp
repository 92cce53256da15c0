// Names of channels, and patterns of them: a pattern on the first line, a name behind it.
#include "fuzz_input.hpp"
#include "plain_json.hpp"
#include "plain_utf8.hpp"

#include "access/channel_rule.hpp"
#include "dialects/json_text.hpp"
#include "dialects/pusher/channel_kind.hpp"
#include "dialects/raw/channel_name.hpp"

namespace longwire::fuzz {
namespace {

/// All places of `name` that each beginning of `pattern` may reach, one letter of it after the
/// other.
bool plainly_matches(std::string_view pattern, std::string_view name) {
    std::vector<bool> reached(name.size() + 1);
    reached[0] = true;
    for (const char letter : pattern) {
        std::vector<bool> next(name.size() + 1);
        for (std::size_t place = 0; place <= name.size(); ++place) {
            if (letter == '*')
                next[place] = reached[place] || (place > 0 && next[place - 1]);
            else if (place > 0)
                next[place] = reached[place - 1] && name[place - 1] == letter;
        }
        reached = next;
    }
    return reached[name.size()];
}

void check_pattern(std::string_view pattern, std::string_view name) {
    const bool matches = access::matches(pattern, name);
    require(matches == plainly_matches(pattern, name), "a star stands for any letters");
    require(access::matches("*", name) && access::matches(std::string(name) + "*", name),
            "a star stands for none too");
    require(access::matches(name, name), "a name is a pattern of itself");
    const std::string wider = "*" + std::string(pattern) + "*";
    require(!matches || access::matches(wider, name), "more stars match more");
}

bool has_control_character(std::string_view name) {
    return std::ranges::any_of(name,
                               [](unsigned char byte) { return byte < 0x20 || byte == 0x7F; });
}

void check_name(std::string_view name) {
    const bool may_be = dialects::raw::is_channel_name(name);
    require(may_be == (!name.empty() && name.size() <= 200 && is_plain_utf8(name) &&
                       !has_control_character(name)),
            "a name has 1 to 200 bytes of UTF-8 without control characters");
    require(may_be || !dialects::pusher::is_channel_name(name),
            "a name of the pusher dialect is one of the hub");
    if (!may_be) return;
    std::string json;
    dialects::append_quoted(json, name);
    require(plain_json_text(json) == name, "a name can be written in JSON");
}

void check_kind(std::string_view name) {
    using namespace dialects::pusher;
    const ChannelKind kind = kind_of(name);
    require(kind.authorized == (name.starts_with("private-") || name.starts_with("presence-")),
            "private and presence channels need a signature");
    require(kind.presence == name.starts_with("presence-"), "presence channels are called so");
    require(kind.encrypted == name.starts_with("private-encrypted-"),
            "encrypted channels are called so");
    require(kind.of_user == name.starts_with("#server-to-user-"), "users' channels are called so");
    require(!kind.of_user || !is_channel_name(name) || !user_of(name).empty(),
            "a user's channel has a user");
}

void check(FuzzInput input) {
    const std::string text = input.rest();
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string name = text.substr(std::min(end + 1, text.size()));
    check_pattern(as_body(text.substr(0, end)), as_body(name));
    check_name(as_body(name));
    check_kind(name);
}

}  // namespace
}  // namespace longwire::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    longwire::fuzz::check({data, size});
    return 0;
}

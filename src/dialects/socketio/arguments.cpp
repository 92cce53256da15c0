#include "access/json_parser.hpp"
#include "dialects/json_text.hpp"
#include "dialects/socketio/packet.hpp"

#include <longwire/socketio.hpp>

#include <array>
#include <charconv>
#include <cmath>

namespace longwire::socketio {

namespace {

/// Runs `take` on the value that `json` is, if it can be read.
template <class Value>
std::optional<Value> read(std::string_view json) {
    thread_local simdjson::dom::parser parser;
    simdjson::dom::element element;
    Value value = {};
    if (access::parse_json(parser, json).get(element) != simdjson::SUCCESS ||
        element.get(value) != simdjson::SUCCESS)
        return std::nullopt;
    return value;
}

/// Where the value that `json` begins with ends; `json` is valid.
std::size_t end_of_value(std::string_view json) noexcept {
    std::size_t depth = 0;
    bool quoted = false;
    for (std::size_t at = 0; at < json.size(); ++at) {
        const char letter = json[at];
        if (quoted) {
            if (letter == '\\')
                ++at;
            else if (letter == '"')
                quoted = false;
        } else if (letter == '"') {
            quoted = true;
        } else if (letter == '[' || letter == '{') {
            ++depth;
        } else if (letter == ']' || letter == '}') {
            if (depth == 0) return at;
            --depth;
        } else if (letter == ',' && depth == 0) {
            return at;
        }
    }
    return json.size();
}

std::string_view trimmed(std::string_view text) noexcept {
    constexpr std::string_view spaces = " \t\r\n";
    const std::size_t begin = text.find_first_not_of(spaces);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(spaces) + 1 - begin);
}

}  // namespace

std::optional<Arguments> Arguments::parse(std::string_view array,
                                          std::vector<std::string> attachments) {
    namespace inside = dialects::socketio;
    // What may be the data of an acknowledgement may be arguments.
    const std::string packet = inside::write_packet(
        {.type = inside::PacketType::binary_ack, .data = array, .attachments = attachments.size()});
    constexpr std::size_t largest = std::size_t{64} * 1024 * 1024;
    const auto judged =
        inside::read_packet(packet, {.attachments = attachments.size(), .bytes = largest});
    if (!judged || judged->data.size() != array.size()) return std::nullopt;
    const std::string_view inner = trimmed(array);
    return split(inner.substr(1, inner.size() - 2), std::move(attachments));
}

Arguments Arguments::split(std::string_view elements, std::vector<std::string> attachments) {
    std::string_view rest = trimmed(elements);
    Arguments made;
    made.elements_.reserve(rest.size());
    while (!rest.empty()) {
        const std::size_t end = end_of_value(rest);
        made.add_json(trimmed(rest.substr(0, end)));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    made.attachments_ = std::move(attachments);
    return made;
}

Arguments Arguments::without(std::size_t first) const {
    Arguments made;
    made.attachments_ = attachments_;
    if (first == 0) return *this;
    if (ends_.size() <= first) return made;
    const std::size_t begin = ends_[first - 1] + 1;
    made.elements_ = elements_.substr(begin);
    for (std::size_t number = first; number < ends_.size(); ++number)
        made.ends_.push_back(ends_[number] - begin);
    return made;
}

std::string_view Arguments::json(std::size_t number) const noexcept {
    if (number >= ends_.size()) return "null";
    const std::size_t begin = number == 0 ? 0 : ends_[number - 1] + 1;
    return std::string_view(elements_).substr(begin, ends_[number] - begin);
}

std::optional<std::string> Arguments::text(std::size_t number) const {
    const auto view = read<std::string_view>(json(number));
    return view ? std::optional<std::string>(*view) : std::nullopt;
}

std::optional<double> Arguments::number(std::size_t number) const {
    return read<double>(json(number));
}

std::optional<bool> Arguments::boolean(std::size_t number) const {
    return read<bool>(json(number));
}

std::optional<std::span<const std::byte>> Arguments::bytes(std::size_t number) const {
    const std::string_view object = json(number);
    if (attachments_.empty() || !object.starts_with('{')) return std::nullopt;
    thread_local simdjson::dom::parser parser;
    simdjson::dom::element element;
    bool placeholder = false;
    std::uint64_t which = 0;
    if (access::parse_json(parser, object).get(element) != simdjson::SUCCESS ||
        element["_placeholder"].get(placeholder) != simdjson::SUCCESS || !placeholder ||
        element["num"].get(which) != simdjson::SUCCESS || which >= attachments_.size())
        return std::nullopt;
    return std::as_bytes(std::span(attachments_[which]));
}

Arguments& Arguments::add_json(std::string_view valid) {
    if (!ends_.empty()) elements_ += ',';
    elements_ += valid;
    ends_.push_back(elements_.size());
    return *this;
}

Arguments& Arguments::add(std::string_view text) {
    std::string quoted;
    dialects::append_quoted(quoted, text);
    return add_json(quoted);
}

Arguments& Arguments::add(double value) {
    if (!std::isfinite(value)) return add_json("null");
    std::array<char, 32> digits = {};
    const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), value);
    return add_json({digits.data(), written.ptr});
}

Arguments& Arguments::add(Json json) {
    namespace inside = dialects::socketio;
    // (A placeholder would take the place of bytes that it does not stand for.)
    const std::string packet = "3[" + std::string(json.text) + ']';
    const auto judged = inside::read_packet(packet, {.attachments = 0, .bytes = packet.size()});
    const bool one = judged && end_of_value(json.text) == json.text.size();
    const std::string_view text = trimmed(json.text);
    return add_json(one && !text.empty() ? text : "null");
}

Arguments& Arguments::add(std::span<const std::byte> bytes) {
    add_json(R"({"_placeholder":true,"num":)" + std::to_string(attachments_.size()) + '}');
    attachments_.emplace_back(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return *this;
}

}  // namespace longwire::socketio

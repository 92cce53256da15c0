// What conditional requests compare: dates, and entity tags (the first line is one that the server
// has, what follows is the value of If-None-Match).
#include "fuzz_input.hpp"

#include "http/date.hpp"
#include "http/entity_tag.hpp"
#include "http/field_grammar.hpp"

#include <array>
#include <cstdio>
#include <ctime>

namespace longwire::fuzz {
namespace {

// From the year 0 to the end of the year 9999.
constexpr std::time_t first_time = -62167219200;
constexpr std::time_t last_time = 253402300799;

/// RFC 9110, section 5.6.7, by the C library.
std::string plain_date(std::time_t time) {
    constexpr std::array<const char*, 7> days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array<const char*, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::tm parts = {};
    gmtime_r(&time, &parts);
    std::array<char, 64> text = {};
    std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                  days.at(static_cast<std::size_t>(parts.tm_wday)), parts.tm_mday,
                  months.at(static_cast<std::size_t>(parts.tm_mon)), parts.tm_year + 1900,
                  parts.tm_hour, parts.tm_min, parts.tm_sec);
    return text.data();
}

void check_date(const std::string& text, std::time_t time) {
    const std::time_t within = std::clamp(time, first_time, last_time);
    const std::string written = http::format_imf_fixdate(time);
    require_same(written, plain_date(within), "a date is written as the C library counts");
    require(http::parse_imf_fixdate(written) == within, "a date is read as it is written");
    if (const auto read = http::parse_imf_fixdate(as_body(text))) {
        require(*read >= first_time && *read <= last_time, "a date has a year of four digits");
        require_same(http::format_imf_fixdate(*read), text, "a time has one way to be written");
    }
}

bool is_tag_letter(char letter) {
    const auto byte = static_cast<unsigned char>(letter);
    return byte == 0x21 || (byte >= 0x23 && byte != 0x7F);
}

/// `text` as an entity tag.
std::string tag_of(std::string_view text) {
    std::string tag = "\"";
    for (const char letter : text)
        if (is_tag_letter(letter)) tag += letter;
    return tag + '"';
}

void check_tags(const std::string& sent, const std::string& tag) {
    const bool unchanged = http::if_none_match(as_body(sent), tag);
    require(unchanged == http::if_none_match(as_body(sent), "W/" + tag),
            "tags are compared by the weak rule");
    require(!unchanged || http::trimmed(sent) == "*" || sent.find(tag) != std::string::npos,
            "what is not named has changed");
    // A list that was written well: of each word of the text.
    std::string list;
    bool named = false;
    for (std::size_t at = 0; at <= sent.size();) {
        const std::size_t end = std::min(sent.find(' ', at), sent.size());
        const std::string one = tag_of(sent.substr(at, end - at));
        named = named || one == tag;
        if (!list.empty()) list += at % 2 == 0 ? ", " : " ,\t";
        list += (at % 3 == 0 ? "W/" : "") + one;
        at = end + 1;
    }
    require(http::if_none_match(list, tag) == named, "each tag of a list counts");
    require(http::if_none_match(list + ",," + tag, tag), "the last of a list counts");
}

void check(FuzzInput input) {
    const bool near_now = input.flag();
    const auto number = static_cast<std::time_t>(input.number(0, std::size_t(-1)));
    const std::string text = input.rest();
    check_date(text, near_now ? number % last_time : number);
    const std::size_t end = std::min(text.find('\n'), text.size());
    check_tags(text.substr(std::min(end + 1, text.size())), tag_of(text.substr(0, end)));
}

}  // namespace
}  // namespace longwire::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    longwire::fuzz::check({data, size});
    return 0;
}

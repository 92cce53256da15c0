#include "access/channel_rule.hpp"

namespace longwire::access {

bool matches(std::string_view pattern, std::string_view channel) noexcept {
    // Going back to the last star only: never more than the product of the two lengths.
    std::size_t star = std::string_view::npos;
    std::size_t resume = 0;
    std::size_t at = 0;
    std::size_t place = 0;
    while (place < channel.size()) {
        if (at < pattern.size() && pattern[at] == '*') {
            star = at++;
            resume = place;
        } else if (at < pattern.size() && pattern[at] == channel[place]) {
            ++at;
            ++place;
        } else if (star != std::string_view::npos) {
            at = star + 1;
            place = ++resume;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', at) == std::string_view::npos;
}

}  // namespace longwire::access

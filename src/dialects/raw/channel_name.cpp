#include "dialects/raw/channel_name.hpp"

#include "engine/http/cross_origin.hpp"

#include <algorithm>

namespace longwire::dialects::raw {

bool is_channel_name(std::string_view name) noexcept {
    return !name.empty() && name.size() <= longest_channel_name && engine::is_utf8(name) &&
           std::ranges::none_of(name, [](char letter) {
               const auto number = static_cast<unsigned char>(letter);
               return number < 0x20 || number == 0x7F;
           });
}

}  // namespace longwire::dialects::raw

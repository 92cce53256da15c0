#include "engine/topics/topic.hpp"

#include "protocol/compression.hpp"

#include <cstddef>

namespace longwire::engine {

const Topic::Frames& Topic::frames(protocol::Compression* compression, std::uint32_t from) {
    // Who comes one after the other mostly lacks the same.
    for (auto known = frames_.rbegin(); known != frames_.rend(); ++known)
        if (known->compression == compression && known->from == from) return known->frames;
    const auto bytes_of = [&](std::uint32_t number) {
        return PreparedFrameAccess::frame_of((*this)[number].message)->bytes_for(compression);
    };
    Frames made;
    if (end() - from == 1) {
        made = {.owner = PreparedFrameAccess::frame_of((*this)[from].message),
                .bytes = bytes_of(from)};
    } else {
        auto joined = std::make_shared<std::vector<std::byte>>();
        std::size_t size = 0;
        for (std::uint32_t number = from; number != end(); ++number)
            size += bytes_of(number).size();
        joined->reserve(size);
        for (std::uint32_t number = from; number != end(); ++number) {
            const auto bytes = bytes_of(number);
            joined->insert(joined->end(), bytes.begin(), bytes.end());
        }
        made.bytes = *joined;
        made.owner = std::move(joined);
    }
    return frames_.emplace_back(compression, from, std::move(made)).frames;
}

}  // namespace longwire::engine

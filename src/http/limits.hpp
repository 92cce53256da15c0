#pragma once

#include <cstddef>

namespace longwire::http {

/// What a peer may send before it is refused. Each bound is itself still allowed.
struct Limits {
    /// Bytes from the first line to the empty line that ends the head, both included. The same
    /// bound holds for what a chunked body carries beside its content: extensions and trailers.
    std::size_t max_head_size = std::size_t{16} * 1024;
    /// Header fields in one head (and, on their own, in one trailer section).
    std::size_t max_fields = 100;
    /// Bytes of content, after a transfer coding was removed.
    std::size_t max_body_size = std::size_t{1024} * 1024;
};

}  // namespace longwire::http

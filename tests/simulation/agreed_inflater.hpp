#pragma once

#include "content.hpp"

#include <zlib.h>

#include <span>

namespace longwire::simulation {

/// Decompresses what an endpoint sends with exactly what was agreed on (RFC 7692, section 7.1): a
/// window that is no larger, and no context where none is kept. What refers to more is Broken.
class AgreedInflater {
public:
    AgreedInflater(int window_bits, bool keep_context);
    ~AgreedInflater();
    AgreedInflater(const AgreedInflater&) = delete;
    AgreedInflater& operator=(const AgreedInflater&) = delete;

    [[nodiscard]] Bytes inflate_message(std::span<const std::byte> compressed);

private:
    z_stream state_ = {};
    bool keep_context_;
};

}  // namespace longwire::simulation

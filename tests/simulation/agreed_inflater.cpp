#include "agreed_inflater.hpp"

#include "broken.hpp"

#include <array>
#include <new>

namespace longwire::simulation {

AgreedInflater::AgreedInflater(int window_bits, bool keep_context) : keep_context_(keep_context) {
    if (inflateInit2(&state_, -window_bits) != Z_OK) throw std::bad_alloc();
}

AgreedInflater::~AgreedInflater() {
    inflateEnd(&state_);
}

Bytes AgreedInflater::inflate_message(std::span<const std::byte> compressed) {
    Bytes input(compressed.begin(), compressed.end());
    for (const unsigned byte : {0x00U, 0x00U, 0xFFU, 0xFFU}) input.push_back(std::byte(byte));
    state_.next_in = reinterpret_cast<Bytef*>(input.data());
    state_.avail_in = static_cast<uInt>(input.size());
    Bytes output;
    // In small pieces: zlib looks back into what one call gave beyond the window.
    std::array<std::byte, 32> piece = {};
    do {
        state_.next_out = reinterpret_cast<Bytef*>(piece.data());
        state_.avail_out = piece.size();
        const int status = inflate(&state_, Z_SYNC_FLUSH);
        require(status == Z_OK || status == Z_BUF_ERROR,
                "a compressed message does not keep to the agreed window or context");
        output.insert(output.end(), piece.begin(),
                      piece.begin() + static_cast<std::ptrdiff_t>(piece.size() - state_.avail_out));
    } while (state_.avail_out == 0 || state_.avail_in > 0);
    if (!keep_context_) inflateReset(&state_);
    return output;
}

}  // namespace longwire::simulation

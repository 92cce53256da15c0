// Frames as a client receives them.
#include "decoder_properties.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    longwire::fuzz::check_decoder(longwire::protocol::Role::client, {data, size});
    return 0;
}

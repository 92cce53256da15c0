#pragma once

#include <string>

namespace longwire::http {

/// Why a message is not taken.
struct Fault {
    int status = 400;   ///< What a server answers it with.
    std::string words;  ///< One clause without a full stop; holds nothing that the peer sent.
};

}  // namespace longwire::http

#pragma once

#include "chance.hpp"
#include "ledger.hpp"

#include <longwire/close_code.hpp>

#include <string>

namespace longwire::simulation {

/// What an application may say when it closes, also what cannot be sent, and what must arrive.
struct CloseCall {
    CloseCode code;
    std::string reason;
    CloseSaid expected;
};

[[nodiscard]] CloseCall make_close_call(Chance& chance);

}  // namespace longwire::simulation

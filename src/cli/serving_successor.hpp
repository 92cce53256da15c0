#pragma once

#include "ops/service_manager.hpp"
#include "ops/successor.hpp"

#include <longwire/task.hpp>

namespace longwire::cli {

/// From here on a SIGUSR2 waits until it is asked for. Before there are other threads.
void hold_hand_overs();

/// At a SIGUSR2 starts this program anew, with the same arguments and with these sockets; once that
/// is ready, leaves. If it never is, all stays as it was. On the server's first loop.
Task<> hand_over_on_signal(const ops::ListeningSockets& sockets,
                           const ops::ServiceManager& manager);

}  // namespace longwire::cli

#pragma once

namespace longwire::cli {

/// The program: reads its arguments, runs a command, and gives the exit code.
int run_command_line(int count, char** arguments);

}  // namespace longwire::cli

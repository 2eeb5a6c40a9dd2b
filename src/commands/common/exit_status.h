// Exit statuses of every command.
#pragma once

namespace voip {

inline constexpr int exit_done = 0;
inline constexpr int exit_failed = 1;
inline constexpr int exit_usage = 2;  // wrong usage or configuration
inline constexpr int exit_not_running = 3;

}  // namespace voip

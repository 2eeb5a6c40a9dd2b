// What a process has from whoever started it, put right before anything else is done.
#pragma once

namespace voip {

// Descriptors 0, 1 and 2 are open, on /dev/null if need be: else the first socket would be taken for standard error. The ends of
// children are told, which a parent may have ignored; no signal is blocked; files are writable for their owner alone, at most.
// False: /dev/null cannot be opened.
bool put_inherited_right();

}  // namespace voip

// What a process has from whoever started it, put right before anything else is done.
#pragma once

namespace voip {

// Descriptors 0, 1 and 2 are open, on /dev/null if need be: else the first socket would be taken for standard error. To write to
// a standard output that was closed is an error still. The ends of children are told, which a parent may have ignored; no signal
// is blocked; to write beyond a limit on the size of files is an error, not the end; files are writable for their owner alone, at
// most.
// False: /dev/null cannot be opened.
bool put_inherited_right();

}  // namespace voip

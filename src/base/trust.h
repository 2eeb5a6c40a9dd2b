// Whether what a path leads to is ours or the administrator's, or may be somebody else's doing.
#pragma once

#include <sys/stat.h>

#include <string>

#include "base/result.h"

namespace voip {

// Root and the daemon's own user may do what they like; other users are not believed.
bool is_ours(const struct stat& status);

// Whether somebody logs in as this user: not root, and no account of the system as services have.
bool is_person(uid_t user);

// Accounts of the system beside these: a DHCP server keeps its leases as one. Nobody else may write to the file.
bool is_of_the_system(const struct stat& status);

// The directory, all those above it, and every symbolic link on the way are ours, and nobody else can put another one in their
// place: they are not writable for others, or have the sticky bit as /tmp does, in which everybody may put something. The
// directory itself is not writable for others at all. What is not there yet is not judged. An error says which part it is.
Status check_directory_is_ours(const std::string& path);

}  // namespace voip

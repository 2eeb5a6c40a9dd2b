// Who may read a file that holds a secret.
#pragma once

#include <sys/stat.h>

#include <string>

namespace voip {

// Where systemd puts the credentials of this service (systemd.exec(5), CREDENTIALS): what $CREDENTIALS_DIRECTORY says, and for a
// command that somebody types, where they are for as long as the service runs.
std::string credentials_directory();

// Whether somebody besides its owner may. A file of the service's credential directory is for the service alone, whatever its
// mode: systemd shows the access list's mask there as the group's mode, and the directory itself is private (systemd.exec(5)).
// Neither can the mode of a secret that Docker or Podman has put into the container be changed, 0444 as a rule: who is in there
// is the service. It must be root's, and below /run/secrets.
bool others_may_read(const struct stat& status, const std::string& path);

}  // namespace voip

// The addresses of names, asked of a name server, which may hang: only on a thread that may hang with it (aside.h). And what Paho
// hears when it asks the same: it would take the first IPv4 address and no other, with its lock held while it waits, and TLS
// needs the name in its URI. So its question, getaddrinfo(), is answered here: with the one address that was chosen for it.
#pragma once

#include <netdb.h>

#include <string>
#include <vector>

#include "base/result.h"

namespace voip {

// As text, IPv4 first, which reaches a broker at home the more often; at most four.
Result<std::vector<std::string>> addresses_of(const std::string& name);

// From now on the library finds the name there, and asks nobody.
void answer_with(const std::string& name, const std::string& address);

// In the place of the name server, for tests: 0 and the addresses, or a failure of getaddrinfo(); 0 without any: the C library
// is to be asked. nullptr: nobody stands there. Meanwhile nobody may ask.
using NameServerDouble = int (*)(const std::string& name, std::vector<std::string>& addresses);
void set_name_server(NameServerDouble stand_in);

}  // namespace voip

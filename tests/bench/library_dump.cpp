// Reads the whole connection table once, as programs that use libnetfilter_conntrack do: a dump, and of each entry its counters.
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>

#include <cstdint>
#include <cstdio>

namespace {

struct Sums {
  std::uint64_t entries = 0;
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
};

int add(nf_conntrack_msg_type /*type*/, nf_conntrack* entry, void* data) {
  auto* sums = static_cast<Sums*>(data);
  sums->entries += 1;
  sums->packets += nfct_get_attr_u64(entry, ATTR_ORIG_COUNTER_PACKETS) + nfct_get_attr_u64(entry, ATTR_REPL_COUNTER_PACKETS);
  sums->bytes += nfct_get_attr_u64(entry, ATTR_ORIG_COUNTER_BYTES) + nfct_get_attr_u64(entry, ATTR_REPL_COUNTER_BYTES);
  return NFCT_CB_CONTINUE;
}

}  // namespace

int main() {
  nfct_handle* handle = nfct_open(CONNTRACK, 0);
  Sums sums;
  std::uint32_t family = AF_UNSPEC;
  if (handle == nullptr || nfct_callback_register(handle, NFCT_T_ALL, add, &sums) != 0 ||
      nfct_query(handle, NFCT_Q_DUMP, &family) != 0) {
    std::perror("dump the connection table");
    return 1;
  }
  std::printf("%llu entries, %llu packets, %llu bytes\n", static_cast<unsigned long long>(sums.entries),
              static_cast<unsigned long long>(sums.packets), static_cast<unsigned long long>(sums.bytes));
  nfct_close(handle);
}

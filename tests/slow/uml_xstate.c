/* A preload for linux.uml on processors with AMX. Their XSAVE area is longer than the buffer of User-Mode Linux 6.1, and the host refuses
   a short PTRACE_SETREGSET, at which it panics (put_fp_registers). So each short set of NT_X86_XSTATE is widened to the host's size, with
   the state bits beyond the buffer cleared. Elsewhere it changes nothing. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define XSTATE 0x202 /* NT_X86_XSTATE of linux/elf.h */
enum { legacy_area = 512, header_end = 576 };

static char wide[65536] __attribute__((aligned(64)));
static size_t host_size;

static long raw(long request, long pid, long address, void* data) {
  return syscall(SYS_ptrace, request, pid, address, data);
}

/* XSTATE_BV, at the start of the XSAVE header: x87, SSE, AVX, MPX, AVX-512; not PKRU and what came later. */
static void clear_later_states(char* area) {
  uint64_t states;
  memcpy(&states, area + legacy_area, sizeof states);
  states &= 0xff;
  memcpy(area + legacy_area, &states, sizeof states);
}

long ptrace(enum __ptrace_request request, ...) {
  va_list arguments;
  va_start(arguments, request);
  const long pid = va_arg(arguments, int);
  void* const address = va_arg(arguments, void*);
  void* const data = va_arg(arguments, void*);
  va_end(arguments);
  if ((long)address == XSTATE && (request == PTRACE_GETREGSET || request == PTRACE_SETREGSET)) {
    struct iovec* const short_set = data;
    struct iovec whole = {wide, sizeof wide};
    if (host_size == 0 && raw(PTRACE_GETREGSET, pid, XSTATE, &whole) == 0) host_size = whole.iov_len;
    const size_t size = short_set->iov_len;
    if (host_size > size && size >= header_end) {
      if (request == PTRACE_GETREGSET) {
        const long result = raw(request, pid, XSTATE, short_set);
        if (result == 0) clear_later_states(short_set->iov_base);
        return result;
      }
      memset(wide, 0, host_size);
      memcpy(wide, short_set->iov_base, size);
      clear_later_states(wide);
      whole.iov_base = wide;
      whole.iov_len = host_size;
      return raw(request, pid, XSTATE, &whole);
    }
  }
  if (request > 0 && request < 4) { /* PEEK*: the bare system call gives the word through a pointer */
    long word;
    const long result = raw(request, pid, (long)address, &word);
    if (result < 0) return result;
    errno = 0;
    return word;
  }
  return raw(request, pid, (long)address, data);
}

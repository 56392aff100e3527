// Preloaded into mktd by disk_fails.sh: while the file $FAIL_SYNC is there, syncing SQLite's
// write-ahead log fails as on a disk that lost it.
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

namespace {

bool fails(int fd) {
  const char* switch_file = getenv("FAIL_SYNC");
  if (switch_file == nullptr || access(switch_file, F_OK) != 0) return false;
  char link[64];
  char name[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t length = readlink(link, name, sizeof name - 1);
  if (length < 4) return false;
  name[length] = '\0';
  return strcmp(name + length - 4, "-wal") == 0;
}

int call(const char* name, int fd) {
  if (fails(fd)) {
    errno = EIO;
    return -1;
  }
  return reinterpret_cast<int (*)(int)>(dlsym(RTLD_NEXT, name))(fd);
}

}  // namespace

extern "C" int fsync(int fd) { return call("fsync", fd); }
extern "C" int fdatasync(int fd) { return call("fdatasync", fd); }

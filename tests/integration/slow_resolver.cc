// Preloaded into mkt by doctor.sh: a name server that does not answer for a minute.
#include <netdb.h>
#include <unistd.h>

extern "C" int getaddrinfo(const char*, const char*, const addrinfo*, addrinfo**) {
  sleep(60);
  return EAI_AGAIN;
}

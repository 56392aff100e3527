// The unit tests' main: libsodium first, then doctest.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include "common/signing/key.h"

int main(int argc, char** argv) {
  if (!mkt::init_crypto()) return 1;
  return doctest::Context(argc, argv).run();
}

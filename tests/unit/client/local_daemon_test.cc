// Which socket listens, by the kernel's tables, and whose it is. The lines are of proc(5).
#include "cli/client/local_daemon.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <sstream>

namespace mkt {
namespace {

const std::string kHeading =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
    "inode\n";

std::string row(const std::string& local, const char* state, unsigned uid) {
  return fmt::format(
      "   0: {} 00000000:0000 {} 00000000:00000000 00:00000000 00000000 {:5}        0 1162 1 "
      "0000000045196eb6 100 0 0 10 0\n",
      local, state, uid);
}

// 3456 is 0D80.
const std::string kV4 = "0100007F:0D80";
const std::string kAllV4 = "00000000:0D80";
const std::string kV6 = "00000000000000000000000001000000:0D80";
const std::string kAllV6 = "00000000000000000000000000000000:0D80";

std::vector<uid_t> listeners(const std::string& v4, const std::string& v6, const char* host) {
  std::istringstream a(kHeading + v4), b(kHeading + v6);
  return listeners_of(a, b, host, 3456);
}

TEST_CASE("the owner of a listening socket is the one of that very address") {
  const std::string v4 = row(kV4, "0A", 1000), v6 = row(kV6, "0A", 1001);
  CHECK(listeners(v4, v6, "127.0.0.1") == std::vector<uid_t>{1000});
  CHECK(listeners(v4, v6, "::1") == std::vector<uid_t>{1001});
  CHECK(listeners(v4, "", "::1").empty());
  CHECK(listeners("", v6, "127.0.0.1").empty());
}

TEST_CASE("who listens on all addresses listens on this one, where nobody is closer") {
  CHECK(listeners(row(kAllV4, "0A", 1002), "", "127.0.0.1") == std::vector<uid_t>{1002});
  CHECK(listeners("", row(kAllV6, "0A", 1003), "127.0.0.1") == std::vector<uid_t>{1003});
  CHECK(listeners("", row(kAllV6, "0A", 1003), "::1") == std::vector<uid_t>{1003});
  CHECK(listeners(row(kV4, "0A", 1000), row(kAllV6, "0A", 1003), "127.0.0.1") ==
        std::vector<uid_t>{1000});
}

TEST_CASE("connections, other ports and lines that are cut are passed over") {
  CHECK(
      listeners(row(kV4, "01", 1001) + row("0100007F:0D81", "0A", 1001), "", "127.0.0.1").empty());
  CHECK(listeners("   0: 0100007F:0D80 00000000:0000 0A 0000", "", "127.0.0.1").empty());
  CHECK(listeners("garbage\n\n" + row(kV4, "0A", 7), "", "127.0.0.1") == std::vector<uid_t>{7});
}

}  // namespace
}  // namespace mkt

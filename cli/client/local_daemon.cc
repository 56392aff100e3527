#include "cli/client/local_daemon.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "cli/client/settings.h"
#include "common/base/files.h"
#include "common/base/user_folders.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxSmallFileBytes = 8192;

constexpr std::string_view kListening = "0A";  // TCP_LISTEN

// The kernel prints each 32-bit word of an address as a number in this machine's byte order.
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
constexpr std::string_view kV4Loopback = "0100007F";
constexpr std::string_view kV6Loopback = "00000000000000000000000001000000";
#else
constexpr std::string_view kV4Loopback = "7F000001";
constexpr std::string_view kV6Loopback = "00000000000000000000000000000001";
#endif
constexpr std::string_view kV4Any = "00000000";
constexpr std::string_view kV6Any = "00000000000000000000000000000000";

enum class Readers { anybody, this_user };

// The first line of a file of this user's own that nobody else may write, nor read where it says
// so.
std::optional<std::string> own_line(const fs::path& file, Readers readers) {
  struct stat info {};
  if (::lstat(file.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
  const mode_t others = readers == Readers::this_user ? 077 : 022;
  if (info.st_uid != ::geteuid() || (info.st_mode & others) != 0) {
    return std::nullopt;
  }
  auto text = read_file(file, kMaxSmallFileBytes);
  if (!text) return std::nullopt;
  return text->substr(0, text->find('\n'));
}

bool is_locked(const fs::path& file) {
  const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  return fd && ::flock(fd.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

struct Address {
  std::string scheme;  // "http", "https"
  std::string host;    // "127.0.0.1", "localhost", "[::1]"
  int port = 80;
};

// For a loopback origin in canonical form (registry_origin).
std::optional<Address> address_of(std::string_view origin) {
  if (!is_loopback(origin)) return std::nullopt;
  Address address;
  address.scheme = origin.substr(0, origin.find(':'));
  if (address.scheme == "https") address.port = 443;
  std::string_view rest = origin.substr(address.scheme.size() + std::string_view("://").size());
  const std::size_t end = rest.starts_with('[') ? rest.find(']') + 1 : rest.find(':');
  address.host = rest.substr(0, end);
  if (end >= rest.size()) return address;
  rest.remove_prefix(end + 1);
  const auto [stop, error] = std::from_chars(rest.data(), rest.data() + rest.size(), address.port);
  if (error != std::errc() || stop != rest.data() + rest.size()) return std::nullopt;
  return address;
}

// False where the system says that another user listens there.
bool is_listened_on_by_us(const Address& address) {
  const bool is_v6 = address.host.starts_with('[');
  const std::string host = is_v6 ? address.host.substr(1, address.host.size() - 2) : address.host;
  std::ifstream v4("/proc/net/tcp"), v6("/proc/net/tcp6");
  for (const uid_t owner : listeners_of(v4, v6, host, address.port)) {
    // Root's socket is fine: systemd opened it for its service.
    if (owner != ::geteuid() && owner != 0) return false;
  }
  return true;
}

// The owners of the listening sockets, by address as the table writes it.
std::map<std::string, std::vector<uid_t>> read_listeners(std::istream& table,
                                                         const std::vector<std::string>& wanted) {
  std::map<std::string, std::vector<uid_t>> found;
  std::string line;
  while (std::getline(table, line)) {
    // The columns: sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid …
    std::istringstream words(line);
    std::string number, local, remote, state, queues, timer, retransmits;
    uid_t owner = 0;
    words >> number >> local >> remote >> state;
    if (state != kListening || std::find(wanted.begin(), wanted.end(), local) == wanted.end()) {
      continue;
    }
    if (words >> queues >> timer >> retransmits >> owner) found[local].push_back(owner);
  }
  return found;
}

}  // namespace

std::vector<uid_t> listeners_of(std::istream& v4, std::istream& v6, std::string_view host,
                                int port) {
  // The system gives a connection to the socket with the closest address.
  std::vector<std::string> closest_first;
  for (const std::string_view address : host.find(':') == std::string_view::npos
                                            ? std::vector{kV4Loopback, kV4Any, kV6Any}
                                            : std::vector{kV6Loopback, kV6Any}) {
    closest_first.push_back(fmt::format("{}:{:04X}", address, port));
  }
  auto found = read_listeners(v4, closest_first);
  found.merge(read_listeners(v6, closest_first));
  for (const std::string& address : closest_first) {
    if (const auto it = found.find(address); it != found.end()) return it->second;
  }
  return {};
}

std::optional<LocalDaemon> local_daemon(const std::string& origin) {
  const auto wanted = address_of(origin);
  if (!wanted) return std::nullopt;
  const fs::path announcement = daemon_announcement(wanted->port);
  if (announcement.empty()) return std::nullopt;
  const auto folder = own_line(announcement, Readers::this_user);
  if (!folder) return std::nullopt;
  const fs::path data(*folder);
  const auto written = own_line(data / "mktd.url", Readers::anybody);
  if (!written) return std::nullopt;
  const auto url = registry_origin(*written);
  const auto real = url ? address_of(*url) : std::nullopt;
  if (!real || real->port != wanted->port || real->scheme != wanted->scheme) return std::nullopt;
  if (real->host != wanted->host && wanted->host != "localhost") return std::nullopt;
  if (!is_locked(data / "LOCK") || !is_listened_on_by_us(*real)) return std::nullopt;
  return LocalDaemon{*url, own_line(data / "admin.token", Readers::this_user).value_or("")};
}

}  // namespace mkt

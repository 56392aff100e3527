#include "common/base/journal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "common/base/encoding.h"
#include "common/base/text.h"

namespace mkt {
namespace {

constexpr int kSendBuffer = 8 * 1024 * 1024;
constexpr std::size_t kMostNameBytes = 64;  // of a field, to the journal

Result<sockaddr_un> address_of_socket(const std::filesystem::path& socket) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = socket.string();
  if (path.size() >= sizeof address.sun_path) {
    return Error(ErrorCode::io_error, fmt::format("the path {} is too long", path));
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

// "NAME=value\n"; where the value has a line feed, "NAME\n", its size as 64 bits in little-endian
// order, the value, "\n".
std::string entry_of(const JournalFields& fields) {
  std::string entry;
  for (const auto& [name, value] : fields) {
    entry += name;
    if (value.find('\n') == std::string::npos) {
      entry += '=';
    } else {
      entry += '\n';
      for (std::uint64_t i = 0, size = value.size(); i < sizeof size; ++i) {
        entry += static_cast<char>((size >> (8 * i)) & 0xff);
      }
    }
    entry += value;
    entry += '\n';
  }
  return entry;
}

Result<UniqueFd> sealed_memory(const std::string& entry) {
  UniqueFd fd(::memfd_create("mktd-log", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) return system_error("cannot make a memfd", errno);
  MKT_CHECK(write_all(fd.get(), as_bytes(entry), "a memfd"));
  if (::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) !=
      0) {
    return system_error("cannot seal a memfd", errno);
  }
  return fd;
}

// A datagram without bytes that carries the descriptor.
bool send_descriptor(int socket, sockaddr_un& address, int fd) {
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof fd)] = {};
  msghdr message{};
  message.msg_name = &address;
  message.msg_namelen = sizeof address;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof fd);
  std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
  return ::sendmsg(socket, &message, MSG_NOSIGNAL) >= 0;
}

}  // namespace

Result<Journal> Journal::open(const std::filesystem::path& socket) {
  MKT_TRY(const sockaddr_un address, address_of_socket(socket));
  struct stat info {};
  if (::stat(address.sun_path, &info) != 0 || !S_ISSOCK(info.st_mode)) {
    return Error(ErrorCode::not_found, fmt::format("there is no journal at {}", socket.string()));
  }
  UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd) return system_error("cannot make a socket", errno);
  // So that an entry seldom waits, as the protocol's page asks for.
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDBUF, &kSendBuffer, sizeof kSendBuffer);
  return Journal(std::move(fd), socket);
}

Status Journal::send(const JournalFields& fields) const {
  MKT_TRY(sockaddr_un address, address_of_socket(socket_));
  const std::string entry = entry_of(fields);
  const ssize_t sent = ::sendto(fd_.get(), entry.data(), entry.size(), MSG_NOSIGNAL,
                                reinterpret_cast<const sockaddr*>(&address), sizeof address);
  if (sent >= 0) return {};
  if (errno == EMSGSIZE || errno == ENOBUFS) {
    MKT_TRY(const UniqueFd memory, sealed_memory(entry));
    if (send_descriptor(fd_.get(), address, memory.get())) return {};
  }
  return system_error("cannot send to the journal", errno);
}

std::string journal_field_name(std::string_view name) {
  std::string field = "MKTD_";
  for (const char c : name) {
    if (field.size() == kMostNameBytes) break;
    const bool is_upper = c >= 'A' && c <= 'Z';
    if (is_upper) field += '_';
    const char lower = lower_case(c);
    if (is_ascii_letter(c)) {
      field += static_cast<char>(lower - 'a' + 'A');
    } else {
      field += is_ascii_digit(c) ? c : '_';
    }
  }
  field.resize(std::min(field.size(), kMostNameBytes));
  return field;
}

bool stderr_is_journal() {
  const char* const stream = std::getenv("JOURNAL_STREAM");
  struct stat info {};
  return stream != nullptr && ::fstat(STDERR_FILENO, &info) == 0 &&
         stream == fmt::format("{}:{}", info.st_dev, info.st_ino);
}

}  // namespace mkt

// The journal's native protocol, as systemd.io/JOURNAL_NATIVE_PROTOCOL describes it; a real journal
// is in tests/integration/journal.sh.
#include "common/base/journal.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>

#include "tests/unit/must.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

// Where a journal listens.
struct ListeningJournal {
  ListeningJournal() : fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, path.c_str());
    REQUIRE(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  }
  // The entry of the next datagram, or of the descriptor that it carries.
  std::string entry() {
    std::string bytes(1 << 20, '\0');
    iovec piece{bytes.data(), bytes.size()};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const ssize_t n = ::recvmsg(fd.get(), &message, MSG_DONTWAIT);
    REQUIRE(n >= 0);
    bytes.resize(static_cast<std::size_t>(n));
    const cmsghdr* const header = CMSG_FIRSTHDR(&message);
    if (header == nullptr) return bytes;
    CHECK(bytes.empty());  // "datagrams with both payload and file descriptors" are ignored
    int carried = -1;
    std::memcpy(&carried, CMSG_DATA(header), sizeof carried);
    const UniqueFd memory(carried);
    seals = ::fcntl(memory.get(), F_GET_SEALS);
    std::string entry(must(file_size(memory.get(), "the memfd")), '\0');
    must(read_at(memory.get(), {reinterpret_cast<std::uint8_t*>(entry.data()), entry.size()}, 0,
                 "the memfd"));
    return entry;
  }

  TemporaryFolder folder = *TemporaryFolder::create(fs::temp_directory_path(), "mkt-journal-");
  fs::path path = folder.path() / "socket";
  UniqueFd fd;
  int seals = 0;
};

TEST_CASE("an entry is a datagram of assignments") {
  ListeningJournal listening;
  const Journal journal = must(Journal::open(listening.path));
  REQUIRE(journal.send({{"MESSAGE", "hello \"world\""}, {"PRIORITY", "6"}, {"MKTD_EMPTY", ""}}));
  CHECK(listening.entry() == "MESSAGE=hello \"world\"\nPRIORITY=6\nMKTD_EMPTY=\n");
}

TEST_CASE("a value with a line feed cannot forge a field: its size comes before it") {
  ListeningJournal listening;
  const Journal journal = must(Journal::open(listening.path));
  // The page's own example.
  REQUIRE(journal.send({{"MESSAGE", "foo\nbar"}, {"MKTD_AFTER", "1"}}));
  CHECK(listening.entry() ==
        std::string("MESSAGE\n\x07\0\0\0\0\0\0\0foo\nbar\nMKTD_AFTER=1\n", 37));
}

TEST_CASE("an entry that is too large for a datagram goes as a sealed memfd") {
  ListeningJournal listening;
  const Journal journal = must(Journal::open(listening.path));
  const std::string large(32 << 20, 'x');
  REQUIRE(journal.send({{"MESSAGE", large}}));
  CHECK(listening.entry() == "MESSAGE=" + large + "\n");
  CHECK(listening.seals == (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE));
}

TEST_CASE("a journal that is not there, or goes, is an error") {
  CHECK_FALSE(Journal::open("/nowhere/socket"));
  CHECK_FALSE(Journal::open("/"));
  CHECK_FALSE(Journal::open(std::string(200, 'x')));
  ListeningJournal listening;
  const Journal journal = must(Journal::open(listening.path));
  fs::remove(listening.path);
  CHECK_FALSE(journal.send({{"MESSAGE", "hello"}}));
}

TEST_CASE("a field's name is of capitals, digits and underscores") {
  CHECK(journal_field_name("request") == "MKTD_REQUEST");
  CHECK(journal_field_name("traceId") == "MKTD_TRACE_ID");
  CHECK(journal_field_name("a-b.c=d\n") == "MKTD_A_B_C_D_");
  CHECK(journal_field_name(std::string(100, 'a')).size() == 64);
}

}  // namespace
}  // namespace mkt

// Files: whole or not at all, and what a killed process leaves.
#include "common/base/files.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <atomic>
#include <thread>

#include "common/base/encoding.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

TemporaryFolder somewhere() {
  auto folder = TemporaryFolder::create(fs::temp_directory_path(), "mkt-files-");
  REQUIRE(folder);
  return std::move(*folder);
}

std::size_t count(const fs::path& folder) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

TEST_CASE("a file is replaced whole, with the mode asked for, and nothing is left beside it") {
  const TemporaryFolder folder = somewhere();
  const fs::path path = folder.path() / "f";
  REQUIRE(write_file_atomically(path, "one", 0600));
  REQUIRE(write_file_atomically(path, "two", 0640));
  CHECK(*read_file(path, 10) == "two");
  struct stat info {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  CHECK((info.st_mode & 07777) == 0640);
  CHECK(count(folder.path()) == 1);
}

TEST_CASE("a file larger than the limit is not read") {
  const TemporaryFolder folder = somewhere();
  REQUIRE(write_file_atomically(folder.path() / "f", "12345", 0600));
  CHECK(read_file(folder.path() / "f", 5));
  CHECK(!read_file(folder.path() / "f", 4));
}

TEST_CASE("a pipe in the place of a file is refused, and not waited for") {
  const TemporaryFolder folder = somewhere();
  const auto fifo = folder.path() / "fifo";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  const auto pipe = read_file(fifo, 10);  // does not wait for who writes to it
  REQUIRE_FALSE(pipe);
  CHECK(pipe.error().code == ErrorCode::invalid_input);
}

TEST_CASE("a missing file is not_found and named") {
  const auto text = read_file("/nonexistent/file", 10);
  REQUIRE(!text);
  CHECK(text.error().code == ErrorCode::not_found);
  CHECK(text.error().message.find("/nonexistent/file") != std::string::npos);
}

TEST_CASE("a temporary folder goes with its object, unless it is kept") {
  const TemporaryFolder parent = somewhere();
  { const auto folder = TemporaryFolder::create(parent.path(), "t-"); }
  CHECK(count(parent.path()) == 0);
  {
    auto folder = TemporaryFolder::create(parent.path(), "t-");
    folder->keep();
  }
  CHECK(count(parent.path()) == 1);
}

TEST_CASE("abandoned folders are removed, one in use is not") {
  const TemporaryFolder parent = somewhere();
  const auto in_use = TemporaryFolder::create(parent.path(), "t-");
  fs::create_directories(parent.path() / "t-abandoned" / "sub");
  fs::create_directories(parent.path() / "other");
  TemporaryFolder::remove_abandoned(parent.path(), "t-");
  CHECK(fs::exists(in_use->path()));
  CHECK(!fs::exists(parent.path() / "t-abandoned"));
  CHECK(fs::exists(parent.path() / "other"));
}

TEST_CASE("a temporary folder is there, though another process removes abandoned ones") {
  const TemporaryFolder folder = somewhere();
  std::atomic<bool> done = false;
  std::thread cleaner([&] {
    while (!done) TemporaryFolder::remove_abandoned(folder.path(), "t-");
  });
  int missing = 0;
  for (int i = 0; i < 3000; ++i) {
    const auto made = TemporaryFolder::create(folder.path(), "t-");
    if (!made || !fs::exists(made->path())) ++missing;
  }
  done = true;
  cleaner.join();
  CHECK(missing == 0);
}

TEST_CASE("a nameless file takes bytes, and nothing of it is in the folder") {
  const TemporaryFolder folder = somewhere();
  const auto fd = nameless_file(folder.path(), 0600);
  REQUIRE(fd);
  REQUIRE(write_all(fd->get(), as_bytes("text"), "it"));
  CHECK(*file_size(fd->get(), "it") == 4);
  CHECK(count(folder.path()) == 0);
  CHECK(!nameless_file(folder.path() / "absent", 0600));
}

}  // namespace
}  // namespace mkt

// Packing: the same bytes always, and only what can be installed.
#include "common/connector/pack.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/files.h"
#include "common/connector/unpack.h"
#include "tests/unit/connector/tar_builder.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

struct PackFixture {
  PackFixture() : root(*TemporaryFolder::create(fs::temp_directory_path(), "mkt-pack-")) {
    write("connector.manifest.json", test::kHelloManifest);
    write("index.js", "hello");
  }
  fs::path folder() const { return root.path() / "source"; }
  void write(const std::string& name, std::string_view content, unsigned mode = 0644) {
    fs::create_directories((folder() / name).parent_path());
    REQUIRE(write_file_atomically(folder() / name, content, mode));
  }
  Result<Packed> pack(const PackOptions& options = {}) {
    const UniqueFd out(::open((root.path() / "out.tgz").c_str(), O_CREAT | O_TRUNC | O_RDWR, 0600));
    return pack_connector(folder(), out.get(), options);
  }
  std::string packed(const PackOptions& options = {}) {
    const auto result = pack(options);
    if (!result) FAIL(result.error().message);
    auto bytes = read_file(root.path() / "out.tgz", 100 << 20);
    REQUIRE(bytes);
    CHECK(Checksum::of(as_bytes(*bytes)) == result->checksum);
    CHECK(bytes->size() == result->size);
    return std::move(*bytes);
  }
  std::vector<std::string> names() {
    const std::string tarball = packed();
    TarballReader reader(test::source_of(tarball), {});
    std::vector<std::string> all;
    for (;;) {
      auto entry = reader.next();
      REQUIRE(entry);
      if (!*entry) return all;
      all.push_back((*entry)->path);
      Bytes buffer(4096);
      for (auto n = reader.read(buffer); n && *n > 0; n = reader.read(buffer)) {
      }
    }
  }
  ErrorCode refused() {
    const auto result = pack();
    REQUIRE(!result);
    return result.error().code;
  }

  TemporaryFolder root;
};

TEST_CASE_FIXTURE(PackFixture, "the same folder gives the same bytes, whatever times and threads") {
  std::string large;
  for (int i = 0; i < 200'000; ++i) large += std::to_string(i * 7919 % 10'007) + "\n";
  write("large.txt", large);
  const std::string first = packed({.threads = 1});
  for (const unsigned threads : {2U, 3U, 8U}) CHECK(packed({.threads = threads}) == first);
  for (const auto& entry : fs::recursive_directory_iterator(folder())) {
    fs::last_write_time(entry.path(), fs::file_time_type::clock::now() - std::chrono::hours(9999));
  }
  const mode_t mask = ::umask(0077);
  CHECK(packed() == first);
  ::umask(mask);
}

TEST_CASE_FIXTURE(PackFixture, "the bytes of a small connector are these for ever") {
  // A change here changes the checksum of everything that is packed from now on. The compressed
  // bytes are zlib's; what must never change is what they unpack to.
  const std::string tarball = packed();
  CHECK(to_hex(as_bytes(tarball.substr(0, 10))) == "1f8b0800000000000003");
  std::string tar(1 << 20, '\0');
  GzipReader reader(test::source_of(tarball), {});
  std::size_t size = 0;
  for (;;) {
    const auto n = reader.read({reinterpret_cast<std::uint8_t*>(tar.data()) + size, 4096});
    REQUIRE(n);
    if (*n == 0) break;
    size += *n;
  }
  tar.resize(size);
  CHECK(Checksum::of(as_bytes(tar)).hex() ==
        "82acb4cdebb5738252d6b7fdf1d973aad46196ff396f62843579b1b41e5a57d5");
}

TEST_CASE_FIXTURE(PackFixture, "only the owner's execute bit is kept of a mode") {
  write("run.sh", "#!/bin/sh\n", 0744);
  const std::string a = packed();
  ::chmod((folder() / "run.sh").c_str(), 0755);
  CHECK(packed() == a);
  ::chmod((folder() / "run.sh").c_str(), 0700);
  CHECK(packed() == a);
  ::chmod((folder() / "run.sh").c_str(), 0655);
  CHECK(packed() != a);
}

TEST_CASE_FIXTURE(PackFixture, "the manifest comes first, the rest sorted by bytes") {
  write("b.js", "");
  write("B.txt", "");
  write("a/z", "");
  write("a-b", "");
  CHECK(names() == std::vector<std::string>{"connector.manifest.json", "B.txt", "a", "a-b", "a/z",
                                            "b.js", "index.js"});
}

TEST_CASE_FIXTURE(PackFixture,
                  "what .mktignore names is left out, below too, and version control") {
  write(".mktignore", "*.log\n/build/\n!keep.log\n");
  write("x.log", "");
  write("keep.log", "");
  write("build/x", "");
  write("lib/build/x", "");
  write("lib/.mktignore", "y\n");
  write("lib/y", "");
  write("y", "");
  write(".git/config", "");
  write("hello-0.9.0.tgz", "");
  CHECK(names() == std::vector<std::string>{"connector.manifest.json", "index.js", "keep.log",
                                            "lib", "lib/build", "lib/build/x", "y"});
}

TEST_CASE_FIXTURE(PackFixture, "links, pipes and names that cannot be installed are refused") {
  SUBCASE("symbolic link") { fs::create_symlink("index.js", folder() / "link"); }
  SUBCASE("link out of the folder") { fs::create_symlink("/etc/passwd", folder() / "link"); }
  SUBCASE("folder link") { fs::create_directory_symlink("/etc", folder() / "etc"); }
  SUBCASE("pipe") { REQUIRE(::mkfifo((folder() / "pipe").c_str(), 0600) == 0); }
  SUBCASE("backslash") { write("a\\b", ""); }
  SUBCASE("control character") { write("a\nb", ""); }
  SUBCASE("not UTF-8") { write("\xff", ""); }
  SUBCASE("case twins") {
    write("Readme", "");
    write("README", "");
  }
  SUBCASE("receipt") { write("install-receipt.json", "{}"); }
  SUBCASE("long name") { write(std::string(200, 'a') + "/" + std::string(60, 'b'), ""); }
  CHECK(refused() == ErrorCode::archive_unsafe);
}

TEST_CASE_FIXTURE(PackFixture, "what is refused can be left out by name") {
  fs::create_symlink("index.js", folder() / "link");
  write(".mktignore", "link\n");
  CHECK(names() == std::vector<std::string>{"connector.manifest.json", "index.js"});
}

TEST_CASE_FIXTURE(PackFixture, "a folder without a sound manifest or entrypoint is refused") {
  SUBCASE("no entrypoint") {
    fs::remove(folder() / "index.js");
    CHECK(refused() == ErrorCode::manifest_invalid);
  }
  SUBCASE("ignored entrypoint") {
    write(".mktignore", "index.js\n");
    CHECK(refused() == ErrorCode::manifest_invalid);
  }
  SUBCASE("no manifest") {
    fs::remove(folder() / "connector.manifest.json");
    CHECK(refused() == ErrorCode::manifest_missing);
  }
  SUBCASE("broken manifest") {
    write("connector.manifest.json", "{");
    CHECK(refused() == ErrorCode::invalid_json);
  }
}

TEST_CASE_FIXTURE(PackFixture, "too many files or bytes are refused") {
  write("a", std::string(5000, 'a'));
  auto result = pack({.limits = {.unpacked_bytes = 4000}});
  REQUIRE(!result);
  CHECK(result.error().code == ErrorCode::archive_too_large);
  result = pack({.limits = {.entries = 2}});
  REQUIRE(!result);
  CHECK(result.error().code == ErrorCode::archive_too_large);
}

TEST_CASE_FIXTURE(PackFixture, "what was packed unpacks to the same files") {
  write("bin/run", "#!/bin/sh\n", 0755);
  write("empty", "");
  fs::create_directories(folder() / "void");
  const std::string tarball = packed();
  const fs::path into = root.path() / "into";
  fs::create_directory(into);
  const auto unpacked = unpack_tarball(test::source_of(tarball), {}, into);
  REQUIRE(unpacked);
  CHECK(*read_file(into / "bin/run", 100) == "#!/bin/sh\n");
  CHECK(*read_file(into / "empty", 100) == "");
  CHECK(fs::is_directory(into / "void"));
  struct stat info {};
  REQUIRE(::stat((into / "bin/run").c_str(), &info) == 0);
  CHECK((info.st_mode & 07777) == 0755);
  REQUIRE(::stat((into / "index.js").c_str(), &info) == 0);
  CHECK((info.st_mode & 07777) == 0644);
}

TEST_CASE_FIXTURE(PackFixture, "unpacking does not write over or through what is there") {
  const std::string tarball = test::TarBuilder().hello().file("sub/evil", "evil").tarball();
  const fs::path into = root.path() / "into";
  const fs::path outside = root.path() / "outside";
  fs::create_directory(into);
  fs::create_directory(outside);
  SUBCASE("a link in the folder's place") { fs::create_directory_symlink(outside, into / "sub"); }
  SUBCASE("a file in the file's place") {
    REQUIRE(write_file_atomically(into / "index.js", "", 0644));
  }
  CHECK(!unpack_tarball(test::source_of(tarball), {}, into));
  CHECK(fs::is_empty(outside));
}

}  // namespace
}  // namespace mkt

// Packing: the same bytes always, and only what can be installed.
#include "common/connector/pack.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <map>

#include "common/base/files.h"
#include "common/connector/ignore_rules.h"
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
  // bytes are zlib's; what must never change is what they unpack to. The sum is that of a ustar
  // archive put together by hand, whose manifest ends with the checksum of "hello".
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
        "569c5311033ed2922cc74fa71ab5105197977c00c3d5bb05baa3cfb8f6a1b33e");
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

TEST_CASE_FIXTURE(PackFixture, "nothing is packed by a .mktignore that is read in part only") {
  std::string rules;
  SUBCASE("a line that is too long") {
    rules = std::string(IgnoreRules::kMaxLineBytes + 1, '*') + "\n";
  }
  SUBCASE("a rule too many") {
    for (std::size_t i = 0; i < IgnoreRules::kMaxRules; ++i) rules += "a\n";
    rules += "private.txt\n";
  }
  SUBCASE("too many bytes") { rules = "#" + std::string(1 << 20, '\n') + "private.txt\n"; }
  write("lib/.mktignore", rules);
  write("lib/private.txt", "");
  const auto packed = pack();
  REQUIRE_FALSE(packed);
  CHECK(packed.error().code == ErrorCode::invalid_input);
  CHECK(packed.error().message.starts_with("lib/.mktignore has more than"));
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
  SUBCASE("folder of the receipt's name") { write("install-receipt.json/x", "{}"); }
  SUBCASE("what a Mac takes for .git") { write("vendor/.g\u200cit/config", ""); }
  SUBCASE("what Windows takes for .git") { write("vendor/git~1/config", ""); }
  SUBCASE("other case of .git") { write("vendor/.GIT/config", ""); }
  SUBCASE("asked for .git") {
    write(".git/config", "");
    write(".mktignore", "!.git\n");
  }
  SUBCASE("device of Windows") { write("lib/aux.js", ""); }
  SUBCASE("stream of NTFS") { write("index.js::$DATA", ""); }
  SUBCASE("colon") { write("a:b", ""); }
  SUBCASE("dot at the end") { write("foo.", ""); }
  SUBCASE("blank at the end") { write("foo ", ""); }
  SUBCASE("long name") { write(std::string(200, 'a') + "/" + std::string(60, 'b'), ""); }
  CHECK(refused() == ErrorCode::archive_unsafe);
}

TEST_CASE_FIXTURE(PackFixture, "a refusal names each path and says what to do") {
  write("lib/nul.txt", "");
  write("vendor/.GIT/config", "");
  const auto result = pack();
  REQUIRE(!result);
  CHECK(result.error().message.find("lib/nul.txt") != std::string::npos);
  CHECK(result.error().message.find("rename or remove them, or name them in .mktignore") !=
        std::string::npos);
  bool names_git = false;
  for (const ErrorDetail& d : result.error().details) {
    names_git = names_git || d.path == "vendor/.GIT/config";
  }
  CHECK(names_git);
}

TEST_CASE_FIXTURE(PackFixture,
                  "secrets, leftovers and version control stay out, wherever they are") {
  for (const std::string folder : {"", "lib/", "node_modules/x/"}) {
    for (const std::string name :
         {".git/config", ".hg/hgrc", ".svn/entries", ".env", ".env.local", ".envrc", ".npmrc",
          ".netrc", "id_rsa", "id_ed25519", "server.key", "acme.p12", ".DS_Store", "._x", "x.js~",
          ".x.js.swp", "#x.js#", "Thumbs.db"}) {
      write(folder + name, "x");
    }
  }
  fs::create_symlink("me@host.1234", folder() / ".#index.js");  // how Emacs locks a file
  write("cert.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n");
  write("secret.txt", "\n-----BEGIN RSA PRIVATE KEY-----\nMIIB\n");
  write("both.pem",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
        "-----BEGIN PRIVATE KEY-----\nMIIB\n");
  write(
      "acme-0123456789abcdef.json",
      R"({"version": "1.0", "keyId": "acme:0", "protection": {"kdf": "none"}, "secretKey": "x"})");
  write("credentials.schema.json", R"({"properties": {"keyId": {}, "secretKey": {}}})");
  write("about-keys.md", "A key begins with\n-----BEGIN PRIVATE KEY-----\n");
  CHECK(names() == std::vector<std::string>{"connector.manifest.json", "about-keys.md", "cert.pem",
                                            "credentials.schema.json", "index.js", "lib",
                                            "node_modules", "node_modules/x"});
}

TEST_CASE_FIXTURE(PackFixture, "what is left out is told with its reason") {
  write(".env", "TOKEN=x");
  write(".git/config", "");
  write("x.log", "");
  write(".mktignore", "*.log\n");
  const auto plan = plan_pack(folder(), {});
  REQUIRE(plan);
  std::map<std::string, LeftOut> left_out;
  for (const LeftOut& l : plan->tree.left_out) left_out.emplace(l.path, l);
  REQUIRE(left_out.size() == 4);
  CHECK(left_out[".env"].secret);
  CHECK(left_out[".env"].why == "may hold passwords and tokens");
  CHECK(!left_out[".git"].secret);
  CHECK(left_out[".git"].is_folder);
  CHECK(left_out["x.log"].why == "is named in .mktignore");
  CHECK(left_out.contains(".mktignore"));
}

TEST_CASE_FIXTURE(PackFixture,
                  "what is asked for by its full name is packed, and known as a secret") {
  write(".env", "TOKEN=x");
  write(".env.example", "TOKEN=");
  write("lib/.env", "TOKEN=y");
  write("conf/key.pem", "-----BEGIN PRIVATE KEY-----\n");
  SUBCASE("by name") {
    write(".mktignore", "*.pem\n!/.env\n!.env.example\n!key.pem\n");
    const auto plan = plan_pack(folder(), {});
    REQUIRE(plan);
    std::vector<std::string> secrets;
    for (const SourceEntry& e : plan->tree.entries) {
      if (!e.secret.empty()) secrets.push_back(e.path);
    }
    CHECK(secrets == std::vector<std::string>{".env", ".env.example", "conf/key.pem"});
    CHECK(names() == std::vector<std::string>{"connector.manifest.json", ".env", ".env.example",
                                              "conf", "conf/key.pem", "index.js", "lib"});
  }
  SUBCASE("by a wildcard, which nobody wrote for the sake of a secret") {
    write(".mktignore", "*\n!*\n!.env*\n!*.pem\n!conf/*\n");
    CHECK(names() ==
          std::vector<std::string>{"connector.manifest.json", "conf", "index.js", "lib"});
  }
}

TEST_CASE_FIXTURE(PackFixture, "what mkt writes into the folder changes no byte of the tarball") {
  write("connectors/mine.js", "");  // the author's own
  const std::string before = packed();
  REQUIRE(write_file_atomically(folder() / "release.tar.gz", before, 0644));
  REQUIRE(write_file_atomically(folder() / "dist.tgz", before, 0644));
  write("release.tar.gz.sig.json", "{}");
  write("hello-1.0.0.tgz", before.substr(0, 100));
  write("hello-1.0.0.tgz.sig.json", "{}");
  write(".hello-1.0.0.tgz.0123456789ab", before.substr(0, 100));
  write(".dist.tgz.0123456789ab", "");
  write(".mkt-new.0123456789ab", before.substr(0, 100));
  write("mkt.lock", "{}");
  write(".mkt.lock.0123456789ab", "{}");
  write("connectors/other/install-receipt.json", "{}");
  write("connectors/other/index.js", "x");
  write("connectors/.mkt-install-0123456789abcdef/tarball", "x");
  CHECK(packed() == before);
  // Another connector's tarball, and what only looks like one, are the author's.
  std::string other(test::kHelloManifest);
  other.replace(other.find("hello"), 5, "other");
  REQUIRE(write_file_atomically(folder() / "other.tgz",
                                test::TarBuilder().file("connector.manifest.json", other).tarball(),
                                0644));
  write("data.gz", test::gzip("data"));
  const auto all = names();
  CHECK(std::count(all.begin(), all.end(), "other.tgz") == 1);
  CHECK(std::count(all.begin(), all.end(), "data.gz") == 1);
}

TEST_CASE_FIXTURE(PackFixture, "a connectors folder that installs left empty is not packed") {
  const std::string before = packed();
  fs::create_directory(folder() / "connectors");
  CHECK(packed() == before);
  write("connectors/other/install-receipt.json", "{}");
  CHECK(packed() == before);
}

TEST_CASE_FIXTURE(PackFixture, "the output is left out of itself") {
  const std::string before = packed();
  const UniqueFd out(
      ::open((folder() / "out.bin").c_str(), O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600));
  const auto result = pack_connector(folder(), out.get(), {});
  REQUIRE(result);
  CHECK(result->checksum == Checksum::of(as_bytes(before)));
}

TEST_CASE_FIXTURE(PackFixture, "links to programs in node_modules do not stop a pack") {
  write("node_modules/semver/bin/semver.js", "");
  fs::create_directories(folder() / "node_modules/.bin");
  fs::create_symlink("../semver/bin/semver.js", folder() / "node_modules/.bin/semver");
  const auto all = names();
  CHECK(std::count(all.begin(), all.end(), "node_modules/semver/bin/semver.js") == 1);
  CHECK(std::count(all.begin(), all.end(), "node_modules/.bin") == 0);
}

TEST_CASE_FIXTURE(PackFixture,
                  "the packed manifest has the entrypoint's checksum, the source keeps its text") {
  const Checksum right = Checksum::of(as_bytes("hello"));
  std::string source(test::kHelloManifest);
  ManifestChecksum expected = ManifestChecksum::missing;
  SUBCASE("none before") {}
  SUBCASE("an outdated one") {
    source.insert(1, "\"checksum\":\"" + Checksum::of(as_bytes("old")).text() + "\",");
    expected = ManifestChecksum::outdated;
  }
  SUBCASE("the right one") {
    source.insert(1, "\"checksum\":\"" + right.text() + "\",");
    expected = ManifestChecksum::right;
  }
  write("connector.manifest.json", source);
  const auto result = pack();
  REQUIRE(result);
  CHECK(result->source_checksum == expected);
  CHECK(*read_file(folder() / "connector.manifest.json", 10'000) == source);
  const std::string tarball = packed();
  const auto contents = walk_tarball(test::source_of(tarball), {}, nullptr);
  REQUIRE(contents);
  CHECK(contents->manifest.entrypoint_checksum() == right);
  if (expected == ManifestChecksum::right) CHECK(result->manifest_text == source);
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

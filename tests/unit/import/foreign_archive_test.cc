// Archives of other formats: what their own tools write, and what is out to get us.
#include "cli/import/foreign_archive.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <chrono>
#include <map>

#include "common/base/encoding.h"
#include "common/base/files.h"
#include "tests/unit/connector/tar_builder.h"
#include "tests/unit/import/zip_builder.h"

namespace mkt {
namespace {

using test::gzip;
using test::TarBuilder;
using test::ZipBuilder;

// Keeps what it is given.
class KeepingVisitor : public EntryVisitor {
 public:
  Status folder(const TarEntry& entry) override {
    kept[entry.path + "/"] = "";
    return {};
  }
  Status begin_file(const TarEntry& entry) override {
    path_ = entry.path;
    kept[path_] = "";
    if (entry.executable) programs.push_back(path_);
    return {};
  }
  Status content(std::span<const std::uint8_t> bytes) override {
    kept[path_] += as_text(bytes);
    return {};
  }
  Status end_file(const TarEntry& entry, const Checksum& checksum) override {
    CHECK(checksum == Checksum::of(as_bytes(kept[entry.path])));
    return {};
  }

  std::map<std::string, std::string> kept;
  std::vector<std::string> programs;

 private:
  std::string path_;
};

UniqueFd file_with(std::string_view bytes) {
  auto file = nameless_file("/tmp", 0600);
  REQUIRE(file);
  REQUIRE(write_all(file->get(), as_bytes(bytes), "a file"));
  return std::move(*file);
}

struct Walked {
  Result<ForeignContents> contents;
  KeepingVisitor visitor;
};

Walked walk(std::string_view bytes, ForeignLayout layout, const ArchiveLimits& limits = {}) {
  const UniqueFd file = file_with(bytes);
  Walked walked{ForeignContents{}, {}};
  walked.contents = walk_foreign_archive(file.get(), layout, limits, walked.visitor);
  return walked;
}

// "" where it is taken.
std::string_view refusal(std::string_view bytes, ForeignLayout layout,
                         const ArchiveLimits& limits = {}) {
  const Walked walked = walk(bytes, layout, limits);
  if (walked.contents) return "";
  INFO(walked.contents.error().message);
  CHECK(!walked.contents.error().message.empty());
  return error_code_name(walked.contents.error().code);
}
std::string_view tar_refusal(const TarBuilder& tar, const ArchiveLimits& limits = {}) {
  return refusal(tar.tarball(), ForeignLayout::npm_tarball, limits);
}
std::string_view zip_refusal(const ZipBuilder& zip, const ArchiveLimits& limits = {}) {
  return refusal(zip.zip(), ForeignLayout::mcp_bundle, limits);
}

constexpr std::string_view kUnsafe = "archive_unsafe";
constexpr std::string_view kInvalid = "archive_invalid";
constexpr std::string_view kTooLarge = "archive_too_large";

// --- tar

TEST_CASE("an npm tarball loses its one folder, whatever that is called") {
  for (const char* name : {"package/", "./package/", "node/"}) {
    const std::string folder = name;
    CAPTURE(folder);
    const Walked walked =
        walk(TarBuilder()
                 .file(folder + "package.json", "{}")
                 .add({.name = folder + "bin/x", .mode = 0755}, std::string(70'000, 'x'))
                 .tarball(),
             ForeignLayout::npm_tarball);
    if (!walked.contents) FAIL(walked.contents.error().message);
    CHECK(walked.contents->files == std::set<std::string, std::less<>>{"bin/x", "package.json"});
    CHECK(walked.contents->unpacked_bytes == 70'002);
    CHECK(walked.visitor.kept.at("bin/x").size() == 70'000);
    CHECK(walked.visitor.programs == std::vector<std::string>{"bin/x"});
  }
}

TEST_CASE("long names of pax and GNU, which npm's and other programs write, are read") {
  const std::string name = "package/" + std::string(150, 'd') + "/caf\u00e9.js";
  const Walked pax = walk(TarBuilder()
                              .pax({"path=" + name, "mtime=1.5", "NODETAR.x=1"})
                              .file("package/short")
                              .tarball(),
                          ForeignLayout::npm_tarball);
  if (!pax.contents) FAIL(pax.contents.error().message);
  CHECK(pax.contents->files.contains(name.substr(8)));
  const Walked gnu = walk(TarBuilder()
                              .add({.name = "././@LongLink", .type = 'L'}, name + '\0')
                              .file("package/short")
                              .tarball(),
                          ForeignLayout::npm_tarball);
  if (!gnu.contents) FAIL(gnu.contents.error().message);
  CHECK(gnu.contents->files.contains(name.substr(8)));
}

TEST_CASE("names that lead out of the folder are refused in a tar, long ones too") {
  for (const char* name :
       {"package/../../x", "/etc/passwd", "../x", "package/a/../../x", "package//x", "package/a\\b",
        "package/a\nb", "package/.git/config", "package/CON", "package/install-receipt.json"}) {
    CAPTURE(std::string(name));
    CHECK(tar_refusal(TarBuilder().file("package/a").file(name)) == kUnsafe);
    CHECK(
        tar_refusal(
            TarBuilder().file("package/a").pax({std::string("path=") + name}).file("package/b")) ==
        kUnsafe);
  }
}

TEST_CASE("what lies beside the folder of an npm tarball is refused") {
  CHECK(tar_refusal(TarBuilder().file("package/a").file("other/b")) == kInvalid);
  CHECK(tar_refusal(TarBuilder().file("index.js")) == kInvalid);
  CHECK(tar_refusal(TarBuilder().hello()) == kInvalid);
}

TEST_CASE("a name that is far too long is refused before it is looked at") {
  // Taken off piece by piece, 450,000 times "./" took minutes.
  std::string dots;
  for (int i = 0; i < 450'000; ++i) dots += "./";
  const TarBuilder tar =
      TarBuilder().file("package/a").pax({"path=" + dots + "package/b"}).file("package/b");
  const auto begin = std::chrono::steady_clock::now();
  CHECK(tar_refusal(tar) == kUnsafe);
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(2));
  CHECK(tar_refusal(TarBuilder().file("package/a").file("././././package/b")) == "");
}

TEST_CASE("links, devices, pipes and sparse files are refused in a tar") {
  for (const char type : {'1', '2', '3', '4', '6'}) {
    CAPTURE(type);
    CHECK(tar_refusal(TarBuilder().add(
              {.name = "package/x", .type = type, .link = "/etc/passwd"})) == kUnsafe);
  }
  CHECK(tar_refusal(TarBuilder()
                        .pax({"linkpath=/etc/passwd"})
                        .add({.name = "package/x", .type = '2', .link = "a"})) == kUnsafe);
  CHECK(tar_refusal(TarBuilder()
                        .pax({"GNU.sparse.size=1000000", "GNU.sparse.numblocks=1",
                              "GNU.sparse.offset=999999", "GNU.sparse.numbytes=1"})
                        .file("package/x")) == kUnsafe);
}

// Each is read by some program as other files than by another.
TEST_CASE("a tar that can be read in two ways is refused") {
  const auto begin = [] { return TarBuilder().file("package/a"); };
  const std::string zeros(512, '\0');
  CHECK(tar_refusal(begin().raw(zeros).file("package/b")) == kInvalid);
  CHECK(tar_refusal(begin().raw(zeros).raw(zeros).file("package/b")) == kUnsafe);
  CHECK(tar_refusal(begin().add({.name = "package/b", .type = 'Z'})) == kUnsafe);
  CHECK(tar_refusal(begin().add({.name = "package/b/", .type = '0'}, "x")) == kUnsafe);
  for (const char* record : {"GNU.sparse.name=package/c", "SCHILY.realsize=2", "SUN.holesdata= 0 1",
                             "hdrcharset=BINARY", "size=one", "size=99999999999999999999"}) {
    CAPTURE(std::string(record));
    CHECK(tar_refusal(begin().pax({record}).file("package/b")) == kUnsafe);
  }
  CHECK(tar_refusal(begin().pax({"path=package/c", "path=package/d"}).file("package/b")) ==
        kUnsafe);
  CHECK(tar_refusal(begin().pax({"path=package/c"}, 'g').file("package/b")) == kUnsafe);
  CHECK(tar_refusal(begin()
                        .pax({"path=package/c"})
                        .add({.name = "././@LongLink", .type = 'L'}, "package/d")
                        .file("package/b")) == kUnsafe);
  CHECK(tar_refusal(begin().add({.name = "././@LongLink", .type = 'L'}).file("package/b")) ==
        kUnsafe);
  const std::string other_version("ustar\00001", 8);
  CHECK(tar_refusal(begin().add({.name = "b", .prefix = "package", .magic = other_version})) ==
        kUnsafe);
}

TEST_CASE("what honest programs wrote of a tar is read") {
  const auto begin = [] { return TarBuilder().pax({"comment=0123abc"}, 'g').file("package/a"); };
  CHECK(refusal(gzip(begin().unfinished()), ForeignLayout::npm_tarball) == "");
  CHECK(tar_refusal(begin().add({.name = "package/lib/", .type = '\0', .magic = {}})) == "");
  CHECK(tar_refusal(begin().add({.name = "b", .prefix = "package"})) == "");
  CHECK(tar_refusal(begin()
                        .pax({"size=3", "SCHILY.dev=1"})
                        .add({.name = "package/b", .size_field = "00000000003"}, "xyz")) == "");
}

TEST_CASE("folders that are no entries of their own count, too") {
  const ArchiveLimits few{.entries = 9};
  const std::string deep = "1/2/3/4/5/6/7/8/";
  CHECK(tar_refusal(TarBuilder().file("package/" + deep + "a"), few) == "");
  CHECK(tar_refusal(TarBuilder().file("package/" + deep + "a").file("package/" + deep + "b"),
                    few) == kTooLarge);
}

TEST_CASE("a name that differs from the manifest's in case only is refused") {
  CHECK(tar_refusal(TarBuilder().file("package/Connector.Manifest.json")) == kUnsafe);
  CHECK(tar_refusal(TarBuilder().file("package/connector.MANIFEST.json/a")) == kUnsafe);
  CHECK(tar_refusal(TarBuilder().file("package/lib/Connector.Manifest.json")) == "");
}

TEST_CASE("two names of a tar that a file system could confuse are refused") {
  CHECK(tar_refusal(TarBuilder().file("package/a").file("package/a")) == kUnsafe);
  CHECK(tar_refusal(TarBuilder().file("package/a").file("package/A")) == kUnsafe);
  CHECK(tar_refusal(TarBuilder().file("package/a").file("package/a/b")) == kUnsafe);
  CHECK(tar_refusal(TarBuilder().file("package/a").file("./package/a")) == kUnsafe);
}

TEST_CASE("a tar is bounded in entries, bytes and ratio") {
  const ArchiveLimits few{.unpacked_bytes = 1000, .entries = 2};
  CHECK(tar_refusal(TarBuilder().file("package/a").file("package/b"), few) == "");
  CHECK(tar_refusal(TarBuilder().file("package/a").file("package/b").file("package/c"), few) ==
        kTooLarge);
  CHECK(tar_refusal(TarBuilder().file("package/a", std::string(1001, 'x')), few) == kTooLarge);
  CHECK(tar_refusal(TarBuilder().file("package/a", std::string(8'000'000, '\0'))) == kTooLarge);
  // Zeros after the end of the tar, which are no file's.
  std::string zeros = TarBuilder().file("package/a").tar() + std::string(8'000'000, '\0');
  CHECK(refusal(gzip(zeros), ForeignLayout::npm_tarball) == kTooLarge);
}

TEST_CASE("a tarball that is cut short, or that something follows, is refused") {
  const std::string whole = TarBuilder().file("package/a", std::string(3000, 'x')).tarball();
  CHECK(refusal(whole, ForeignLayout::npm_tarball) == "");
  for (const std::size_t length :
       {std::size_t{0}, std::size_t{1}, std::size_t{20}, whole.size() / 2, whole.size() - 1}) {
    CAPTURE(length);
    CHECK(refusal(whole.substr(0, length), ForeignLayout::npm_tarball) == kInvalid);
  }
  CHECK(refusal(whole + "x", ForeignLayout::npm_tarball) == kInvalid);
  CHECK(refusal("no archive at all", ForeignLayout::npm_tarball) == kInvalid);
  const std::string cut = TarBuilder().file("package/a", std::string(3000, 'x')).unfinished();
  CHECK(refusal(gzip(cut.substr(0, 2000)), ForeignLayout::npm_tarball) == kInvalid);
}

// --- zip

TEST_CASE("a bundle is read whole, stored or deflated, with names in UTF-8") {
  const Walked walked =
      walk(ZipBuilder()
               .file("manifest.json", "{}")
               .add({.name = "server/", .mode = S_IFDIR | 0755}, "")
               .add({.name = "server/caf\u00e9.js", .deflate = true, .mode = S_IFREG | 0755},
                    std::string(70'000, 'x'))
               .zip(),
           ForeignLayout::mcp_bundle);
  if (!walked.contents) FAIL(walked.contents.error().message);
  CHECK(walked.contents->files ==
        std::set<std::string, std::less<>>{"manifest.json", "server/caf\u00e9.js"});
  CHECK(walked.visitor.kept.at("server/caf\u00e9.js").size() == 70'000);
  CHECK(walked.visitor.programs == std::vector<std::string>{"server/caf\u00e9.js"});
}

TEST_CASE("of an extension the folder extension/ is taken, and the rest is told of") {
  const Walked walked = walk(ZipBuilder()
                                 .file("extension.vsixmanifest", "<x/>")
                                 .file("[Content_Types].xml", "<x/>")
                                 .file("extension/package.json", "{}")
                                 .file("extension/out/a.js")
                                 .zip(),
                             ForeignLayout::vscode);
  if (!walked.contents) FAIL(walked.contents.error().message);
  CHECK(walked.contents->files == std::set<std::string, std::less<>>{"out/a.js", "package.json"});
  CHECK(walked.contents->left_out ==
        std::vector<std::string>{"extension.vsixmanifest", "[Content_Types].xml"});
  CHECK(refusal(ZipBuilder().file("extension/a").file("../x").zip(), ForeignLayout::vscode) ==
        kUnsafe);
  CHECK(refusal(ZipBuilder().file("extension/../../x").zip(), ForeignLayout::vscode) == kUnsafe);
}

TEST_CASE("names of a zip that lead out of the folder are refused") {
  for (const char* name : {"../x", "/etc/passwd", "a/../../x", "a//b", "a\\b", "a\nb",
                           ".git/config", "CON", "C:x", "install-receipt.json"}) {
    CAPTURE(std::string(name));
    CHECK(zip_refusal(ZipBuilder().file("a").file(name)) == kUnsafe);
  }
}

TEST_CASE("links and devices of a zip are refused") {
  for (const int type : {S_IFLNK, S_IFCHR, S_IFBLK, S_IFSOCK}) {
    CAPTURE(type);
    CHECK(zip_refusal(ZipBuilder().add({.name = "x", .mode = static_cast<unsigned>(type) | 0777},
                                       "/etc/passwd")) == kUnsafe);
  }
}

TEST_CASE("a pipe in a zip is the file that Info-ZIP read from it") {
  CHECK(zip_refusal(ZipBuilder().add({.name = "x", .mode = S_IFIFO | 0644}, "text")) == "");
}

TEST_CASE("names that are not UTF-8 are refused") {
  CHECK(zip_refusal(ZipBuilder().file("\xff")) != "");
  CHECK(zip_refusal(ZipBuilder().add({.name = "\xff", .flags = 0}, "x")) == kUnsafe);
  CHECK(tar_refusal(TarBuilder().file("package/\xff")) == kUnsafe);
  CHECK(tar_refusal(TarBuilder().pax({"path=package/\xff"}).file("package/b")) != "");
}

TEST_CASE("two names of a zip that a file system could confuse are refused") {
  CHECK(zip_refusal(ZipBuilder().file("a").file("a")) == kUnsafe);
  CHECK(zip_refusal(ZipBuilder().file("a").file("A")) == kUnsafe);
  CHECK(zip_refusal(ZipBuilder().file("a").file("a/b")) == kUnsafe);
}

TEST_CASE("a zip whose sizes lie is refused, in both halves or in one") {
  const std::string text(1000, 'x');
  CHECK(zip_refusal(ZipBuilder().add({.name = "a", .deflate = true}, text)) == "");
  for (const std::uint32_t size : {0U, 1U, 999U, 1001U, 5000U}) {
    CAPTURE(size);
    CHECK(zip_refusal(ZipBuilder().add({.name = "a", .deflate = true, .size = size}, text)) != "");
    CHECK(zip_refusal(ZipBuilder().add({.name = "a", .deflate = true, .local_size = size}, text)) ==
          kUnsafe);
  }
  CHECK(zip_refusal(ZipBuilder().add({.name = "a", .crc = 1}, text)) != "");
}

TEST_CASE("a zip whose halves name other files is refused") {
  CHECK(zip_refusal(ZipBuilder().add({.name = "a", .local_name = "b"}, "x")) == kUnsafe);
  CHECK(zip_refusal(ZipBuilder().file("a").add({.name = "b", .offset = 0}, "x")) == kUnsafe);
  CHECK(zip_refusal(ZipBuilder().file("a").add({.name = "a", .offset = 0}, "x")) == kUnsafe);
}

TEST_CASE("an encrypted zip, and one packed in a way nobody reads, are refused") {
  CHECK(zip_refusal(ZipBuilder().add({.name = "a", .flags = 0x0801}, "x")) == kUnsafe);
  CHECK(zip_refusal(ZipBuilder().add({.name = "a", .flags = 0x0841}, "x")) == kUnsafe);
  CHECK(zip_refusal(ZipBuilder().add({.name = "a", .method = 12}, "x")) == kInvalid);
}

TEST_CASE("a zip is bounded in entries, bytes and ratio") {
  const ArchiveLimits few{.unpacked_bytes = 1000, .entries = 2};
  CHECK(zip_refusal(ZipBuilder().file("a").file("b"), few) == "");
  CHECK(zip_refusal(ZipBuilder().file("a").file("b").file("c"), few) == kTooLarge);
  CHECK(zip_refusal(ZipBuilder().file("a", std::string(1001, 'x')), few) == kTooLarge);
  CHECK(zip_refusal(ZipBuilder().add({.name = "a", .deflate = true},
                                     std::string(8'000'000, '\0'))) == kTooLarge);
  // Two entries for the same bytes, by which a small archive becomes a large one.
  const ZipBuilder::Member first{.name = "a", .deflate = true};
  ZipBuilder::Member second = first;
  second.offset = 0;
  CHECK(zip_refusal(ZipBuilder().add(first, "xxxx").add(second, "xxxx")) == kUnsafe);
}

TEST_CASE("a zip that is cut short, or that something stands before or after, is refused") {
  const std::string whole = ZipBuilder().file("a", std::string(300, 'x')).file("b").zip();
  CHECK(refusal(whole, ForeignLayout::mcp_bundle) == "");
  for (std::size_t length = 0; length < whole.size(); length += 7) {
    CAPTURE(length);
    CHECK(refusal(whole.substr(0, length), ForeignLayout::mcp_bundle) == kInvalid);
  }
  CHECK(refusal(whole + "x", ForeignLayout::mcp_bundle) == kUnsafe);
  CHECK(refusal("x" + whole, ForeignLayout::mcp_bundle) == kUnsafe);
  CHECK(refusal(ZipBuilder().file("a").zip(2), ForeignLayout::mcp_bundle) == kInvalid);
  CHECK(refusal(ZipBuilder().file("a").file("b").zip(1), ForeignLayout::mcp_bundle) == kInvalid);
  CHECK(refusal(ZipBuilder().file("a").zip(0xffff), ForeignLayout::mcp_bundle) == kInvalid);
  CHECK(refusal(ZipBuilder().file("a").zip({}, "a comment"), ForeignLayout::mcp_bundle) == "");
}

// A member whose size follows its deflated data, as archivers that write to a pipe have it.
ZipBuilder::Member streamed(const std::string& name) {
  return {.name = name,
          .deflate = true,
          .flags = 0x0808,
          .local_size = 0,
          .local_crc = 0,
          .local_packed = 0};
}
std::string streamed_zip(std::string_view content, std::string_view descriptor) {
  ZipBuilder::Member member = streamed("a");
  member.after = descriptor;
  return ZipBuilder().add(member, content).file("b").zip();
}

TEST_CASE("a zip whose 64-bit form names another directory is refused") {
  // The locator of that form stands where every program that knows it looks: 20 bytes before the
  // closing record.
  std::string locator("PK\6\7", 4);
  locator.resize(20);
  CHECK(zip_refusal(ZipBuilder().add({.name = "a", .comment = locator}, "x")) == kUnsafe);
  const std::string padding = ZipBuilder::extra_field(0xd935, locator);
  CHECK(zip_refusal(ZipBuilder().add({.name = "a", .extra = padding}, "x")) == kUnsafe);
}

TEST_CASE("a member of a zip that has a comment is refused") {
  CHECK(zip_refusal(ZipBuilder().add({.name = "a", .comment = "x"}, "x")) == kUnsafe);
}

TEST_CASE("a zip with two records that could close it is refused") {
  std::string record = ZipBuilder().zip();
  CHECK(zip_refusal(ZipBuilder().file("a", record)) == "");  // as of an archive in the archive
  record[20] = 46 + 1 + 22;  // its comment: the entry of the directory and the last record
  CHECK(zip_refusal(ZipBuilder().file("a", record)) == kUnsafe);
}

TEST_CASE("extra fields that rename, resize or encrypt a file are refused in either half") {
  for (const std::uint32_t id : {0x0001U, 0x7075U, 0x9901U, 0x6375U, 0x6c78U, 0x756eU, 0x1234U}) {
    CAPTURE(id);
    const std::string field = ZipBuilder::extra_field(id, std::string(16, '\1'));
    CHECK(zip_refusal(ZipBuilder().add({.name = "a", .extra = field}, "x")) == kUnsafe);
    CHECK(zip_refusal(ZipBuilder().add({.name = "a", .local_extra = field}, "x")) == kUnsafe);
  }
  for (const std::string_view field :
       {std::string_view("x"), std::string_view("UT\1", 3), std::string_view("UT\1\0", 4),
        std::string_view("UT\0\0\0", 5)}) {
    CAPTURE(field.size());
    CHECK(zip_refusal(ZipBuilder().add({.name = "a", .extra = field}, "x")) == kUnsafe);
    CHECK(zip_refusal(ZipBuilder().add({.name = "a", .local_extra = field}, "x")) == kUnsafe);
  }
}

TEST_CASE("extra fields of honest archivers are read over") {
  const std::string unix_fields = ZipBuilder::extra_field(0x5455, std::string("\3abcdabcd", 9)) +
                                  ZipBuilder::extra_field(0x7875, std::string(11, '\1'));
  CHECK(zip_refusal(ZipBuilder().add(
            {.name = "a", .extra = unix_fields.substr(0, 13), .local_extra = unix_fields}, "x")) ==
        "");
  for (const std::uint32_t id : {0x000aU, 0x5855U, 0x7855U, 0xcafeU, 0xa220U, 0xd935U}) {
    CAPTURE(id);
    const std::string field = ZipBuilder::extra_field(id, "");
    CHECK(zip_refusal(ZipBuilder().add({.name = "a", .extra = field, .local_extra = field}, "x")) ==
          "");
  }
}

TEST_CASE("the Unicode path that JSZip writes must be the file's name") {
  const std::string same = ZipBuilder::extra_field(0x7075, std::string("\1crc_", 5) + "caf\u00e9");
  const std::string other = ZipBuilder::extra_field(0x7075, std::string("\1crc_", 5) + "tea");
  CHECK(zip_refusal(ZipBuilder().add({.name = "caf\u00e9", .extra = same, .local_extra = same},
                                     "x")) == "");
  CHECK(zip_refusal(ZipBuilder().add({.name = "caf\u00e9", .extra = other}, "x")) == kUnsafe);
  CHECK(zip_refusal(ZipBuilder().add({.name = "caf\u00e9", .local_extra = other}, "x")) == kUnsafe);
}

TEST_CASE("a zip with bytes that its directory does not name is refused") {
  const ZipBuilder::Member hidden{.name = "b", .listed = false};
  CHECK(zip_refusal(ZipBuilder().add(hidden, "x").file("a")) == kUnsafe);
  CHECK(zip_refusal(ZipBuilder().file("a").add(hidden, "x").file("c")) == kUnsafe);
  CHECK(zip_refusal(ZipBuilder().file("a").add(hidden, "x")) == kUnsafe);
  CHECK(zip_refusal(ZipBuilder().loose("#!/bin/sh\n").file("a")) == kUnsafe);
  CHECK(zip_refusal(ZipBuilder().loose("x")) == kUnsafe);
}

TEST_CASE("sizes may follow deflated data, and must be those of the directory") {
  const std::string text(1000, 'x');
  const std::size_t packed = ZipBuilder::deflated(text).size();
  const auto record = [&](std::string_view content, std::size_t size, bool mark = true) {
    return ZipBuilder::descriptor(content, size, mark);
  };
  CHECK(refusal(streamed_zip(text, record(text, packed)), ForeignLayout::mcp_bundle) == "");
  CHECK(refusal(streamed_zip(text, record(text, packed, false)), ForeignLayout::mcp_bundle) == "");
  for (const std::string& other :
       {std::string(), record(text, packed).substr(0, 15), record(text, packed) + "x",
        record(text, packed + 1), record(text + "x", packed), std::string(16, 'x'),
        record(text, packed) + record(text, packed), "1234" + record(text, packed, false)}) {
    CAPTURE(other.size());
    CHECK(refusal(streamed_zip(text, other), ForeignLayout::mcp_bundle) == kUnsafe);
  }
  // Behind the last file stands the directory.
  ZipBuilder::Member last = streamed("a");
  CHECK(zip_refusal(ZipBuilder().add(last, text)) == kUnsafe);
  const std::string right = record(text, packed);
  last.after = right;
  CHECK(zip_refusal(ZipBuilder().add(last, text)) == "");
}

TEST_CASE("what a header says of a file whose size follows is zero or right") {
  const std::string text(1000, 'x');
  const std::string record = ZipBuilder::descriptor(text, ZipBuilder::deflated(text).size());
  ZipBuilder::Member member = streamed("a");
  member.after = record;
  member.local_size = 1000;  // as Info-ZIP has it
  CHECK(zip_refusal(ZipBuilder().add(member, text)) == "");
  member.local_size = 999;
  CHECK(zip_refusal(ZipBuilder().add(member, text)) == kUnsafe);
  member.local_size = 0;
  member.local_crc = 1;
  CHECK(zip_refusal(ZipBuilder().add(member, text)) == kUnsafe);
}

TEST_CASE("a stored file whose size follows it is refused, unless it is empty") {
  const ZipBuilder::Member stored{.name = "a", .flags = 0x0808, .local_size = 0, .local_crc = 0};
  // Who reads from the front would take the first descriptor that it meets for the end.
  const std::string text = "short" + ZipBuilder::descriptor("short", 5) + "and the rest";
  const std::string record = ZipBuilder::descriptor(text, text.size());
  ZipBuilder::Member member = stored;
  member.after = record;
  CHECK(zip_refusal(ZipBuilder().add(member, text)) == kUnsafe);
  const std::string empty = ZipBuilder::descriptor("", 0);
  member.after = empty;
  CHECK(zip_refusal(ZipBuilder().add(member, "")) == "");  // as node's archiver has it
}

TEST_CASE("deflated data that ends before the zip says is refused") {
  const std::string text(1000, 'x');
  const std::string data = ZipBuilder::deflated(text);
  // Whoever reads from the front finds a whole file there.
  const std::string rest = ZipBuilder::descriptor(text, data.size()) + "PK\3\4";
  ZipBuilder::Member member = streamed("a");
  member.data = data + rest;
  const std::string record = ZipBuilder::descriptor(text, data.size() + rest.size());
  member.after = record;
  CHECK(zip_refusal(ZipBuilder().add(member, text)) != "");
}

TEST_CASE("a zip whose halves have other flags or another method is refused") {
  CHECK(zip_refusal(ZipBuilder().add({.name = "a", .local_flags = 0x0800}, "x")) == "");
  CHECK(zip_refusal(ZipBuilder().add({.name = "a", .local_flags = 0x0806}, "x")) == "");
  CHECK(zip_refusal(ZipBuilder().add({.name = "a", .local_flags = 0}, "x")) == kUnsafe);
  CHECK(zip_refusal(ZipBuilder().add({.name = "a", .local_flags = 0x0801}, "x")) == kUnsafe);
  const std::string record = ZipBuilder::descriptor("x", 1);
  CHECK(zip_refusal(ZipBuilder().add({.name = "a", .local_flags = 0x0808, .after = record}, "x")) ==
        kUnsafe);
  CHECK(zip_refusal(ZipBuilder().add({.name = "a", .local_method = 8}, "x")) == kUnsafe);
}

TEST_CASE("a folder of a zip that has content is refused") {
  CHECK(zip_refusal(ZipBuilder().add({.name = "d/", .mode = S_IFDIR | 0755}, "x")) == kUnsafe);
}

TEST_CASE("programs for one kind of system are told by how they begin") {
  const auto begins = [](std::string_view bytes) { return begins_native_program(as_bytes(bytes)); };
  CHECK(
      begins(std::string_view("\x7f"
                              "ELF\2\1\1\0",
                              8)));
  CHECK(begins("\xcf\xfa\xed\xfe\x07\0\0\x01"));
  CHECK(begins(std::string_view("\xca\xfe\xba\xbe\0\0\0\2", 8)));
  CHECK(!begins(std::string_view("\xca\xfe\xba\xbe\0\0\0\x34", 8)));  // a class of Java 8
  std::string pe(0x80, '\0');
  pe.replace(0, 2, "MZ");
  CHECK(!begins(pe));
  pe[0x3c] = 0x40;
  pe.replace(0x40, 4, std::string_view("PE\0\0", 4));
  CHECK(begins(pe));
  CHECK(!begins("MZ is how this text begins"));
  CHECK(!begins("#!/bin/sh\n"));
  CHECK(!begins(""));
}

}  // namespace
}  // namespace mkt

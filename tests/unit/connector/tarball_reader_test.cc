// Reading tarballs: what honest tools write, and what is out to get us.
#include "common/connector/tarball_reader.h"

#include <doctest/doctest.h>

#include "tests/unit/connector/tar_builder.h"

namespace mkt {
namespace {

using test::gzip;
using test::kHelloManifest;
using test::source_of;
using test::TarBuilder;

ErrorCode code_of(std::string_view tarball, const ArchiveLimits& limits = {}) {
  const auto contents = walk_tarball(source_of(tarball), limits, nullptr);
  if (contents) return ErrorCode::internal_error;  // stands for "accepted"
  INFO(contents.error().message);
  CHECK(!contents.error().message.empty());
  return contents.error().code;
}

constexpr ErrorCode kAccepted = ErrorCode::internal_error;

TEST_CASE("a tarball of files and folders is read whole, whatever size the pieces arrive in") {
  const std::string tarball =
      TarBuilder().hello().folder("lib/").file("lib/a.js", std::string(70'000, 'a')).tarball();
  for (const std::size_t step : {1UL, 7UL, 512UL, 100'000UL}) {
    const auto contents = walk_tarball(source_of(tarball, step), {}, nullptr);
    if (!contents) FAIL(contents.error().message);
    CHECK(contents->manifest.id().text() == "hello");
    CHECK(contents->entries == 4);
    CHECK(contents->unpacked_bytes == kHelloManifest.size() + 1 + 70'000);
  }
}

TEST_CASE("what `tar -C folder -c .` writes is taken as it is meant") {
  CHECK(code_of(TarBuilder()
                    .folder("./")
                    .file("./connector.manifest.json", kHelloManifest)
                    .file("./index.js")
                    .tarball()) == kAccepted);
}

TEST_CASE("names that lead out of the folder are refused") {
  for (const char* name : {"/etc/passwd", "../x", "a/../../x", "a/..", "..", "a//b", "./../x",
                           "a\\b", "C:\\x", "a\nb", "a\x1b[2J", "\xff\xfe", "a/./b"}) {
    CAPTURE(std::string(name));
    CHECK(code_of(TarBuilder().hello().file(name).tarball()) == ErrorCode::archive_unsafe);
  }
}

TEST_CASE("an absolute or climbing prefix field is refused") {
  CHECK(code_of(TarBuilder().hello().add({.name = "x", .prefix = "/etc"}, "x").tarball()) ==
        ErrorCode::archive_unsafe);
  CHECK(code_of(TarBuilder().hello().add({.name = "x", .prefix = ".."}, "x").tarball()) ==
        ErrorCode::archive_unsafe);
}

TEST_CASE(
    "a prefix counts under the mark of ustar only, else readers would differ about the name") {
  // GNU's mark with what GNU tar keeps there (times), none at all (V7), and near misses. Python's
  // tarfile puts such a prefix before the name, libarchive and GNU tar do not.
  const std::string gnu("ustar  \0", 8), none(8, '\0'), other("ustar 00", 8), near("ustarX00", 8);
  for (const std::string& magic : {gnu, none, other, near}) {
    for (const std::string& prefix : {std::string("lib"),
                                      std::string("14733567710\0"
                                                  "14733567710",
                                                  23),
                                      std::string("\0\0evil", 6)}) {
      CAPTURE(to_hex(as_bytes(magic)));
      CAPTURE(prefix);
      const TarBuilder::Header header{.name = "x", .prefix = prefix, .magic = magic};
      CHECK(code_of(TarBuilder().hello().add(header, "x").tarball()) == ErrorCode::archive_unsafe);
    }
    CHECK(code_of(TarBuilder().hello().add({.name = "x", .magic = magic}, "x").tarball()) ==
          kAccepted);
  }
  CHECK(code_of(TarBuilder().hello().add({.name = "x", .prefix = "lib"}, "x").tarball()) ==
        kAccepted);
}

TEST_CASE("names that are not safe on every system are refused in a tarball") {
  for (const char* name : {".git/config", "lib/.GIT/hooks/post-checkout", "git~1/config", "CON",
                           "lib/nul.txt", "a:b", "index.js::$DATA", "foo.", "foo ", "lib./x"}) {
    CAPTURE(std::string(name));
    CHECK(code_of(TarBuilder().hello().file(name).tarball()) == ErrorCode::archive_unsafe);
  }
  CHECK(code_of(TarBuilder().hello().folder(".git/").tarball()) == ErrorCode::archive_unsafe);
}

TEST_CASE("two names that a file system could confuse are refused") {
  const auto twins = [](const char* a, const char* b) {
    return code_of(TarBuilder().hello().file(a).file(b).tarball());
  };
  CHECK(twins("a", "a") == ErrorCode::archive_unsafe);
  CHECK(twins("Readme", "README") == ErrorCode::archive_unsafe);
  CHECK(twins("caf\u00e9", "cafe\u0301") == ErrorCode::archive_unsafe);
  CHECK(twins("stra\u00dfe", "strasse") == ErrorCode::archive_unsafe);
  CHECK(twins("\ufb01le", "file") == ErrorCode::archive_unsafe);
  CHECK(twins("dir/x", "DIR/y") == ErrorCode::archive_unsafe);
  CHECK(twins("a", "a/b") == ErrorCode::archive_unsafe);
  CHECK(twins("a/b", "a") == ErrorCode::archive_unsafe);
  CHECK(twins("a", "b") == kAccepted);
}

TEST_CASE("a tarball may not bring an install receipt") {
  CHECK(code_of(TarBuilder().hello().file("install-receipt.json").tarball()) ==
        ErrorCode::archive_unsafe);
  CHECK(code_of(TarBuilder().hello().file("Install-Receipt.JSON").tarball()) ==
        ErrorCode::archive_unsafe);
  CHECK(code_of(TarBuilder().hello().file("install-receipt.json/x").tarball()) ==
        ErrorCode::archive_unsafe);
}

TEST_CASE("links, devices and pipes are refused, also one to write through later") {
  for (const char type : {'1', '2', '3', '4', '6', '7', 'S', 'V', 'M', 'D', 'N', 'A'}) {
    CAPTURE(type);
    CHECK(code_of(
              TarBuilder().hello().add({.name = "out", .type = type, .link = "/etc"}).tarball()) ==
          ErrorCode::archive_unsafe);
  }
  CHECK(code_of(TarBuilder()
                    .hello()
                    .add({.name = "out", .type = '2', .link = "/tmp"})
                    .file("out/x")
                    .tarball()) == ErrorCode::archive_unsafe);
}

TEST_CASE("GNU long names are refused") {
  for (const char type : {'L', 'K'}) {
    CHECK(code_of(TarBuilder()
                      .hello()
                      .add({.name = "././@LongLink", .type = type}, "../../etc/passwd")
                      .file("x")
                      .tarball()) == ErrorCode::archive_unsafe);
  }
}

TEST_CASE("pax headers that change a name, a size or make a file sparse are refused") {
  for (const char* record :
       {"path=../../etc/passwd", "path=b", "size=0", "linkpath=/etc", "GNU.sparse.major=1",
        "GNU.sparse.name=x", "hdrcharset=BINARY", "SCHILY.filetype=link", "RHT.security.selinux=x",
        "LIBARCHIVE.xattr.user.x=eA=="}) {
    for (const char type : {'x', 'g'}) {
      CAPTURE(std::string(record));
      CHECK(code_of(TarBuilder().hello().pax({record}, type).file("a").tarball()) ==
            ErrorCode::archive_unsafe);
    }
  }
}

TEST_CASE("pax headers that change neither are read over") {
  CHECK(code_of(TarBuilder()
                    .pax({"comment=0123", "mtime=1.5"}, 'g')
                    .hello()
                    .pax({"mtime=1700000000.123456789", "uname=me", "uid=1000"})
                    .file("a")
                    .tarball()) == kAccepted);
}

TEST_CASE("malformed pax records are refused") {
  for (const char* body : {"5 a=b\n", "999 path=x\n", "x", "0 \n", "-6 a=b\n", "6 a=bc"}) {
    CAPTURE(std::string(body));
    const ErrorCode code =
        code_of(TarBuilder().hello().add({.name = "pax", .type = 'x'}, body).file("a").tarball());
    CHECK((code == ErrorCode::archive_invalid || code == ErrorCode::archive_unsafe));
  }
  CHECK(code_of(TarBuilder()
                    .hello()
                    .add({.name = "pax", .type = 'x'}, std::string(65 * 1024, 'x'))
                    .tarball()) == ErrorCode::archive_unsafe);
}

TEST_CASE("sizes are plain octal: no base-256, no signs, no overflow") {
  std::string base256(12, '\0');
  base256[0] = '\x80';
  base256[11] = 1;
  const std::string negative(12, '\xff');
  for (const std::string& size :
       {base256, negative, std::string("-0000000001\0", 12), std::string("00000000009\0", 12),
        std::string("            "), std::string("1x\0", 3)}) {
    CAPTURE(to_hex(as_bytes(size)));
    CHECK(code_of(TarBuilder().hello().add({.name = "a", .size_field = size}, "x").tarball()) ==
          ErrorCode::archive_unsafe);
  }
  // The largest size the field holds: the archive ends long before it.
  const ErrorCode huge =
      code_of(TarBuilder().hello().add({.name = "a", .size_field = "777777777777"}, "x").tarball());
  CHECK((huge == ErrorCode::archive_too_large || huge == ErrorCode::archive_invalid));
}

TEST_CASE("a folder with content and a file named like a folder are refused") {
  CHECK(code_of(TarBuilder().hello().add({.name = "d/", .type = '5'}, "x").tarball()) ==
        ErrorCode::archive_unsafe);
  CHECK(code_of(TarBuilder().hello().add({.name = "d/", .type = '0'}, "x").tarball()) ==
        ErrorCode::archive_unsafe);
}

TEST_CASE("a tar archive that is cut short is refused at every length") {
  const std::string tar = TarBuilder().hello().tar();
  for (std::size_t length = 0; length < tar.size() - 512; length += 256) {
    CAPTURE(length);
    const ErrorCode code = code_of(gzip(tar.substr(0, length)));
    CHECK((code == ErrorCode::archive_invalid || code == ErrorCode::manifest_missing));
  }
}

TEST_CASE("a tarball that is cut short is refused at every length") {
  const std::string tarball = TarBuilder().hello().tarball();
  for (std::size_t length = 0; length < tarball.size(); ++length) {
    CAPTURE(length);
    CHECK(code_of(tarball.substr(0, length)) == ErrorCode::archive_invalid);
  }
}

TEST_CASE("nothing may follow the end") {
  const std::string tar = TarBuilder().hello().tar();
  CHECK(code_of(gzip(tar + std::string(10 * 512, '\0'))) == kAccepted);
  CHECK(code_of(gzip(tar + "x")) == ErrorCode::archive_unsafe);
  CHECK(code_of(gzip(tar + TarBuilder().file("evil").tar())) == ErrorCode::archive_unsafe);
  const std::string tarball = gzip(tar);
  CHECK(code_of(tarball + std::string(1, '\0')) == ErrorCode::archive_invalid);
  CHECK(code_of(tarball + tarball) == ErrorCode::archive_invalid);
}

TEST_CASE("a lone zero block inside the archive is refused") {
  CHECK(code_of(gzip(TarBuilder().hello().raw(std::string(512, '\0')).file("after").tar())) ==
        ErrorCode::archive_invalid);
}

TEST_CASE("a header with a wrong checksum is refused") {
  std::string tar = TarBuilder().hello().file("a").tar();
  tar[tar.size() - 1024 - 1024] ^= 1;  // the first letter of the last file's name
  CHECK(code_of(gzip(tar)) == ErrorCode::archive_invalid);
}

// What zlib's stream holds, without any further check.
std::string unpacked(std::string_view tarball) {
  GzipReader reader(source_of(tarball), {});
  std::string all;
  Bytes buffer(4096);
  for (auto n = reader.read(buffer); n && *n > 0; n = reader.read(buffer)) {
    all += as_text({buffer.data(), *n});
  }
  return all;
}

TEST_CASE("damage anywhere in the gzip stream is found, unless it says the same in other words") {
  const std::string tarball = TarBuilder().hello().tarball();
  int refused = 0;
  for (std::size_t at = 0; at < tarball.size(); ++at) {
    CAPTURE(at);
    std::string damaged = tarball;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    if (code_of(damaged) != kAccepted) {
      ++refused;
    } else {
      CHECK(unpacked(damaged) == unpacked(tarball));
    }
  }
  CHECK(refused > 200);
}

TEST_CASE("gzip headers with an extra field, and what is not gzip, are refused") {
  gz_header header{};
  std::string extra = "evil";
  header.extra = reinterpret_cast<Bytef*>(extra.data());
  header.extra_len = 4;
  CHECK(code_of(gzip(TarBuilder().hello().tar(), &header)) == ErrorCode::archive_invalid);
  CHECK(code_of(TarBuilder().hello().tar()) == ErrorCode::archive_invalid);
  CHECK(code_of("") == ErrorCode::archive_invalid);
  CHECK(code_of("PK\x03\x04") == ErrorCode::archive_invalid);
  CHECK(code_of(gzip(TarBuilder().hello().tarball())) == ErrorCode::archive_invalid);
}

TEST_CASE("the name and comment of a gzip header are bounded, whatever size the pieces arrive in") {
  const std::string tar = TarBuilder().hello().tar();
  const auto with = [&](std::size_t name_bytes, std::size_t comment_bytes) {
    gz_header header{};
    std::string name(name_bytes, 'n'), comment(comment_bytes, 'c');
    if (name_bytes != 0) header.name = reinterpret_cast<Bytef*>(name.data());
    if (comment_bytes != 0) header.comment = reinterpret_cast<Bytef*>(comment.data());
    return gzip(tar, &header);
  };
  for (const std::size_t step : {1UL, 1000UL, 1UL << 20}) {
    CAPTURE(step);
    const auto code = [&](const std::string& tarball) {
      const auto contents = walk_tarball(source_of(tarball, step), {}, nullptr);
      return contents ? kAccepted : contents.error().code;
    };
    // `gzip FILE` writes the file's name.
    CHECK(code(with(255, 0)) == kAccepted);
    CHECK(code(with(2000, 2000)) == kAccepted);
    CHECK(code(with(4096, 0)) == ErrorCode::archive_invalid);
    CHECK(code(with(0, 4096)) == ErrorCode::archive_invalid);
    CHECK(code(with(2100, 2100)) == ErrorCode::archive_invalid);
    CHECK(code(with(1 << 20, 0)) == ErrorCode::archive_invalid);
    CHECK(code(with(0, 100'000)) == ErrorCode::archive_invalid);
  }
}

TEST_CASE("a bomb stops at the ratio, the size and the number of entries") {
  const std::string bomb = TarBuilder().hello().file("zeros", std::string(8 << 20, '\0')).tarball();
  CHECK(code_of(bomb) == ErrorCode::archive_too_large);
  CHECK(code_of(bomb, {.ratio = 100'000}) == kAccepted);
  CHECK(code_of(bomb, {.unpacked_bytes = 1 << 20, .ratio = 100'000}) ==
        ErrorCode::archive_too_large);
  TarBuilder many;
  many.hello();
  for (int i = 0; i < 20; ++i) many.file("f" + std::to_string(i));
  CHECK(code_of(many.tarball(), {.entries = 22}) == kAccepted);
  CHECK(code_of(many.tarball(), {.entries = 21}) == ErrorCode::archive_too_large);
}

TEST_CASE("folders that are no entries of their own count, too") {
  const std::string tarball = TarBuilder().hello().file("1/2/3/4/5/a").tarball();
  CHECK(code_of(tarball, {.entries = 8}) == kAccepted);
  CHECK(code_of(tarball, {.entries = 7}) == ErrorCode::archive_too_large);
}

TEST_CASE("the manifest must be there, at the root, once, and hold for the files") {
  CHECK(code_of(TarBuilder().file("index.js").tarball()) == ErrorCode::manifest_missing);
  CHECK(code_of(TarBuilder().file("package/connector.manifest.json", kHelloManifest).tarball()) ==
        ErrorCode::manifest_missing);
  CHECK(code_of(TarBuilder().file("connector.manifest.json", "{}").tarball()) ==
        ErrorCode::manifest_invalid);
  CHECK(code_of(TarBuilder().file("connector.manifest.json", kHelloManifest).tarball()) ==
        ErrorCode::manifest_invalid);  // no entrypoint
  CHECK(code_of(TarBuilder()
                    .file("connector.manifest.json", std::string((1 << 20) + 1, ' '))
                    .file("index.js")
                    .tarball()) == ErrorCode::manifest_too_large);

  std::string with_checksum(kHelloManifest);
  with_checksum.insert(1, R"("checksum":")" + Checksum::of(as_bytes("x")).text() + "\",");
  CHECK(code_of(TarBuilder()
                    .file("connector.manifest.json", with_checksum)
                    .file("index.js", "x")
                    .tarball()) == kAccepted);
  CHECK(code_of(TarBuilder()
                    .file("connector.manifest.json", with_checksum)
                    .file("index.js", "y")
                    .tarball()) != kAccepted);
}

TEST_CASE("a source's own error is passed on") {
  const auto failing = [](std::span<std::uint8_t>) -> Result<std::size_t> {
    return Error(ErrorCode::io_error, "the disk is gone");
  };
  const auto contents = walk_tarball(failing, {}, nullptr);
  REQUIRE(!contents);
  CHECK(contents.error().code == ErrorCode::io_error);
}

TEST_CASE("the manifest alone is read without what follows it") {
  const std::string tarball = TarBuilder().hello().file("/etc/passwd").tarball();
  const auto manifest = manifest_of_tarball(source_of(tarball));
  REQUIRE(manifest);
  CHECK(manifest->id().text() == "hello");
}

}  // namespace
}  // namespace mkt

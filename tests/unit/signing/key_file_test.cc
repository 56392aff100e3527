// Key files: 0600, under a passphrase, and not to be patched together.
#include "common/signing/key_file.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "common/base/files.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

struct KeyFolder {
  KeyFolder() : root(*TemporaryFolder::create(fs::temp_directory_path(), "mkt-keys-")) {}
  fs::path folder() const { return root.path() / "keys"; }
  KeyFileInfo make(const char* publisher, std::string_view passphrase) {
    const SecretKey key = SecretKey::generate();
    auto info = write_key_file(folder(), *PublisherId::parse(publisher), key, passphrase,
                               from_unix_ms(1'700'000'000'000));
    REQUIRE(info);
    return std::move(*info);
  }
  // Reads the file after `change` was made to its document.
  Result<SecretKey> changed(const KeyFileInfo& info, std::string_view passphrase,
                            const std::function<void(Json&)>& change) {
    Json json = *parse_json(*read_file(info.path, 10'000), "key");
    change(json);
    REQUIRE(write_file_atomically(info.path, dump_json(json), 0600));
    MKT_TRY(const KeyFile file, KeyFile::read(info.path));
    return file.unlock(passphrase);
  }
  TemporaryFolder root;
};

TEST_CASE_FIXTURE(KeyFolder, "a key file is 0600 in a folder of 0700 and gives the key back") {
  const KeyFileInfo info = make("acme", "");
  struct stat s {};
  REQUIRE(::stat(info.path.c_str(), &s) == 0);
  CHECK((s.st_mode & 07777) == 0600);
  REQUIRE(::stat(folder().c_str(), &s) == 0);
  CHECK((s.st_mode & 07777) == 0700);
  const auto file = KeyFile::read(info.path);
  REQUIRE(file);
  CHECK(!file->info.encrypted);
  const auto key = file->unlock("");
  REQUIRE(key);
  CHECK(key->public_key() == info.public_key);
  CHECK(info.key_id == KeyId::of(*PublisherId::parse("acme"), info.public_key.fingerprint()));
}

TEST_CASE_FIXTURE(KeyFolder, "a passphrase opens what it closed, and no other does") {
  const KeyFileInfo info = make("acme", "correct horse");
  const auto file = KeyFile::read(info.path);
  REQUIRE(file);
  CHECK(file->info.encrypted);
  REQUIRE(file->unlock("correct horse"));
  for (const char* wrong : {"", "correct", "correct horse "}) {
    const auto key = file->unlock(wrong);
    REQUIRE(!key);
    CHECK(key.error().code == ErrorCode::passphrase_wrong);
  }
}

TEST_CASE_FIXTURE(KeyFolder, "a key file that others may read is refused") {
  const KeyFileInfo info = make("acme", "");
  for (const unsigned mode : {0640U, 0604U, 0644U, 0660U}) {
    REQUIRE(::chmod(info.path.c_str(), mode) == 0);
    const auto file = KeyFile::read(info.path);
    REQUIRE(!file);
    CHECK(file.error().code == ErrorCode::key_file_invalid);
  }
}

TEST_CASE_FIXTURE(KeyFolder, "an encrypted file in which anything was exchanged does not open") {
  const KeyFileInfo info = make("acme", "pw");
  const KeyFileInfo other = make("evil", "pw");
  SUBCASE("public key and key id of another") {
    CHECK(!changed(info, "pw", [&](Json& j) {
      j["publicKey"] = other.public_key.base64();
      j["keyId"] = KeyId::of(*PublisherId::parse("acme"), other.public_key.fingerprint()).text();
    }));
  }
  SUBCASE("publisher") {
    CHECK(!changed(info, "pw", [&](Json& j) {
      j["publisherId"] = "evil";
      j["keyId"] = KeyId::of(*PublisherId::parse("evil"), info.public_key.fingerprint()).text();
    }));
  }
  SUBCASE("no encryption claimed") {
    CHECK(!changed(info, "pw", [](Json& j) { j["protection"] = {{"kdf", "none"}}; }));
  }
  SUBCASE("absurd cost") {
    CHECK(!changed(info, "pw", [](Json& j) { j["protection"]["memLimit"] = 1ULL << 40; }));
  }
}

TEST_CASE_FIXTURE(KeyFolder, "a damaged key file is named, never a crash") {
  const KeyFileInfo info = make("acme", "");
  for (const char* field : {"version", "keyId", "publicKey", "secretKey", "protection"}) {
    CAPTURE(std::string(field));
    const KeyFileInfo fresh = make("acme", "");
    const auto key = changed(fresh, "", [&](Json& j) { j[field] = 1; });
    REQUIRE(!key);
    CHECK(key.error().code == ErrorCode::key_file_invalid);
  }
}

TEST_CASE_FIXTURE(KeyFolder,
                  "all keys of the folder are listed by key id, and no folder is no keys") {
  CHECK(list_key_files(folder())->empty());
  make("zeta", "");
  make("acme", "");
  const auto keys = list_key_files(folder());
  REQUIRE(keys);
  REQUIRE(keys->size() == 2);
  CHECK((*keys)[0].key_id.publisher().text() == "acme");
}

}  // namespace
}  // namespace mkt

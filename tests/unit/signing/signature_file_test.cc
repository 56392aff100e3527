// The signature file: strict in form, and what it vouches for.
#include "common/signing/signature_file.h"

#include <doctest/doctest.h>

#include "common/base/encoding.h"

namespace mkt {
namespace {

struct Signed {
  SecretKey key = SecretKey::generate();
  Checksum checksum = Checksum::of(as_bytes("tarball"));
  SignatureFile file =
      sign_checksum(key, *PublisherId::parse("acme"), checksum, from_unix_ms(1'700'000'000'000));
};

TEST_CASE_FIXTURE(Signed, "what was signed verifies, also after being written and read") {
  CHECK(verify_signature(file, checksum, key.public_key()));
  const auto read = SignatureFile::parse(dump_json(file.json()));
  REQUIRE(read);
  CHECK(verify_signature(*read, checksum, key.public_key()));
  CHECK(read->json() == file.json());
  CHECK(file.key_id == KeyId::of(*PublisherId::parse("acme"), key.public_key().fingerprint()));
}

TEST_CASE_FIXTURE(Signed, "other bytes and other keys are refused, each by its code") {
  const Status bytes = verify_signature(file, Checksum::of(as_bytes("other")), key.public_key());
  REQUIRE(!bytes);
  CHECK(bytes.error().code == ErrorCode::checksum_mismatch);
  const Status other = verify_signature(file, checksum, SecretKey::generate().public_key());
  REQUIRE(!other);
  CHECK(other.error().code == ErrorCode::signature_invalid);
}

TEST_CASE_FIXTURE(Signed,
                  "an older client's signature over the plain digits verifies as it was made") {
  Json json = file.json();
  json["checksum"] = checksum.hex();
  json["signature"] = to_base64(key.sign(checksum.hex()));
  const auto read = SignatureFile::from_json(json);
  REQUIRE(read);
  CHECK(verify_signature(*read, checksum, key.public_key()));
  json["signature"] = to_base64(key.sign(checksum.text()));
  CHECK(!verify_signature(*SignatureFile::from_json(json), checksum, key.public_key()));
}

TEST_CASE_FIXTURE(Signed, "a wrong version, algorithm, length or type is refused by its code") {
  const auto malformed = [&](const char* field, const Json& value,
                             ErrorCode code = ErrorCode::signature_malformed) {
    CAPTURE(std::string(field));
    Json json = file.json();
    json[field] = value;
    const auto read = SignatureFile::from_json(json);
    REQUIRE(!read);
    CHECK(read.error().code == code);
    CHECK(read.error().message.find(field) != std::string::npos);
  };
  malformed("version", "2.0", ErrorCode::signature_version_unknown);
  malformed("version", 2, ErrorCode::signature_version_unknown);
  malformed("version", 1.0);
  malformed("algorithm", "rsa", ErrorCode::signature_algorithm_unknown);
  malformed("algorithm", "Ed25519", ErrorCode::signature_algorithm_unknown);
  malformed("keyId", "");
  malformed("keyId", "acme ");
  malformed("keyId", 1);
  malformed("checksum", "sha256:00");
  malformed("signature", to_base64(Bytes(63)));
  malformed("signature", to_base64(Bytes(65)));
  malformed("signature", "!");
  malformed("signedAt", "yesterday");
  for (const char* field : {"version", "keyId", "algorithm", "checksum", "signature", "signedAt"}) {
    malformed(field, nullptr);
  }
  CHECK(!SignatureFile::parse("[]"));
  CHECK(!SignatureFile::parse("{"));
  CHECK(!SignatureFile::parse(std::string(kMaxSignatureFileBytes + 1, ' ')));
}

TEST_CASE_FIXTURE(Signed, "an older client's file is given back as it came") {
  for (const Json& version : {Json("1.0"), Json(1), Json("1")}) {
    Json json = file.json();
    json["version"] = version;
    json["keyId"] = "acme-2025";
    json["checksum"] = checksum.hex();
    json["signature"] = to_base64(key.sign(checksum.hex()));
    json["payload"] = {{"any", 1}};
    const auto read = SignatureFile::from_json(json);
    REQUIRE(read);
    CHECK(dump_json(read->json()) == dump_json(json));
    CHECK(verify_signature(*read, checksum, key.public_key()));
  }
}

}  // namespace
}  // namespace mkt

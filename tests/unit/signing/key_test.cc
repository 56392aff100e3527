// Ed25519 keys against RFC 8032 section 7.1, and keys that no honest signer has.
#include "common/signing/key.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "common/base/encoding.h"

namespace mkt {
namespace {

struct Vector {
  const char* seed;
  const char* public_key;
  const char* message;
  const char* signature;
};

constexpr Vector kRfc8032[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b"
     "4"
     "6bd25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11"
     "d"
     "8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc"
     "6"
     "594a7c15e9716ed28dc027beceea1ec40a"}};

SecretKey secret(const char* seed) {
  const Bytes bytes = *from_hex(seed);
  return SecretKey::from_seed(std::span<const std::uint8_t, 32>(bytes.data(), 32));
}

Signature signature_of(const char* hex) {
  const Bytes bytes = *from_hex(hex);
  Signature signature{};
  std::copy(bytes.begin(), bytes.end(), signature.begin());
  return signature;
}

TEST_CASE("keys and signatures are RFC 8032's") {
  for (const Vector& v : kRfc8032) {
    const SecretKey key = secret(v.seed);
    CHECK(to_hex(key.public_key().bytes()) == v.public_key);
    const Bytes message = *from_hex(v.message);
    CHECK(key.sign(as_text(message)) == signature_of(v.signature));
    CHECK(key.public_key().verifies(as_text(message), signature_of(v.signature)));
  }
}

TEST_CASE("a signature with any bit changed, or over other bytes, does not verify") {
  const SecretKey key = secret(kRfc8032[1].seed);
  const Signature good = key.sign("sha256:0");
  CHECK(!key.public_key().verifies("sha256:1", good));
  for (std::size_t i = 0; i < good.size(); ++i) {
    Signature bad = good;
    bad[i] ^= 1;
    CHECK(!key.public_key().verifies("sha256:0", bad));
  }
  CHECK(!key.public_key().verifies("sha256:0", Signature{}));
}

TEST_CASE("S is below the order of the group: a signature has one form only") {
  // S + L verifies where only the equation is checked (RFC 8032 section 5.1.7 forbids it).
  const SecretKey key = secret(kRfc8032[0].seed);
  Signature signature = signature_of(kRfc8032[0].signature);
  const Bytes order = *from_hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  unsigned carry = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    const unsigned sum = signature[32 + i] + order[i] + carry;
    signature[32 + i] = static_cast<std::uint8_t>(sum);
    carry = sum >> 8;
  }
  CHECK(!key.public_key().verifies("", signature));
}

TEST_CASE("all-zero, small-order and off-curve public keys are refused") {
  for (const char* hex : {"0000000000000000000000000000000000000000000000000000000000000000",
                          "0100000000000000000000000000000000000000000000000000000000000000",
                          "0000000000000000000000000000000000000000000000000000000000000080",
                          "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
                          "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
                          "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                          "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                          "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                          "0200000000000000000000000000000000000000000000000000000000000000",
                          "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"}) {
    CAPTURE(std::string(hex));
    const auto key = PublicKey::from_bytes(*from_hex(hex));
    REQUIRE(!key);
    CHECK(key.error().code == ErrorCode::key_invalid);
  }
  CHECK(!PublicKey::from_bytes(Bytes(31)));
  CHECK(!PublicKey::from_base64("x"));
}

TEST_CASE("a public key survives PEM and base64") {
  const PublicKey key = secret(kRfc8032[0].seed).public_key();
  CHECK(key.pem().starts_with("-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA"));  // RFC 8410
  CHECK(*PublicKey::from_pem(key.pem()) == key);
  CHECK(*PublicKey::from_base64(key.base64()) == key);
  for (const char* text : {"", "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n",
                           "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"}) {
    CHECK(!PublicKey::from_pem(text));
  }
}

TEST_CASE("generated keys differ") {
  CHECK(SecretKey::generate().public_key().fingerprint() !=
        SecretKey::generate().public_key().fingerprint());
}

}  // namespace
}  // namespace mkt

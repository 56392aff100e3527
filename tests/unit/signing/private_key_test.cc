// Private and public keys of other programs: read as those write them, refused when anything is
// off.
#include "common/signing/private_key.h"

#include <doctest/doctest.h>
#include <sodium.h>

#include <algorithm>

#include "common/base/files.h"
#include "common/signing/key_file.h"
#include "common/signing/minisign_key.h"
#include "common/signing/openssh_key.h"
#include "common/signing/public_key_text.h"
#include "tests/unit/must.h"
#include "tests/unit/signing/made_keys.h"

namespace mkt {
namespace {

// Reads a key under the passphrase, and counts how often it was asked for.
struct Reader {
  std::string passphrase = "secret";
  int asked = 0;
  Result<PrivateKey> operator()(std::string_view text, const std::string& name = "key") {
    return read_private_key(text, name, [this]() -> Result<SecretBytes> {
      ++asked;
      return SecretBytes::copy_of(passphrase);
    });
  }
};

std::string public_hex(const PrivateKey& key) { return to_hex(key.secret.public_key().bytes()); }

Error refusal(std::string_view text, const std::string& passphrase = "secret",
              const std::string& name = "key") {
  Reader reader{passphrase};
  const auto key = reader(text, name);
  REQUIRE(!key);
  return key.error();
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// The text with its n-th byte of base64 replaced by another.
std::string with_change_at(std::string text, std::size_t at) {
  text[at] = text[at] == 'A' ? 'B' : 'A';
  return text;
}

// A minisign key as its format is written down, under a passphrase that costs little.
std::string sealed_minisign(std::string_view plain, const std::string& passphrase,
                            std::uint64_t ops, std::uint64_t memory) {
  const std::string text(plain);
  const std::size_t end = text.find('\n');
  Bytes file = *from_base64(std::string_view(text).substr(end + 1, text.size() - end - 2));
  file[2] = 'S';
  file[3] = 'c';
  std::fill_n(file.begin() + 6, 32, std::uint8_t{7});
  for (std::size_t i = 0; i < 8; ++i) {
    file[38 + i] = static_cast<std::uint8_t>(ops >> (8 * i));
    file[46 + i] = static_cast<std::uint8_t>(memory >> (8 * i));
  }
  Bytes summed{'E', 'd'};
  summed.insert(summed.end(), file.begin() + 54, file.begin() + 54 + 72);
  crypto_generichash(file.data() + 54 + 72, 32, summed.data(), summed.size(), nullptr, 0);
  Bytes stream(104);
  REQUIRE(crypto_pwhash_scryptsalsa208sha256(stream.data(), stream.size(), passphrase.data(),
                                             passphrase.size(), file.data() + 6, 32768,
                                             std::size_t{16} << 20) == 0);
  for (std::size_t i = 0; i < stream.size(); ++i) file[54 + i] ^= stream[i];
  return text.substr(0, end + 1) + to_base64(file) + "\n";
}

TEST_CASE("keys of ssh-keygen, openssl and minisign are read, without asking for a passphrase") {
  Reader read;
  CHECK(public_hex(must(read(made::kSshKey))) == made::kSshPublic);
  CHECK(public_hex(must(read(made::kPem))) == made::kPemPublic);
  CHECK(public_hex(must(read(made::kMinisign))) == made::kMinisignPublic);
  CHECK(read.asked == 0);
  CHECK(!must(read(made::kPem)).publisher);
}

TEST_CASE("the line ends of Windows and blanks around a key change nothing") {
  Reader read;
  for (const char* text : {made::kSshKey, made::kPem, made::kMinisign}) {
    std::string windows = "\r\n  ";
    for (const char c : std::string_view(text)) {
      if (c == '\n') windows += '\r';
      windows += c;
    }
    CHECK(public_hex(must(read(windows))) == public_hex(must(read(text))));
  }
}

TEST_CASE("a PEM key under a passphrase opens with it, and with no other") {
  Reader read;
  CHECK(public_hex(must(read(made::kPemSealed))) == made::kPemSealedPublic);
  CHECK(read.asked == 1);
  for (const char* wrong : {"", "Secret", "secret "}) {
    CHECK(refusal(made::kPemSealed, wrong).code == ErrorCode::passphrase_wrong);
  }
}

TEST_CASE("where no passphrase can be had, the reason is told") {
  const auto key = read_private_key(made::kPemSealed, "key", []() -> Result<SecretBytes> {
    return Error(ErrorCode::passphrase_wrong, "nobody to ask");
  });
  REQUIRE(!key);
  CHECK(has(key.error().message, "nobody to ask"));
}

TEST_CASE("a minisign key under a passphrase opens with it, and with no other") {
  constexpr std::uint64_t kMemory = std::uint64_t{16} << 20;
  const std::string sealed = sealed_minisign(made::kMinisign, "secret", 32768, kMemory);
  Reader read;
  CHECK(public_hex(must(read(sealed))) == made::kMinisignPublic);
  CHECK(read.asked == 1);
  CHECK(refusal(sealed, "wrong").code == ErrorCode::passphrase_wrong);
  // What a file asks for is bounded.
  CHECK(refusal(sealed_minisign(made::kMinisign, "secret", 32768, std::uint64_t{1} << 40)).code ==
        ErrorCode::key_file_invalid);
  CHECK(refusal(sealed_minisign(made::kMinisign, "secret", ~std::uint64_t{0}, kMemory)).code ==
        ErrorCode::key_file_invalid);
}

TEST_CASE("an OpenSSH key under a passphrase is refused with the command that removes it") {
  const Error named = refusal(made::kSshSealed, "secret", "my keys/id");
  CHECK(named.code == ErrorCode::passphrase_wrong);
  CHECK(has(named.message,
            "cp 'my keys/id' 'my keys/id.plain' && ssh-keygen -p -N '' -f 'my keys/id.plain'"));
  CHECK(has(refusal(made::kSshSealed, "secret", "-").message, "ssh-keygen -p -N '' -f COPY"));
}

TEST_CASE("a key that is not Ed25519 is refused by its type") {
  const Error ssh = refusal(made::kSshEcdsa);
  CHECK(ssh.code == ErrorCode::key_invalid);
  CHECK(has(ssh.message, "ecdsa-sha2-nistp256"));
  const Error pem = refusal(made::kPemEc);
  CHECK(pem.code == ErrorCode::key_invalid);
  CHECK(has(pem.message, "EC"));
}

TEST_CASE("a key cut off anywhere is refused") {
  for (const std::string_view whole : {made::kSshKey, made::kPem, made::kMinisign}) {
    const std::size_t size = whole.find_last_not_of('\n') + 1;
    for (std::size_t n = 0; n < size; ++n) {
      CAPTURE(n);
      CHECK(refusal(whole.substr(0, n)).code == ErrorCode::key_file_invalid);
    }
  }
}

TEST_CASE("a key with one character changed is refused, or is another key") {
  Reader read;
  for (const std::string_view whole : {made::kSshKey, made::kPem, made::kMinisign}) {
    const std::string right = public_hex(must(read(whole)));
    const std::size_t body = whole.find('\n') + 1;
    for (std::size_t at = body; at < whole.size(); ++at) {
      if (whole[at] == '\n' || whole[at] == '=' || whole[at] == '-') continue;
      const auto key = read(with_change_at(std::string(whole), at));
      // The seed is all that PKCS #8 has; the other two hold the public key beside it.
      if (key && whole != made::kPem) CHECK(public_hex(*key) == right);
    }
  }
}

TEST_CASE("no message shows a part of the key") {
  const std::string seed = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";
  for (const std::string& text :
       {seed + "x", "Acme:" + seed, seed + ":acme", "acme:" + seed.substr(1), "{\"" + seed}) {
    const Error error = refusal(text);
    CHECK(error.code == ErrorCode::key_file_invalid);
    CHECK(!has(error.message, "nWGxne"));
    CHECK(!has(error.message, "yuf2A"));
  }
}

TEST_CASE("a seed in base64 is a key, and may say whose") {
  Reader read;
  // RFC 8032, section 7.1, test 1.
  const std::string seed = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";
  const PrivateKey alone = must(read(seed + "\n"));
  CHECK(alone.secret.public_key().base64() == "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
  CHECK(!alone.publisher);
  const PrivateKey named = must(read("acme:" + seed));
  CHECK(named.publisher->text() == "acme");
  CHECK(named.secret.public_key() == alone.secret.public_key());
}

TEST_CASE("a key file of mkt gives the key, its publisher and when it was made") {
  const TemporaryFolder root =
      must(TemporaryFolder::create(std::filesystem::temp_directory_path(), "mkt-keys-"));
  const SecretKey key = SecretKey::generate();
  const UtcTime then = from_unix_ms(1'700'000'000'000);
  const KeyFileInfo info =
      must(write_key_file(root.path(), *PublisherId::parse("acme"), key, "secret", then));
  const std::string text = must(read_file(info.path, 10'000));
  Reader read;
  const PrivateKey again = must(read(text));
  CHECK(again.secret.public_key() == key.public_key());
  CHECK(again.publisher->text() == "acme");
  CHECK(again.created_at == then);
  CHECK(refusal(text, "wrong").code == ErrorCode::passphrase_wrong);
  // The same key again leaves the file as it is.
  const auto twice = write_key_file(root.path(), *PublisherId::parse("acme"), key, "", then);
  REQUIRE(!twice);
  CHECK(twice.error().code == ErrorCode::key_exists);
  CHECK(must(read_file(info.path, 10'000)) == text);
}

TEST_CASE("public keys are read and written as ssh-keygen and minisign do it") {
  const PublicKey ssh = must(read_public_key(made::kSshLine));
  CHECK(to_hex(ssh.bytes()) == made::kSshPublic);
  CHECK(openssh_line(ssh, "dev@acme.example") == made::kSshLine);
  CHECK(openssh_fingerprint(openssh_blob(ssh)) == made::kSshFingerprint);
  const PublicKey mini = must(read_public_key(made::kMinisignLine));
  CHECK(to_hex(mini.bytes()) == made::kMinisignPublic);
  CHECK(must(read_public_key(minisign_public_key(mini))) == mini);
  CHECK(must(read_public_key(mini.pem())) == mini);
  // minisign shows the digits of the key id.
  std::string digits = mini.fingerprint().substr(0, 16);
  std::ranges::transform(digits, digits.begin(),
                         [](char c) { return c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c; });
  CHECK(has(minisign_public_key(mini), "minisign public key " + digits + "\n"));
}

TEST_CASE("a public key that is damaged or of another type is refused") {
  const auto other = read_public_key(made::kSshEcdsaLine);
  REQUIRE(!other);
  CHECK(has(other.error().message, "ecdsa-sha2-nistp256"));
  for (const std::string& text :
       {std::string("ssh-ed25519"), std::string("ssh-ed25519 "), std::string("ssh-ed25519 AAAA"),
        std::string("ssh-rsa ") + std::string(made::kSshLine).substr(12),
        std::string(made::kSshLine).substr(0, 60), std::string("untrusted comment: x"),
        std::string("untrusted comment: x\nRWQA\n"), std::string()}) {
    const auto key = read_public_key(text);
    REQUIRE(!key);
    CHECK(key.error().code == ErrorCode::key_invalid);
  }
}

}  // namespace
}  // namespace mkt

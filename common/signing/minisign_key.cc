// scrypt and BLAKE2b are libsodium's, as in minisign itself.
#include "common/signing/minisign_key.h"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>

#include "common/base/encoding.h"

namespace mkt {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kNumberSize = 8;
constexpr std::size_t kSaltAt = 6;
constexpr std::size_t kOpsLimitAt = kSaltAt + crypto_pwhash_scryptsalsa208sha256_SALTBYTES;
constexpr std::size_t kMemLimitAt = kOpsLimitAt + 8;
constexpr std::size_t kSealedAt = kMemLimitAt + 8;
constexpr std::size_t kChecksumAt = kNumberSize + 64;  // within the sealed bytes
constexpr std::size_t kSealedSize = kChecksumAt + 32;
constexpr std::size_t kSecretSize = kSealedAt + kSealedSize;
constexpr std::string_view kAlgorithm = "Ed";
// What minisign takes, 1 GiB and some seconds. More would come from elsewhere.
constexpr std::uint64_t kMostOps = crypto_pwhash_scryptsalsa208sha256_OPSLIMIT_SENSITIVE;
constexpr std::uint64_t kMostMemory = crypto_pwhash_scryptsalsa208sha256_MEMLIMIT_SENSITIVE;

Error damaged_minisign_key(std::string_view what) {
  return Error(ErrorCode::key_file_invalid,
               fmt::format("the minisign secret key is damaged: {}", what));
}

// The line after the comment.
std::string_view second_line(std::string_view text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return {};
  const std::string_view rest = text.substr(end + 1);
  return rest.substr(0, rest.find('\n'));
}

std::uint64_t little_endian(std::span<const std::uint8_t> bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 8; i-- > 0;) value = value << 8 | bytes[i];
  return value;
}

Status open_sealed(SecretBytes& file, std::string_view passphrase) {
  const std::uint64_t ops = little_endian(file.bytes().subspan(kOpsLimitAt));
  const std::uint64_t memory = little_endian(file.bytes().subspan(kMemLimitAt));
  if (ops > kMostOps || memory > kMostMemory) {
    return damaged_minisign_key("it asks for more memory or time than minisign itself");
  }
  SecretBytes stream(kSealedSize);
  if (crypto_pwhash_scryptsalsa208sha256(stream.data(), stream.size(), passphrase.data(),
                                         passphrase.size(), file.bytes().subspan(kSaltAt).data(),
                                         ops, static_cast<std::size_t>(memory)) != 0) {
    return Error(ErrorCode::internal_error,
                 fmt::format("not enough memory to derive the key from the passphrase ({} MiB)",
                             memory / (1024 * 1024)));
  }
  for (std::size_t i = 0; i < kSealedSize; ++i) {
    file.bytes()[kSealedAt + i] ^= stream.bytes()[i];
  }
  return {};
}

bool has_right_checksum(std::span<const std::uint8_t> sealed) {
  SecretBytes summed(kAlgorithm.size() + kChecksumAt);
  const auto rest = std::copy(kAlgorithm.begin(), kAlgorithm.end(), summed.bytes().begin());
  std::ranges::copy(sealed.first(kChecksumAt), rest);
  std::array<std::uint8_t, 32> sum{};
  crypto_generichash(sum.data(), sum.size(), summed.data(), summed.size(), nullptr, 0);
  return sodium_memcmp(sum.data(), sealed.subspan(kChecksumAt).data(), sum.size()) == 0;
}

}  // namespace

Result<SecretKey> read_minisign_key(std::string_view text, const AskPassphrase& ask) {
  auto file = secret_from_base64(second_line(text));
  if (!file || file->size() != kSecretSize) {
    return damaged_minisign_key("its second line is not the base64 of 158 bytes");
  }
  const std::string_view algorithm = file->text().substr(0, 2);
  const std::string_view derivation = file->text().substr(2, 2);
  if (algorithm != kAlgorithm || file->text().substr(4, 2) != "B2") {
    return damaged_minisign_key("its algorithms are not those of minisign");
  }
  const bool encrypted = derivation == "Sc";
  if (!encrypted && derivation != "\0\0"sv) {
    return damaged_minisign_key("its way from the passphrase to the key is unknown");
  }
  if (encrypted) {
    MKT_TRY(const SecretBytes passphrase, ask());
    MKT_CHECK(open_sealed(*file, passphrase.text()));
  }
  const auto sealed = std::as_const(*file).bytes().subspan(kSealedAt);
  const auto checksum = sealed.subspan(kChecksumAt);
  const bool no_checksum =
      !encrypted && std::ranges::all_of(checksum, [](std::uint8_t b) { return b == 0; });
  if (!no_checksum && !has_right_checksum(sealed)) {
    if (!encrypted) return damaged_minisign_key("its checksum is wrong");
    return Error(ErrorCode::passphrase_wrong,
                 "the passphrase does not open the minisign secret key, or the file is damaged");
  }
  const auto pair = sealed.subspan(kNumberSize, kChecksumAt - kNumberSize);
  SecretKey key = SecretKey::from_seed(pair.first<SecretKey::kSeedSize>());
  if (!std::ranges::equal(key.public_key().bytes(), pair.subspan(SecretKey::kSeedSize))) {
    return damaged_minisign_key("its private and its public part do not belong together");
  }
  return key;
}

std::string minisign_public_key(const PublicKey& key) {
  // minisign shows the number as one, in hex: the byte that is stored last comes first.
  const std::string digits = key.fingerprint().substr(0, 2 * kNumberSize);
  Bytes number = *from_hex(digits);
  std::ranges::reverse(number);
  std::string shown = digits;
  for (char& c : shown) {
    if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 'a' + 'A');
  }
  Bytes file(kAlgorithm.begin(), kAlgorithm.end());
  file.insert(file.end(), number.begin(), number.end());
  file.insert(file.end(), key.bytes().begin(), key.bytes().end());
  return fmt::format("{} minisign public key {}\n{}\n", kMinisignComment, shown, to_base64(file));
}

Result<PublicKey> read_minisign_public_key(std::string_view text) {
  std::string_view line = second_line(text);
  while (line.ends_with('\r') || line.ends_with(' ')) line.remove_suffix(1);
  const auto file = from_base64(line);
  if (!file || file->size() != kAlgorithm.size() + kNumberSize + PublicKey::kSize ||
      !as_text(*file).starts_with(kAlgorithm)) {
    return Error(ErrorCode::key_invalid, "it is not a public key of minisign");
  }
  return PublicKey::from_bytes(std::span(*file).subspan(kAlgorithm.size() + kNumberSize));
}

}  // namespace mkt

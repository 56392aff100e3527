#include "common/signing/private_key.h"

#include <fmt/format.h>

#include "common/base/utf8.h"
#include "common/signing/key_file.h"
#include "common/signing/minisign_key.h"
#include "common/signing/openssh_key.h"
#include "common/signing/pkcs8_key.h"

namespace mkt {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

std::string_view without_blanks_around(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

Result<PrivateKey> read_own_file(std::string_view text, const std::string& name,
                                 const AskPassphrase& ask) {
  MKT_TRY(const KeyFile file, KeyFile::parse(text, name));
  auto passphrase = file.info.encrypted ? ask() : Result<SecretBytes>(SecretBytes(0));
  if (!passphrase) return passphrase.error();
  MKT_TRY(SecretKey key, file.unlock(passphrase->text()));
  return PrivateKey{std::move(key), file.info.key_id.publisher(), parse_utc(file.info.created_at)};
}

// PUBLISHER:BASE64, or BASE64; nullopt for anything else.
std::optional<PrivateKey> read_seed(std::string_view text) {
  std::optional<PublisherId> publisher;
  if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    auto named = PublisherId::parse(text.substr(0, colon));
    if (!named) return std::nullopt;
    publisher = std::move(*named);
    text = text.substr(colon + 1);
  }
  auto bytes = from_base64(text);
  if (!bytes) return std::nullopt;
  const SecretBytes seed(std::move(*bytes));
  if (seed.size() != SecretKey::kSeedSize) return std::nullopt;
  return PrivateKey{SecretKey::from_seed(seed.bytes().first<SecretKey::kSeedSize>()),
                    std::move(publisher), std::nullopt};
}

Result<PrivateKey> without_publisher(Result<SecretKey> key) {
  if (!key) return key.error();
  return PrivateKey{std::move(*key), std::nullopt, std::nullopt};
}

}  // namespace

std::string shown_key_source(const std::string& name) {
  return name == "-" ? "standard input" : printable(name);
}

Result<PrivateKey> read_private_key(std::string_view text, const std::string& name,
                                    const AskPassphrase& ask) {
  const std::string_view key = without_blanks_around(text);
  const std::string shown = shown_key_source(name);
  const auto read = [&]() -> Result<PrivateKey> {
    if (key.starts_with('{')) return read_own_file(key, shown, ask);
    if (key.starts_with(kMinisignComment)) return without_publisher(read_minisign_key(key, ask));
    if (key.find(fmt::format("-----BEGIN {}", kOpensshKeyLabel)) != std::string_view::npos) {
      return without_publisher(read_openssh_key(key, name));
    }
    if (key.find("PRIVATE KEY-----") != std::string_view::npos) {
      return without_publisher(read_pkcs8_key(key, ask));
    }
    if (auto seed = read_seed(key)) return std::move(*seed);
    return Error(ErrorCode::key_file_invalid,
                 "it is no private key in a form that mkt reads: a key file of mkt, PEM of "
                 "openssl, a key of ssh-keygen or of minisign");
  };
  auto result = read();
  if (!result) return result.error().context(shown);
  return result;
}

}  // namespace mkt

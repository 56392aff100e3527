#include "cli/commands/public_key_option.h"

#include <fmt/format.h>

#include <filesystem>

#include "common/base/files.h"
#include "common/base/utf8.h"
#include "common/signing/public_key_text.h"

namespace mkt {
namespace {

constexpr std::uint64_t kMaxPublicKeyBytes = 16 * 1024;

Result<PublicKey> find_public_key(const std::string& text) {
  std::error_code error;
  if (!std::filesystem::exists(text, error)) {
    if (auto key = PublicKey::from_base64(text)) return std::move(*key);
    return Error(ErrorCode::key_invalid,
                 fmt::format("--public-key \"{}\" is neither a file nor the base64 of an Ed25519 "
                             "public key",
                             printable(std::string_view(text).substr(0, 100))));
  }
  MKT_TRY(const std::string pem, read_file(text, kMaxPublicKeyBytes));
  auto key = read_public_key(pem);
  if (!key) return key.error().context(printable(text));
  return std::move(*key);
}

}  // namespace

void add_public_key_options(CLI::App* command, PublicKeyOption& option) {
  command->add_option(
      "--public-key", option.key,
      "A key that is not on this machine: a file in PEM or of ssh-keygen or minisign, "
      "or base64 of its 32 bytes");
  command->add_option("--key-id", option.key_id,
                      "The key's name in signature files, where it is not mkt's key id");
}

Result<std::optional<KeyName>> given_alias(const PublicKeyOption& option) {
  if (option.key_id.empty()) return std::optional<KeyName>();
  MKT_TRY(KeyName alias, KeyName::parse(option.key_id));
  return std::optional(std::move(alias));
}

Result<std::optional<RegistryClient::KeyToRegister>> given_public_key(
    const PublicKeyOption& option) {
  if (option.key.empty()) return std::optional<RegistryClient::KeyToRegister>();
  MKT_TRY(const PublicKey key, find_public_key(option.key));
  RegistryClient::KeyToRegister given(key);
  MKT_TRY(given.alias, given_alias(option));
  return std::optional(std::move(given));
}

}  // namespace mkt

#include "cli/commands/private_key_source.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "cli/terminal/prompt.h"
#include "common/base/files.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

constexpr const char* kKeyVariable = "MKT_SIGNING_KEY";

// Its text, from hold_environment_key until it is taken.
std::optional<SecretBytes>& held_key() {
  static std::optional<SecretBytes> text;
  return text;
}

}  // namespace

void hold_environment_key() {
  char* const value = std::getenv(kKeyVariable);
  if (value == nullptr || *value == '\0') return;
  const std::size_t size = std::strlen(value);
  held_key().emplace(SecretBytes::copy_of({value, size}));
  ::explicit_bzero(value, size);
  ::unsetenv(kKeyVariable);
}

Result<SecretBytes> read_private_key_text(const std::string& file) {
  const bool is_stdin = file == "-";
  const std::string shown = shown_key_source(file);
  UniqueFd opened;
  if (!is_stdin) {
    MKT_TRY(opened, open_for_reading(file));
  }
  const int fd = is_stdin ? STDIN_FILENO : opened.get();
  SecretBytes text(kMaxPrivateKeyBytes + 1);
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t n = ::read(fd, text.data() + size, text.size() - size);
    if (n == 0) break;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_error(fmt::format("cannot read {}", shown), errno);
    size += static_cast<std::size_t>(n);
  }
  if (size > kMaxPrivateKeyBytes) {
    return Error(ErrorCode::key_file_invalid, fmt::format("{} is too long for a key", shown));
  }
  text.shrink(size);
  return text;
}

AskPassphrase passphrase_of(const std::string& what) {
  return [what]() -> Result<SecretBytes> {
    if (const char* given = std::getenv("MKT_KEY_PASSPHRASE")) return SecretBytes::copy_of(given);
    if (auto typed = ask_secret(fmt::format("Passphrase of {}: ", what))) {
      SecretBytes passphrase = SecretBytes::copy_of(*typed);
      ::explicit_bzero(typed->data(), typed->size());
      return passphrase;
    }
    return Error(ErrorCode::passphrase_wrong,
                 "the key needs its passphrase; set MKT_KEY_PASSPHRASE");
  };
}

Result<PublisherId> publisher_of(const PrivateKey& key, const std::string& given,
                                 const char* place) {
  if (given.empty()) {
    if (key.publisher) return *key.publisher;
    return Error(
        ErrorCode::usage_error,
        fmt::format("the key does not say whose it is; name its publisher with {}", place));
  }
  MKT_TRY(PublisherId publisher, PublisherId::parse(given));
  if (key.publisher && *key.publisher != publisher) {
    return Error(ErrorCode::usage_error,
                 fmt::format("the key is one of {}, but {} says {}", key.publisher->text(), place,
                             publisher.text()));
  }
  return publisher;
}

Result<std::optional<EnvironmentKey>> take_environment_key() {
  constexpr const char* kFile = "MKT_SIGNING_KEY_FILE";
  constexpr const char* kPublisher = "MKT_SIGNING_KEY_PUBLISHER";
  hold_environment_key();
  std::optional<SecretBytes> text = std::move(held_key());
  held_key().reset();
  const std::string file = variable(kFile);
  if (!text && file.empty()) return std::optional<EnvironmentKey>();
  if (text && !file.empty()) {
    return Error(ErrorCode::usage_error,
                 fmt::format("{} and {} are both set; which one holds the key? unset the other",
                             kKeyVariable, kFile));
  }
  const std::string name = text ? kKeyVariable : file;
  if (!text) {
    auto read = read_private_key_text(file);
    if (!read) return read.error().context(kFile);
    text.emplace(std::move(*read));
  }
  MKT_TRY(PrivateKey key, read_private_key(text->text(), name, passphrase_of(name)));
  MKT_TRY(const PublisherId publisher, publisher_of(key, variable(kPublisher), kPublisher));
  KeyId key_id = KeyId::of(publisher, key.secret.public_key().fingerprint());
  return std::optional(EnvironmentKey{std::move(key_id), std::move(key.secret)});
}

}  // namespace mkt

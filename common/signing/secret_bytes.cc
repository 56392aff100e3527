// Wipes with libsodium, whose calls no optimizer removes.
#include "common/signing/secret_bytes.h"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>

namespace mkt {

SecretBytes SecretBytes::copy_of(std::string_view text) {
  SecretBytes copy(text.size());
  std::copy(text.begin(), text.end(), copy.bytes_.begin());
  return copy;
}

SecretBytes::~SecretBytes() {
  if (!bytes_.empty()) sodium_memzero(bytes_.data(), bytes_.size());
}

void SecretBytes::shrink(std::size_t size) {
  if (size >= bytes_.size()) return;
  sodium_memzero(bytes_.data() + size, bytes_.size() - size);
  bytes_.resize(size);
}

std::optional<SecretBytes> secret_from_base64(std::string_view text) {
  SecretBytes joined(text.size());
  const auto end = std::copy_if(text.begin(), text.end(), joined.bytes().begin(), [](char c) {
    return c != '\n' && c != '\r' && c != ' ' && c != '\t';
  });
  joined.shrink(static_cast<std::size_t>(end - joined.bytes().begin()));
  auto bytes = from_base64(joined.text());
  if (!bytes) return std::nullopt;
  return SecretBytes(std::move(*bytes));
}

std::optional<std::string_view> pem_body(std::string_view text, std::string_view label) {
  const std::string first = fmt::format("-----BEGIN {}-----", label);
  const std::string last = fmt::format("-----END {}-----", label);
  const std::size_t begin = text.find(first);
  if (begin == std::string_view::npos) return std::nullopt;
  const std::size_t end = text.find(last, begin + first.size());
  if (end == std::string_view::npos) return std::nullopt;
  return text.substr(begin + first.size(), end - begin - first.size());
}

}  // namespace mkt

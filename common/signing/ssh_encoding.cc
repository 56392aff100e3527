#include "common/signing/ssh_encoding.h"

namespace mkt {

std::optional<std::span<const std::uint8_t>> SshReader::take(std::size_t size) {
  if (size > left_.size()) {
    left_ = {};  // what follows a wrong length means nothing
    return std::nullopt;
  }
  const auto taken = left_.first(size);
  left_ = left_.subspan(size);
  return taken;
}

std::optional<std::uint8_t> SshReader::byte() {
  const auto taken = take(1);
  if (!taken) return std::nullopt;
  return (*taken)[0];
}

std::optional<std::uint32_t> SshReader::number() {
  const auto taken = take(4);
  if (!taken) return std::nullopt;
  std::uint32_t value = 0;
  for (const std::uint8_t byte : *taken) value = value << 8 | byte;
  return value;
}

std::optional<std::span<const std::uint8_t>> SshReader::string() {
  const auto size = number();
  if (!size) return std::nullopt;
  return take(*size);
}

SshWriter& SshWriter::byte(std::uint8_t value) {
  bytes_.push_back(value);
  return *this;
}

SshWriter& SshWriter::number(std::uint32_t value) {
  for (const int shift : {24, 16, 8, 0}) {
    bytes_.push_back(static_cast<std::uint8_t>(value >> shift));
  }
  return *this;
}

SshWriter& SshWriter::string(std::span<const std::uint8_t> bytes) {
  number(static_cast<std::uint32_t>(bytes.size()));
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  return *this;
}

}  // namespace mkt

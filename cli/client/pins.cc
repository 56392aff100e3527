#include "cli/client/pins.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/files.h"
#include "common/base/json.h"
#include "common/base/user_folders.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxPinsBytes = 4 * 1024 * 1024;

Error damaged_pins(const fs::path& file, std::string_view what) {
  return Error(
      ErrorCode::data_damaged,
      fmt::format("{} is damaged_pins ({}); repair it, or move it away and trust again: mkt "
                  "key trust",
                  printable(file.string()), what));
}

Result<Json> read_document(const fs::path& file) {
  const auto text = read_file(file, kMaxPinsBytes);
  if (!text) {
    if (text.error().code == ErrorCode::not_found) return Json::object();
    return text.error();
  }
  auto json = parse_json(*text, "it");
  if (!json) return damaged_pins(file, json.error().message);
  if (!json->is_object()) return damaged_pins(file, "not an object");
  return std::move(*json);
}

}  // namespace

fs::path pins_file() { return user_config_folder() / "trust.json"; }

Result<Pins> Pins::read(const fs::path& file, const std::string& origin) {
  Pins pins(file, origin);
  MKT_TRY(const Json document, read_document(file));
  const auto publishers = document.find(origin);
  if (publishers == document.end()) return pins;
  if (!publishers->is_object()) return damaged_pins(file, origin);
  for (const auto& [name, keys] : publishers->items()) {
    const auto publisher = PublisherId::parse(name);
    if (!publisher || !keys.is_array()) return damaged_pins(file, printable(name));
    for (const Json& k : keys) {
      const auto key = PublicKey::from_base64(text_member(k, "publicKey").value_or(""));
      if (!key) return damaged_pins(file, printable(name));
      pins.pins_.push_back({*publisher, *key, text_member(k, "pinnedAt").value_or("")});
    }
  }
  return pins;
}

std::vector<PublicKey> Pins::of(const PublisherId& publisher) const {
  std::vector<PublicKey> keys;
  for (const Pin& pin : pins_) {
    if (pin.publisher == publisher) keys.push_back(pin.key);
  }
  return keys;
}

Status Pins::write() const {
  MKT_TRY(Json document, read_document(file_));
  Json publishers = Json::object();
  for (const Pin& pin : pins_) {
    publishers[pin.publisher.text()].push_back({{"publicKey", pin.key.base64()},
                                                {"fingerprint", pin.key.fingerprint()},
                                                {"pinnedAt", pin.pinned_at}});
  }
  document[origin_] = std::move(publishers);
  MKT_CHECK(make_folders(folder_of(file_), 0700));
  return write_file_atomically(file_, dump_json_pretty(document), 0644);
}

Status Pins::add(const PublisherId& publisher, const PublicKey& key, UtcTime now) {
  const bool there = std::any_of(pins_.begin(), pins_.end(), [&](const Pin& pin) {
    return pin.publisher == publisher && pin.key == key;
  });
  if (there) return {};
  pins_.push_back({publisher, key, format_utc(now)});
  return write();
}

Result<bool> Pins::remove(const PublisherId& publisher) {
  const auto gone = std::erase_if(pins_, [&](const Pin& p) { return p.publisher == publisher; });
  if (gone > 0) MKT_CHECK(write());
  return gone > 0;
}

}  // namespace mkt

#include "cli/terminal/common_names.h"

#include <array>
#include <string_view>

namespace mkt {
namespace {

struct OlderName {
  const char* older;
  const char* common;
};

constexpr auto kOlderNames = std::to_array<OlderName>({
    {"tarballChecksum", "checksum"},
    {"tarballSize", "size"},
    {"signingKeyId", "keyId"},
});

void add(Json& object, const char* older, const char* common) {
  const auto value = object.find(older);
  if (value == object.end() || object.contains(common)) return;
  Json copy = *value;  // an ordered object moves its members when one is added
  object[common] = std::move(copy);
}

// The manifest as it was published, which stays as it is.
constexpr std::string_view kPublished = "manifest";

// An id is a connector's where a version of it stands beside; those of keys, tokens, publishers and
// requests have none.
bool is_of_connector(const Json& object) {
  return object.contains("id") && (object.contains("version") || object.contains("latestVersion"));
}

}  // namespace

void add_common_names(Json& document) {
  if (!document.is_structured()) return;
  if (document.is_array()) {
    for (Json& element : document) add_common_names(element);
    return;
  }
  for (auto& [name, member] : document.items()) {
    if (name != kPublished) add_common_names(member);
  }
  for (const OlderName& name : kOlderNames) add(document, name.older, name.common);
  if (is_of_connector(document)) add(document, "id", "connectorId");
}

}  // namespace mkt

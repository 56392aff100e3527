#include "daemon/http/request_digest.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include "common/base/encoding.h"
#include "common/base/json.h"
#include "daemon/http/fields.h"

namespace mkt {
namespace {

constexpr std::string_view kVersion = "2:";
constexpr std::string_view kJson = "json:";
// Whole numbers up to this have an exact double: then 1.0 equals 1, as in JavaScript, whose
// programs send such numbers.
constexpr double kMaxExact = 9007199254740992.0;  // 2^53

// Writes the document with its members sorted by name and every number in one spelling. parse_json
// has bounded the depth.
void write_canonically(const Json& json, std::string& out) {
  if (json.is_object()) {
    std::vector<const Json::object_t::value_type*> members;
    for (const auto& member : json.get_ref<const Json::object_t&>()) members.push_back(&member);
    std::sort(members.begin(), members.end(),
              [](const auto* a, const auto* b) { return a->first < b->first; });
    out += '{';
    for (const auto* member : members) {
      out += dump_json(Json(member->first)) + ':';
      write_canonically(member->second, out);
      out += ',';
    }
    out += '}';
  } else if (json.is_array()) {
    out += '[';
    for (const Json& item : json) {
      write_canonically(item, out);
      out += ',';
    }
    out += ']';
  } else if (json.is_number_float()) {
    const double number = json.get<double>();
    const bool whole = std::trunc(number) == number && std::abs(number) <= kMaxExact;
    out += whole ? std::to_string(static_cast<std::int64_t>(number)) : dump_json(json);
  } else {
    out += dump_json(json);
  }
}

// Method, path and query. Every part is preceded by its length, so one part cannot pass for two.
std::string target_of(const RequestHead& head) {
  auto parameters = head.query;
  std::stable_sort(parameters.begin(), parameters.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string target = fmt::format("{} {}\n", head.method, head.path);
  for (const auto& [name, value] : parameters) {
    target += fmt::format("{} {} {} {}\n", name.size(), name, value.size(), value);
  }
  target += '\n';
  return target;
}

}  // namespace

std::string small_request_digest(const RequestHead& head, std::string_view body) {
  const auto json = parse_json(body, "the body");
  if (body.empty() || !json) {
    PassingDigest bytes(head, body.size());
    bytes.update(as_bytes(body));
    return bytes.finish();
  }
  std::string document = target_of(head);
  write_canonically(*json, document);
  return fmt::format("{}{}{}", kVersion, kJson, Checksum::of(as_bytes(document)).hex());
}

PassingDigest::PassingDigest(const RequestHead& head, std::uint64_t length, std::string_view like) {
  if (!like.empty() && is_digest_of_before(like)) {
    hasher_.update(as_bytes(fmt::format("{} {}\n", head.method, head.path)));
    return;
  }
  prefix_ = fmt::format("{}{}:", kVersion, length);
  hasher_.update(as_bytes(target_of(head)));
}

std::string PassingDigest::finish() { return prefix_ + hasher_.finish().hex(); }

bool is_digest_of_before(std::string_view digest) { return !digest.starts_with(kVersion); }

bool may_have_length(std::string_view digest, std::uint64_t length) {
  if (is_digest_of_before(digest)) return true;
  digest.remove_prefix(kVersion.size());
  if (digest.starts_with(kJson)) return length <= kMaxSmallBodyBytes;
  std::uint64_t first = 0;
  std::from_chars(digest.data(), digest.data() + digest.size(), first);
  return length == first;
}

}  // namespace mkt

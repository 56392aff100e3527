#include "cli/client/key_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "common/base/json.h"
#include "common/base/utf8.h"
#include "common/connector/names.h"

namespace mkt {
namespace {

// How final a state is. "expired" is an active key past its time, not a change of the key.
int finality(const wire::KeyInfo& key) {
  if (key.status == "revoked") return 2;
  return key.status == "retired" ? 1 : 0;
}

// Compares what never changes once a key is registered.
bool is_same_key(const wire::KeyInfo& a, const wire::KeyInfo& b) {
  const bool both_numbered = a.added_sequence > 0 && b.added_sequence > 0;
  return a.publisher_id == b.publisher_id && a.public_key == b.public_key &&
         a.endorsed_by == b.endorsed_by && a.endorsement == b.endorsement &&
         (!both_numbered || a.added_sequence == b.added_sequence);
}

bool goes_back(const wire::KeyInfo& before, const wire::KeyInfo& now) {
  if (finality(now) < finality(before)) return true;
  if (!before.compromised_sequence) return false;
  return !now.compromised_sequence || *now.compromised_sequence > *before.compromised_sequence;
}

bool is_same_state(const wire::KeyInfo& a, const wire::KeyInfo& b) {
  return finality(a) == finality(b) && a.compromised_sequence == b.compromised_sequence &&
         a.revoked_at == b.revoked_at && a.reason_code == b.reason_code;
}

class Merge {
 public:
  Merge(std::string_view kept, const wire::KeyListing& news)
      : kept_(kept), is_whole_(news.since == 0) {}

  Status take(const wire::KeyInfo& key) {
    MKT_TRY(const std::size_t begin, lower_bound_of_key(kept_, key.key_id));
    MKT_CHECK(pass_to(begin));
    bool was_known = false;
    if (begin < kept_.size()) {
      const std::string_view line = line_at(kept_, begin);
      MKT_TRY(const std::string_view id, key_id_of(line));
      if (id == key.key_id) {
        MKT_TRY(const wire::KeyInfo before, parse_key_line(line));
        compare(before, key);
        at_ = begin + line.size() + 1;
        was_known = true;
      }
    }
    if (!was_known) note_difference(key.key_id);
    merged_.lines += dump_json(key.to_json());
    merged_.lines += '\n';
    return {};
  }

  Result<MergedKeys> finish() {
    MKT_CHECK(pass_to(kept_.size()));
    return std::move(merged_);
  }

 private:
  // For stored lines without a sent one: they stay, or are missing in a whole list.
  Status pass_to(std::size_t begin) {
    if (begin <= at_) return {};
    if (is_whole_) {
      MKT_TRY(const std::string_view id, key_id_of(line_at(kept_, at_)));
      contradict(fmt::format("the key {} is not in it any more", id));
    } else {
      merged_.lines += kept_.substr(at_, begin - at_);
    }
    at_ = begin;
    return {};
  }

  void compare(const wire::KeyInfo& before, const wire::KeyInfo& now) {
    if (!is_same_key(before, now)) {
      contradict(fmt::format("the key {} is a different key now", before.key_id));
    } else if (goes_back(before, now)) {
      contradict(fmt::format("the key {} was {} and is said to be {} now", before.key_id,
                             printable(before.status), printable(now.status)));
    } else if (!is_same_state(before, now)) {
      note_difference(now.key_id);
    }
  }

  void contradict(std::string why) {
    if (merged_.contradiction.empty()) merged_.contradiction = std::move(why);
  }
  void note_difference(const std::string& id) {
    if (merged_.difference.empty()) merged_.difference = id;
  }

  std::string_view kept_;
  bool is_whole_;
  std::size_t at_ = 0;  // in kept_: everything before it is in merged_
  MergedKeys merged_;
};

}  // namespace

Error key_list_damaged(std::string_view what) {
  return Error(
      ErrorCode::data_damaged,
      fmt::format(
          "the stored list of keys is damaged ({}); fetch it again: mkt key refresh --forget",
          what));
}

std::string_view line_at(std::string_view lines, std::size_t begin) {
  return lines.substr(begin, lines.find('\n', begin) - begin);
}

Result<std::string_view> key_id_of(std::string_view line) {
  constexpr std::string_view kStart = R"({"keyId":")";  // as to_json writes it
  const std::size_t end = line.find('"', kStart.size());
  if (!line.starts_with(kStart) || end == std::string_view::npos) {
    return key_list_damaged("a line");
  }
  return line.substr(kStart.size(), end - kStart.size());
}

Result<wire::KeyInfo> parse_key_line(std::string_view line) {
  const auto json = parse_json(line, "a line");
  if (!json) return key_list_damaged(json.error().message);
  auto key = wire::KeyInfo::parse(*json);
  if (!key) return key_list_damaged(key.error().message);
  return std::move(*key);
}

Result<std::size_t> lower_bound_of_key(std::string_view lines, std::string_view id) {
  std::size_t low = 0, high = lines.size();  // both at the start of a line, or at the end
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    const std::size_t before = middle == 0 ? std::string_view::npos : lines.rfind('\n', middle - 1);
    const std::size_t begin = before == std::string_view::npos || before < low ? low : before + 1;
    const std::string_view line = line_at(lines, begin);
    MKT_TRY(const std::string_view found, key_id_of(line));
    if (found < id) {
      low = std::min(lines.size(), begin + line.size() + 1);
    } else {
      high = begin;
    }
  }
  return low;
}

Result<MergedKeys> merge_keys(std::string_view kept, const wire::KeyListing& news) {
  std::vector<const wire::KeyInfo*> sorted;
  for (const wire::KeyInfo& key : news.keys) sorted.push_back(&key);
  std::sort(sorted.begin(), sorted.end(),
            [](const auto* a, const auto* b) { return a->key_id < b->key_id; });
  Merge merge(kept, news);
  std::string_view previous;
  for (const wire::KeyInfo* key : sorted) {
    if (!KeyId::parse(key->key_id) || key->key_id == previous) {
      return Error(ErrorCode::invalid_json,
                   fmt::format("the registry's list of keys is not of the protocol: \"{}\" is no "
                               "key id, or is there twice",
                               printable(key->key_id.substr(0, 100))));
    }
    previous = key->key_id;
    MKT_CHECK(merge.take(*key));
  }
  return merge.finish();
}

}  // namespace mkt

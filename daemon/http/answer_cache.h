// AnswerCache: keeps frequent answers, ready to be sent again.
//
// An answer is kept with the freshness of its data (views/change_clock.h) and is found while that
// holds. kMaxBytes bounds the size: when half of that is new, answers not used since then are
// dropped. Thread-safe.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "daemon/http/answer.h"
#include "daemon/views/change_clock.h"

namespace mkt {

struct KeptAnswer {
  Answer answer;
  std::string etag;
  std::string route;    // for the access log
  Answer not_modified;  // the 304 for a request that has the ETag
  Freshness same_while;
};

class AnswerCache {
 public:
  static constexpr std::size_t kMaxBytes = 32 * 1024 * 1024;
  static constexpr std::size_t kMaxAnswerBytes = 8 * 1024 * 1024;  // more than 10,000 versions

  // nullptr where there is none that still holds.
  std::shared_ptr<const KeptAnswer> find(std::string_view path);
  void keep(const std::string& path, std::shared_ptr<const KeptAnswer> answer);

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  using Answers =
      std::unordered_map<std::string, std::shared_ptr<const KeptAnswer>, Hash, std::equal_to<>>;

  void insert(const std::string& path, std::shared_ptr<const KeptAnswer> answer);

  std::mutex mutex_;
  Answers young_;                // guarded by mutex_
  Answers old_;                  // guarded by mutex_
  std::size_t young_bytes_ = 0;  // guarded by mutex_
};

}  // namespace mkt

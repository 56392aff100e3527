#include "daemon/web/kept_html.h"

namespace mkt {

KeptHtml::Piece KeptHtml::find(const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (const auto young = young_.find(name); young != young_.end()) return young->second;
  const auto old = old_.find(name);
  if (old == old_.end()) return nullptr;
  Piece piece = old->second;
  young_bytes_ += piece->size() + name.size();
  young_.emplace(name, piece);
  old_.erase(old);
  return piece;
}

void KeptHtml::keep(const std::string& name, const Piece& piece) {
  const std::lock_guard lock(mutex_);
  young_bytes_ += piece->size() + name.size();
  young_.insert_or_assign(name, piece);
  if (young_bytes_ < kMaxBytes / 2) return;
  old_ = std::exchange(young_, {});
  young_bytes_ = 0;
}

class KeptHtml::Turn {
 public:
  explicit Turn(KeptHtml& kept) : kept_(kept) {
    std::unique_lock lock(kept.mutex_);
    const auto is_free = [&] { return !kept.is_making_; };
    if (!is_free() && kept.waiting_ < kMostWaiting) {
      ++kept.waiting_;
      kept.made_.wait_for(lock, kPatience, is_free);
      --kept.waiting_;
    }
    has_it_ = is_free();
    if (has_it_) kept.is_making_ = true;
  }
  ~Turn() {
    if (!has_it_) return;
    {
      const std::lock_guard lock(kept_.mutex_);
      kept_.is_making_ = false;
    }
    kept_.made_.notify_one();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  explicit operator bool() const { return has_it_; }

 private:
  KeptHtml& kept_;
  bool has_it_ = false;
};

Result<KeptHtml::Piece> KeptHtml::get(const std::string& name,
                                      const std::function<Result<Html>()>& make) {
  if (Piece kept = find(name)) return kept;
  const Turn turn(*this);
  if (!turn) return Error(ErrorCode::overloaded, "other pages are being made; try again");
  if (Piece kept = find(name)) return kept;
  MKT_TRY(Html html, make());
  Piece piece = std::make_shared<const Html>(std::move(html));
  keep(name, piece);
  return piece;
}

}  // namespace mkt

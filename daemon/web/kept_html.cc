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

Result<KeptHtml::Piece> KeptHtml::get(const std::string& name,
                                      const std::function<Result<Html>()>& make) {
  if (Piece kept = find(name)) return kept;
  const std::unique_lock lock(making_, kPatience);
  if (!lock) return Error(ErrorCode::overloaded, "other pages are being made; try again");
  if (Piece kept = find(name)) return kept;
  MKT_TRY(Html html, make());
  Piece piece = std::make_shared<const Html>(std::move(html));
  keep(name, piece);
  return piece;
}

}  // namespace mkt

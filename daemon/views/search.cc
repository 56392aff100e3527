#include "daemon/views/search.h"

#include <utility>

namespace mkt {
namespace {

bool seen_now(const Records& records, const Viewer& viewer, const ConnectorRecord& c) {
  if (is_for_everyone(c.visible_to)) return true;
  std::vector<std::string> owners;
  for (OwnerRecord& o : records.owners().of(c.id)) owners.push_back(std::move(o.publisher_id));
  return sees(viewer, c.visible_to, owners);
}

}  // namespace

void SearchView::touched(const Touches& touches) {
  if (touches.connectors.empty() && !touches.everything) return;
  const std::lock_guard lock(pending_mutex_);
  if (touches.everything) pending_.all = true;
  if (pending_.all) return;
  pending_.connectors.insert(touches.connectors.begin(), touches.connectors.end());
  if (pending_.connectors.size() <= kMaxNamed) return;
  pending_.connectors.clear();
  pending_.all = true;
}

SearchView::Pending SearchView::take_pending() const {
  const std::lock_guard lock(pending_mutex_);
  return std::exchange(pending_, Pending{false, {}});
}

void SearchView::put_back(Pending pending) const {
  const std::lock_guard lock(pending_mutex_);
  pending_.all = pending_.all || pending.all;
  pending_.connectors.merge(pending.connectors);
}

Status SearchView::read_again(const Pending& pending) const {
  return store_.read([&](const Records& records) -> Status {
    if (pending.all) {
      records.overview().each_search_document([&](const SearchDocument& d) { index_.put(d); });
    }
    for (const std::string& id : pending.connectors) {
      if (const auto document = records.overview().search_document(id)) index_.put(*document);
    }
    return {};
  });
}

Status SearchView::catch_up() const {
  const std::lock_guard lock(reading_mutex_);
  Pending pending = take_pending();
  if (pending.empty()) return {};
  try {
    Status read = read_again(pending);
    if (!read) put_back(std::move(pending));
    return read;
  } catch (...) {  // such as no memory: the next search reads what was not read
    put_back(std::move(pending));
    throw;
  }
}

Result<SearchPage> SearchView::search(const SearchQuery& query) const {
  MKT_CHECK(catch_up());
  const SearchIndex::Hits hits = index_.search(query);
  return read_from(store_, [&](const Records& records) {
    SearchPage page;
    page.total = hits.total;
    for (const std::string& id : hits.ids) {
      auto found = records.catalog().connector(id);
      // It may have been hidden since the index was read.
      if (found && seen_now(records, query.viewer, *found)) {
        page.connectors.push_back(std::move(*found));
      }
    }
    return page;
  });
}

}  // namespace mkt

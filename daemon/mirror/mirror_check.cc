// Reading both sides; see mirror_check.h.
#include "daemon/mirror/mirror_check.h"

#include <fmt/format.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "common/base/encoding.h"
#include "common/base/files.h"
#include "common/connector/checksum.h"
#include "common/http/http_client.h"
#include "daemon/mirror/firestore_value.h"
#include "daemon/mirror/layout.h"
#include "daemon/mirror/mirror.h"
#include "daemon/store/blobs.h"
#include "daemon/store/data_folder.h"
#include "daemon/store/sqlite/database_file.h"
#include "daemon/store/sqlite/sqlite_store.h"

namespace mkt {
namespace {

constexpr int kPage = 100;
constexpr std::size_t kShown = 100;
constexpr const char* kSequence = "mirrorSeq";

// Every document of that kind that is there, in the order of paths.
Status each_mirrored(Firestore& firestore, const MirrorLayout& layout, DocumentKind kind,
                     const std::function<Status(const FirestoreDocument&)>& take) {
  std::string after;
  for (;;) {
    MKT_TRY(const auto page, firestore.query(layout.collection_id(kind), after, kPage));
    for (const FirestoreDocument& document : page) {
      if (layout.is_of(kind, document.path)) MKT_CHECK(take(document));
    }
    if (page.size() < static_cast<std::size_t>(kPage)) return {};
    after = page.back().path;
  }
}

Result<Json> content_of(const FirestoreDocument& document) {
  MKT_TRY(Json content, from_firestore_fields(document.fields));
  content.erase(kSequence);
  return content;
}

// Of the content whatever the order of its members.
std::string hash_of(const Json& content) {
  return Checksum::of(as_bytes(nlohmann::json(content).dump())).hex();
}

Status fetch_tarball(HttpClient& client, const std::string& registry, const Json& version,
                     BlobStore& blobs, MirrorRestored& restored) {
  const std::string id = text_member(version, "connectorId").value_or("");
  const std::string number = text_member(version, "version").value_or("");
  const std::string checksum = text_member(version, "checksum").value_or("");
  MKT_TRY(BlobUpload upload, blobs.begin_upload());
  HttpRequest request;
  request.url = fmt::format("{}/v1/connectors/{}/{}/tarball", registry, id, number);
  MKT_TRY(const HttpResponse response,
          client.send(request,
                      [&](std::span<const std::uint8_t> bytes) { return upload.write(bytes); }));
  if (response.status != 200) {
    return Error(ErrorCode::not_found, fmt::format("{} has no tarball of {}@{} (HTTP {})", registry,
                                                   id, number, response.status));
  }
  MKT_CHECK(upload.finish());
  if (upload.checksum().text() != checksum) {
    return Error(
        ErrorCode::checksum_mismatch,
        fmt::format("{} gives other bytes for {}@{} than were published", registry, id, number));
  }
  MKT_CHECK(upload.place());
  upload.keep();
  ++restored.tarballs;
  restored.bytes += upload.size();
  return {};
}

}  // namespace

Result<MirrorDifferences> compare_mirror(const std::filesystem::path& database,
                                         Firestore& firestore) {
  const MirrorLayout layout(firestore.options().prefix);
  std::unordered_map<std::string, std::string> here;
  MKT_CHECK(each_document(database, [&](const OutboxEntry& entry) -> Status {
    here[layout.path_of(entry.name)] = hash_of(*entry.content);
    return {};
  }));
  MirrorDifferences found;
  const auto differs = [&](const char* how, const std::string& path) {
    ++found.different;
    if (found.first.size() < kShown) found.first.push_back(fmt::format("{}: {}", how, path));
  };
  for (const DocumentKind kind : kDocumentKinds) {
    MKT_CHECK(each_mirrored(firestore, layout, kind, [&](const FirestoreDocument& d) -> Status {
      const auto mine = here.find(d.path);
      if (mine == here.end()) {
        differs("only there", d.path);
        return {};
      }
      const auto content = content_of(d);
      if (content && hash_of(*content) == mine->second) {
        ++found.equal;
      } else {
        differs("different", d.path);
      }
      here.erase(mine);
      return {};
    }));
  }
  for (const auto& [path, hash] : here) differs("missing there", path);
  return found;
}

Result<MirrorRestored> restore_from_mirror(Firestore& firestore, const std::filesystem::path& into,
                                           const std::string& tarballs_from) {
  std::error_code none;
  if (std::filesystem::exists(into, none) && !std::filesystem::is_empty(into, none)) {
    return Error(ErrorCode::target_exists,
                 fmt::format("{} holds something; name a folder that is new", into.string()));
  }
  MKT_TRY(const DataFolder data, DataFolder::open(into));
  MKT_TRY(const auto store, SqliteStore::open(data.database()));
  MKT_TRY(const auto blobs,
          BlobStore::open(data.blobs(), [](const Checksum&) -> Result<bool> { return true; }));
  const MirrorLayout layout(firestore.options().prefix);
  MirrorRestored restored;
  HttpClient client(std::chrono::milliseconds(0), "the registry");
  for (const DocumentKind kind : kDocumentKinds) {
    std::vector<Json> page;
    const auto put_back = [&]() -> Status {
      restored.documents += page.size();
      MKT_CHECK(store->put_back(kind, page));
      if (kind == DocumentKind::version && !tarballs_from.empty()) {
        for (const Json& version : page) {
          MKT_CHECK(fetch_tarball(client, tarballs_from, version, *blobs, restored));
        }
      }
      page.clear();
      return {};
    };
    MKT_CHECK(each_mirrored(firestore, layout, kind, [&](const FirestoreDocument& d) -> Status {
      auto content = content_of(d);
      if (!content) return content.error().context(d.path);
      page.push_back(std::move(*content));
      return page.size() < static_cast<std::size_t>(kPage) ? Status() : put_back();
    }));
    MKT_CHECK(put_back());
  }
  if (restored.documents == 0) {
    return Error(ErrorCode::not_found,
                 fmt::format("there is nothing of a registry in {} under the prefix {}",
                             firestore.options().project, firestore.options().prefix));
  }
  // The cursor stays this registry's.
  MKT_TRY(const auto cursor, firestore.get(layout.cursor()));
  if (cursor) {
    MKT_TRY(const Json place, from_firestore_fields(cursor->fields));
    if (const auto registry = text_member(place, "registry")) {
      MKT_CHECK(store->set_mirror_state("registry", *registry));
    }
  }
  return restored;
}

}  // namespace mkt

#include "daemon/mirror/mirror_check.h"

#include <fmt/format.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "common/base/encoding.h"
#include "common/base/files.h"
#include "common/connector/checksum.h"
#include "common/http/http_client.h"
#include "daemon/blobs/file_blobs.h"
#include "daemon/mirror/firestore_value.h"
#include "daemon/mirror/layout.h"
#include "daemon/mirror/mirror.h"
#include "daemon/mirror/mirrored_documents.h"
#include "daemon/mirror/older_documents.h"
#include "daemon/store/data_folder.h"
#include "daemon/store/sqlite/database_file.h"
#include "daemon/store/sqlite/sqlite_store.h"

namespace mkt {
namespace {

constexpr std::size_t kPage = 100;
constexpr std::size_t kShown = 100;

Result<Json> content_of(const FirestoreDocument& document) {
  MKT_TRY(Json content, content_of_fields(document.fields));
  content.erase(kMirrorSequence);
  return content;
}

// The hash of a document. It does not depend on the order of fields or the spelling of values.
Result<std::string> content_hash(const Json& fields) {
  MKT_TRY(Json values, from_firestore_fields(fields));
  values.erase(kMirrorSequence);
  return Checksum::of(as_bytes(nlohmann::json(values).dump())).hex();
}

// A document as this mktd writes it, and as an earlier mktd wrote it.
struct Hashes {
  std::string now;
  std::string earlier;
};

Result<Hashes> hashes_of(const OutboxEntry& entry) {
  MKT_TRY(std::string now, content_hash(older_fields(entry.name, *entry.content)));
  MKT_TRY(std::string earlier, content_hash(earlier_fields(entry.name, *entry.content)));
  return Hashes{std::move(now), std::move(earlier)};
}

// Fetches the tarballs of a restored database.
class Fetcher {
 public:
  Fetcher(const TarballSources& sources, BlobStore& blobs) : sources_(sources), blobs_(blobs) {}

  bool has_source() const { return sources_.bucket != nullptr || !sources_.registry.empty(); }

  // Fails where this machine's disk fails; what no source has is only noted.
  Status fetch(const Json& version, MirrorRestored& restored) {
    const std::string text = text_member(version, "checksum").value_or("");
    const auto checksum = Checksum::parse(text);
    Status done = checksum ? Status() : checksum.error();
    if (checksum) {
      done = Error(ErrorCode::not_found, "");
      if (sources_.bucket != nullptr) {
        done = keep(*checksum, restored, [&](const HttpClient::Sink& sink) {
          return sources_.bucket->get(*checksum, sink);
        });
      }
      if (!done && !sources_.registry.empty()) {
        done = keep(*checksum, restored,
                    [&](const HttpClient::Sink& sink) { return download(version, sink); });
      }
    }
    if (done || done.error().code == ErrorCode::storage_full ||
        done.error().code == ErrorCode::io_error) {
      return done;
    }
    ++restored.missing;
    if (restored.first.size() < kShown) {
      restored.first.push_back(fmt::format("{}@{}: {}", member(version, "connectorId"),
                                           member(version, "version"), done.error().message));
    }
    return {};
  }

 private:
  static std::string member(const Json& version, const char* name) {
    return text_member(version, name).value_or("");
  }

  Status download(const Json& version, const HttpClient::Sink& sink) {
    HttpRequest request;
    request.url = fmt::format("{}/v1/connectors/{}/{}/tarball", sources_.registry,
                              member(version, "connectorId"), member(version, "version"));
    MKT_TRY(const HttpResponse response, client_.send(request, sink));
    if (response.status == 200) return {};
    return Error(ErrorCode::not_found,
                 fmt::format("{} does not have it (HTTP {})", sources_.registry, response.status));
  }

  Status keep(const Checksum& checksum, MirrorRestored& restored,
              const std::function<Status(const HttpClient::Sink&)>& from) {
    MKT_TRY(BlobUpload upload, blobs_.begin_upload());
    MKT_CHECK(from([&](std::span<const std::uint8_t> bytes) { return upload.write(bytes); }));
    MKT_CHECK(upload.finish());
    if (upload.checksum() != checksum) {
      return Error(ErrorCode::checksum_mismatch, "these are other bytes than were published");
    }
    MKT_CHECK(upload.place());
    ++restored.tarballs;
    restored.bytes += upload.size();
    upload.keep();
    return {};
  }

  const TarballSources& sources_;
  BlobStore& blobs_;
  HttpClient client_{std::chrono::milliseconds(0), "the registry"};
};

// The tarballs that must be in the bucket, by object, with their sizes.
using Tarballs = std::unordered_map<std::string, std::uint64_t>;

// Removes from the list what is in the bucket as it should be.
Status find_tarballs(Bucket& bucket, Tarballs& wanted, MirrorDifferences& found) {
  std::string next;
  do {
    MKT_TRY(Bucket::Page page, bucket.list(next));
    for (const Bucket::Object& object : page.objects) {
      const auto mine = wanted.find(object.name);
      if (mine == wanted.end() || mine->second != object.size) continue;
      ++found.equal;
      wanted.erase(mine);
    }
    next = std::move(page.next);
  } while (!next.empty());
  return {};
}

Status change_outbox(Store& store, const std::function<Status(Outbox&)>& write) {
  const auto done = store.change(
      Touches::all(), [&](Records& records) -> Status { return write(records.outbox()); });
  return done ? Status() : done.error();
}

Status put_back_rows(Store& store, DocumentKind kind, const std::vector<Json>& documents) {
  return change_outbox(store, [&](Outbox& outbox) -> Status {
    for (const Json& document : documents) MKT_CHECK(outbox.put_back(kind, document));
    return {};
  });
}

}  // namespace

Result<MirrorDifferences> compare_mirror(const std::filesystem::path& database,
                                         Firestore& firestore, Bucket* bucket) {
  const MirrorLayout layout(firestore.options().prefix);
  std::unordered_map<std::string, Hashes> here;
  Tarballs tarballs;
  MKT_CHECK(each_document(database, [&](const OutboxEntry& entry) -> Status {
    MKT_TRY(here[layout.path_of(entry.name)], hashes_of(entry));
    if (bucket == nullptr || entry.name.kind != DocumentKind::version) return {};
    MKT_TRY(const Checksum checksum,
            Checksum::parse(text_member(*entry.content, "checksum").value_or("")));
    const auto size = static_cast<std::uint64_t>(number_member(*entry.content, "size").value_or(0));
    if (size <= bucket->options().most_bytes) tarballs[bucket->object_of(checksum)] = size;
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
      const auto there = content_hash(d.fields);
      if (there && (*there == mine->second.now || *there == mine->second.earlier)) {
        ++found.equal;
      } else {
        differs("different", d.path);
      }
      here.erase(mine);
      return {};
    }));
  }
  for (const auto& [path, hashes] : here) differs("missing there", path);
  if (bucket != nullptr) MKT_CHECK(find_tarballs(*bucket, tarballs, found));
  for (const auto& [object, size] : tarballs) {
    differs("missing there", fmt::format("gs://{}/{}", bucket->options().name, object));
  }
  return found;
}

Result<MirrorRestored> restore_from_mirror(Firestore& firestore, const std::filesystem::path& into,
                                           const TarballSources& sources) {
  std::error_code none;
  if (std::filesystem::exists(into, none) && !std::filesystem::is_empty(into, none)) {
    return Error(ErrorCode::target_exists,
                 fmt::format("{} is not empty; name a new folder", into.string()));
  }
  MKT_TRY(const DataFolder data, DataFolder::open(into));
  MKT_TRY(const auto store, SqliteStore::open(data.database()));
  MKT_TRY(const auto blobs,
          FileBlobs::open(data.blobs(), [](const Checksum&) -> Result<bool> { return true; }));
  const MirrorLayout layout(firestore.options().prefix);
  MirrorRestored restored;
  Fetcher fetcher(sources, *blobs);
  for (const DocumentKind kind : kDocumentKinds) {
    std::vector<Json> page;
    const auto put_back = [&]() -> Status {
      restored.documents += page.size();
      MKT_CHECK(put_back_rows(*store, kind, page));
      if (kind == DocumentKind::version && fetcher.has_source()) {
        for (const Json& version : page) MKT_CHECK(fetcher.fetch(version, restored));
      }
      page.clear();
      return {};
    };
    MKT_CHECK(each_mirrored(firestore, layout, kind, [&](const FirestoreDocument& d) -> Status {
      if (!d.fields.contains(kMirrorSequence)) return {};  // another program's
      auto content = content_of(d);
      if (!content) return content.error().context(d.path);
      page.push_back(std::move(*content));
      return page.size() < kPage ? Status() : put_back();
    }));
    MKT_CHECK(put_back());
  }
  if (restored.documents == 0) {
    return Error(ErrorCode::not_found,
                 fmt::format("there are no documents of a registry in {} under the prefix {}",
                             firestore.options().project, firestore.options().prefix));
  }
  // Keeps the registry id, so that the cursor stays this registry's.
  MKT_TRY(const auto cursor, firestore.get(layout.cursor()));
  if (cursor) {
    MKT_TRY(const Json place, from_firestore_fields(cursor->fields));
    if (const auto registry = text_member(place, "registry")) {
      MKT_CHECK(change_outbox(*store, [&](Outbox& outbox) -> Status {
        outbox.set_state("registry", *registry);
        return {};
      }));
    }
  }
  return restored;
}

}  // namespace mkt

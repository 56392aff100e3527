#include "daemon/ops/mirror_operations.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "common/base/files.h"
#include "common/base/standard_streams.h"
#include "common/base/utf8.h"
#include "common/http/http_client.h"
#include "common/wire/messages.h"
#include "daemon/mirror/layout.h"
#include "daemon/mirror/mirror_check.h"
#include "daemon/mirror/mirrored_documents.h"
#include "daemon/ops/counted.h"
#include "daemon/store/sqlite/database_file.h"

namespace mkt {
namespace {

constexpr std::chrono::milliseconds kCheckTimeout{60'000};
constexpr std::size_t kMaxLineBytes = 4096;
constexpr std::size_t kShownForeign = 20;

struct MirrorOperationArguments {
  FirestoreOptions firestore;
  BucketOptions bucket;

  std::unique_ptr<Bucket> open() const {
    BucketOptions options = bucket;
    options.prefix = firestore.prefix;
    return open_bucket(std::move(options));
  }
  std::string into;
  std::string tarballs_from;
};

struct MirrorReport {
  Json document;
  std::string text;
  ExitStatus status = ExitStatus::done;
};

Result<std::string> line_of(const std::filesystem::path& file, const char* otherwise) {
  const auto text = read_file(file, kMaxLineBytes);
  if (!text) return Error(ErrorCode::registry_unavailable, otherwise);
  return text->substr(0, text->find('\n'));
}

// Asks the daemon that is running on the folder, as its first admin.
Result<Json> ask_daemon(const std::filesystem::path& data, const char* method, const char* path) {
  MKT_TRY(const std::string url,
          line_of(data / "mktd.url", "no mktd runs on this data folder; start it first"));
  MKT_TRY(const std::string token, line_of(data / "admin.token",
                                           "the data folder has no admin.token any more; ask "
                                           "/v1/mirror with another admin's token"));
  HttpClient client(kCheckTimeout, "mktd");
  HttpRequest request;
  request.method = method;
  request.url = url + path;
  request.headers = {"Authorization: Bearer " + token};
  MKT_TRY(const HttpResponse response, client.send(request));
  if (response.status / 100 != 2) return wire::parse_error(response.status, response.body);
  return parse_json(response.body, "mktd's answer");
}

Result<MirrorReport> show_status(const std::string& data) {
  MKT_TRY(Json json, ask_daemon(data, "GET", "/v1/mirror"));
  std::string text = fmt::format("project  {}\nwaiting  {}, the oldest for {}s\nsent     {}\n",
                                 printable(text_member(json, "project").value_or("")),
                                 counted_member(json, "waiting", "change"),
                                 number_member(json, "lagSeconds").value_or(0),
                                 counted_member(json, "sent", "document"));
  if (const auto bucket = text_member(json, "bucket")) {
    text += fmt::format("bucket   {}, {}\n", printable(*bucket),
                        counted_member(json, "tarballs", "tarball"));
  }
  if (const auto trouble = text_member(json, "trouble")) {
    text += fmt::format("trouble  {}\n", printable(*trouble));
  }
  text += fmt::format("parked   {}", counted_member(json, "parkedCount", "document"));
  for (const Json& p : json["parked"]) {
    text += fmt::format("\n  {}: {}", printable(text_member(p, "document").value_or("")),
                        printable(text_member(p, "reason").value_or("")));
  }
  return MirrorReport{std::move(json), std::move(text)};
}

Result<MirrorReport> resync(const std::string& data) {
  MKT_TRY(Json json, ask_daemon(data, "POST", "/v1/mirror/resync"));
  std::string text = counted_member(json, "waiting", "document") + " will be sent again";
  return MirrorReport{std::move(json), std::move(text)};
}

Result<MirrorReport> verify(const std::string& data, const MirrorOperationArguments& a) {
  const std::filesystem::path database = std::filesystem::path(data) / "mktd.db";
  MKT_TRY(const OutboxCounts outbox, outbox_counts_in(database));
  const auto firestore = open_firestore(a.firestore);
  const auto bucket = a.open();
  MKT_TRY(const MirrorDifferences found, compare_mirror(database, *firestore, bucket.get()));
  const char* const what = bucket ? "documents and tarballs" : "documents";
  std::string text;
  for (const std::string& line : found.first) text += printable(line) + "\n";
  text += found.different == 0
              ? fmt::format("equal: {} {}", found.equal, what)
              : fmt::format("{} {} differ, {} are equal", found.different, what, found.equal);
  if (outbox.waiting > 0) {
    text += fmt::format("; {} wait{} to be sent",
                        counted(static_cast<std::uint64_t>(outbox.waiting), "change"),
                        outbox.waiting == 1 ? "s" : "");
  }
  return MirrorReport{{{"equal", found.equal},
                       {"different", found.different},
                       {"waiting", outbox.waiting},
                       {"differences", found.first}},
                      std::move(text),
                      found.different == 0 ? ExitStatus::done : ExitStatus::damaged};
}

// Shows which documents under the prefix no mirror wrote. With `yes`, the daemon may overwrite
// them.
Result<MirrorReport> adopt(const std::string& data, const MirrorOperationArguments& a, bool yes) {
  const auto firestore = open_firestore(a.firestore);
  std::uint64_t count = 0;
  std::vector<std::string> first;
  MKT_CHECK(each_foreign_document(*firestore, MirrorLayout(a.firestore.prefix),
                                  [&](const std::string& path) -> Status {
                                    if (++count <= kShownForeign) first.push_back(path);
                                    return {};
                                  }));
  std::string text;
  for (const std::string& path : first) text += printable(path) + "\n";
  if (count > first.size()) text += fmt::format("and {} more\n", count - first.size());
  text +=
      fmt::format("{} document{} under {} in {} {} not this mirror's", count, count == 1 ? "" : "s",
                  a.firestore.prefix, a.firestore.project, count == 1 ? "is" : "are");
  if (yes) {
    MKT_CHECK(ask_daemon(data, "POST", "/v1/mirror/adopt"));
    text += "; those that the registry has too are overwritten, the others stay";
  } else if (count > 0) {
    text += "; to let the registry overwrite those that it has too: mktd mirror adopt --yes";
  }
  return MirrorReport{{{"foreign", count}, {"first", first}, {"adopted", yes}}, std::move(text)};
}

Result<MirrorReport> restore_mirror(const MirrorOperationArguments& a) {
  const auto firestore = open_firestore(a.firestore);
  const auto bucket = a.open();
  MKT_TRY(const MirrorRestored r,
          restore_from_mirror(*firestore, a.into, {bucket.get(), a.tarballs_from}));
  std::string text;
  for (const std::string& line : r.first) text += printable(line) + "\n";
  text += fmt::format("restored {} into {}", counted(r.documents, "document"), printable(a.into));
  text += bucket || !a.tarballs_from.empty()
              ? fmt::format(" and {}, {}", counted(r.tarballs, "tarball"), counted(r.bytes, "byte"))
              : "; its tarballs are not there: --firestore-bucket fetches them from a bucket, "
                "--tarballs-from from another daemon";
  if (r.missing > 0)
    text += fmt::format("; {} could not be fetched", counted(r.missing, "tarball"));
  return MirrorReport{{{"data", a.into},
                       {"documents", r.documents},
                       {"tarballs", r.tarballs},
                       {"bytes", r.bytes},
                       {"missing", r.missing},
                       {"reasons", r.first}},
                      std::move(text),
                      r.missing == 0 ? ExitStatus::done : ExitStatus::damaged};
}

int print(const Result<MirrorReport>& answer, bool json) {
  if (answer) {
    write_to_stdout(json ? dump_json_pretty(answer->document) : answer->text + "\n");
    return static_cast<int>(answer->status);
  }
  const Error& error = answer.error();
  if (json) {
    write_to_stdout(dump_json_pretty({{"error", error.message},
                                      {"code", error_code_name(error.code)},
                                      {"message", error.message}}));
  }
  write_to_stderr(fmt::format("mktd: {}\n", printable(error.message)));
  return static_cast<int>(exit_status(error.code));
}

void add_firestore_options(CLI::App* command, MirrorOperationArguments& a) {
  FirestoreOptions& firestore = a.firestore;
  command->add_option("--firestore-project", firestore.project, "The project of Google Cloud")
      ->envname("MKTD_FIRESTORE_PROJECT")
      ->required();
  command->add_option("--firestore-database", firestore.database, "Its database")
      ->envname("MKTD_FIRESTORE_DATABASE");
  command->add_option("--firestore-prefix", firestore.prefix, "Prefix of its collections' names")
      ->envname("MKTD_FIRESTORE_PREFIX");
  command->add_option("--firestore-bucket", a.bucket.name, "The bucket that has its tarballs")
      ->envname("MKTD_FIRESTORE_BUCKET");
  command
      ->add_option("--firestore-bucket-most-bytes", a.bucket.most_bytes,
                   "Tarballs larger than this are not there")
      ->envname("MKTD_FIRESTORE_BUCKET_MOST_BYTES");
}

}  // namespace

void add_mirror_operations(CLI::App& app, const std::string& data, const bool& json, int& status) {
  CLI::App* mirror = app.add_subcommand("mirror", "The mirror in Firestore");
  mirror->require_subcommand(1);
  mirror->fallthrough();
  const auto a = std::make_shared<MirrorOperationArguments>();
  mirror->add_subcommand("status", "Show its progress, and what was refused")->callback([&] {
    status = print(show_status(data), json);
  });
  mirror->add_subcommand("resync", "Send everything again, while mktd runs")->callback([&] {
    status = print(resync(data), json);
  });
  CLI::App* command = mirror->add_subcommand("verify", "Compare the database with the mirror");
  add_firestore_options(command, *a);
  command->callback([&, a] { status = print(verify(data, *a), json); });
  command = mirror->add_subcommand(
      "adopt", "Show what others wrote under its prefix; with --yes, let mktd overwrite it");
  add_firestore_options(command, *a);
  const auto yes = std::make_shared<bool>(false);
  command->add_flag("--yes", *yes, "The running mktd may overwrite it");
  command->callback([&, a, yes] { status = print(adopt(data, *a, *yes), json); });
  command = mirror->add_subcommand("restore", "Make a data folder from the mirror");
  add_firestore_options(command, *a);
  command->add_option("--into", a->into, "The new data folder")->required();
  command->add_option("--tarballs-from", a->tarballs_from,
                      "A registry that has the tarballs, http://HOST:PORT");
  command->callback([&, a] { status = print(restore_mirror(*a), json); });
}

}  // namespace mkt

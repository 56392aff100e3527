#include "cli/client/receipt.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <map>

#include "common/base/files.h"
#include "common/base/utf8.h"
#include "common/connector/entry_path.h"
#include "mkt_version.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxReceiptBytes = 64 * 1024 * 1024;
constexpr std::size_t kMaxFindings = 50;

Error damaged_receipt(const fs::path& folder, std::string_view what) {
  return Error(
      ErrorCode::data_damaged,
      fmt::format(
          "{} is not a valid receipt: {}; move the folder away and install the connector again",
          printable((folder / kReceiptName).string()), what));
}

}  // namespace

Json Receipt::json() const {
  Json list = Json::array();
  for (const UnpackedFile& f : files) {
    list.push_back({{"path", f.path},
                    {"size", f.size},
                    {"executable", f.executable},
                    {"checksum", f.checksum.text()}});
  }
  Json json{{"receiptVersion", "1.0"},
            {"id", id},
            {"version", version},
            {"registry", registry},
            {"checksum", checksum},
            {"size", size},
            {"keyId", text_member(signature, "keyId").value_or("")},
            {"fingerprint", fingerprint},
            {"signature", signature},
            {"acceptedSequence", accepted_sequence},
            {"keys", {{"sequence", keys_sequence}, {"checkedAt", keys_checked_at}}}};
  if (accepted_stale) json["keys"]["acceptedStale"] = true;
  if (tenant) json["tenant"] = *tenant;
  json["installedAt"] = installed_at;
  json["installedBy"] = "mkt " MKT_VERSION;
  json["files"] = std::move(list);
  return json;
}

Result<Receipt> Receipt::read(const fs::path& folder) {
  MKT_TRY(const std::string text, read_file(folder / kReceiptName, kMaxReceiptBytes));
  const auto json = parse_json(text, "it");
  if (!json) return damaged_receipt(folder, json.error().message);
  Receipt r;
  r.id = text_member(*json, "id").value_or("");
  r.version = text_member(*json, "version").value_or("");
  r.registry = text_member(*json, "registry").value_or("");
  r.checksum = text_member(*json, "checksum").value_or("");
  r.fingerprint = text_member(*json, "fingerprint").value_or("");
  r.tenant = text_member(*json, "tenant");
  r.installed_at = text_member(*json, "installedAt").value_or("");
  if (!ConnectorId::parse(r.id) || !Version::parse(r.version) || !Checksum::parse(r.checksum)) {
    return damaged_receipt(folder, "id, version or checksum");
  }
  if (const auto size = json->find("size"); size != json->end() && size->is_number_unsigned()) {
    r.size = size->get<std::uint64_t>();
  }
  r.accepted_sequence = number_member(*json, "acceptedSequence").value_or(0);
  const auto signature = json->find("signature");
  const auto files = json->find("files");
  if (signature == json->end() || files == json->end() || !files->is_array()) {
    return damaged_receipt(folder, "signature or files");
  }
  r.signature = *signature;
  for (const Json& f : *files) {
    const auto path = text_member(f, "path").value_or("");
    const auto checksum = Checksum::parse(text_member(f, "checksum").value_or(""));
    const auto size = f.is_object() ? f.find("size") : f.end();
    if (!check_entry_path(path) || !checksum || size == f.end() || !size->is_number_unsigned()) {
      return damaged_receipt(folder, "files");
    }
    const auto executable = f.find("executable");
    r.files.push_back({path, size->get<std::uint64_t>(),
                       executable != f.end() && *executable == true, *checksum});
  }
  return r;
}

Json describe_installed(const Receipt& receipt, const std::filesystem::path& folder) {
  return {
      {"id", receipt.id},          {"version", receipt.version},
      {"folder", folder.string()}, {"checksum", receipt.checksum},
      {"size", receipt.size},      {"keyId", text_member(receipt.signature, "keyId").value_or("")}};
}

Status write_receipt(const fs::path& folder, const Receipt& receipt) {
  return write_file_atomically(folder / kReceiptName, dump_json_pretty(receipt.json()), 0644);
}

Status check_tree(const fs::path& folder, const Receipt& receipt) {
  std::vector<ErrorDetail> findings;
  std::map<std::string, const UnpackedFile*> expected;
  for (const UnpackedFile& f : receipt.files) expected.emplace(f.path, &f);

  std::error_code error;
  fs::recursive_directory_iterator it(folder, error);
  for (const fs::recursive_directory_iterator end; !error && it != end; it.increment(error)) {
    const std::string path = it->path().lexically_relative(folder).generic_string();
    const fs::file_status status = it->symlink_status(error);
    if (error || path == kReceiptName || fs::is_directory(status)) continue;
    const auto known = expected.find(path);
    if (known == expected.end()) {
      findings.push_back({printable(path), "is not part of the connector"});
      continue;
    }
    const UnpackedFile& file = *known->second;
    expected.erase(known);
    if (!fs::is_regular_file(status)) {
      findings.push_back({printable(path), "is not a plain file"});
      continue;
    }
    MKT_TRY(const UniqueFd fd, open_for_reading(it->path()));
    MKT_TRY(const Checksum actual, checksum_of_file(fd.get(), printable(path)));
    if (actual != file.checksum) findings.push_back({printable(path), "has changed"});
  }
  if (error) {
    return system_error(fmt::format("cannot read {}", printable(folder.string())), error.value());
  }
  for (const auto& [path, unused] : expected) findings.push_back({printable(path), kMissing});
  if (findings.empty()) return {};
  const std::size_t count = findings.size();
  std::string message = fmt::format(
      "{} differs from what was installed in {} place{}, first {}: {}", printable(folder.string()),
      count, count == 1 ? "" : "s", findings[0].path, findings[0].message);
  if (count > kMaxFindings) findings.resize(kMaxFindings);
  return Error(ErrorCode::data_damaged, std::move(message), std::move(findings));
}

Result<std::vector<Installed>> list_installed(const fs::path& root) {
  std::vector<Installed> all;
  std::error_code error;
  for (fs::directory_iterator it(root, error), end; !error && it != end; it.increment(error)) {
    // Names that start with '.' are unfinished installs.
    if (it->path().filename().string().starts_with('.')) continue;
    auto receipt = Receipt::read(it->path());
    if (receipt) {
      all.push_back({it->path(), std::move(*receipt)});
    } else if (receipt.error().code != ErrorCode::not_found) {
      return receipt.error();
    }
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    return system_error(fmt::format("cannot list {}", printable(root.string())), error.value());
  }
  std::sort(all.begin(), all.end(),
            [](const Installed& a, const Installed& b) { return a.receipt.id < b.receipt.id; });
  return all;
}

}  // namespace mkt

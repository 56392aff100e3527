// Tables and JSON about a source tree.
#include "cli/commands/pack_report.h"

#include <fmt/format.h>

#include <map>
#include <vector>

#include "common/base/utf8.h"
#include "common/connector/older_loader.h"

namespace mkt {
namespace {

// One line of a listing: a file, or a node_modules folder with everything in it.
struct Line {
  std::string path;
  std::uint64_t size = 0;
  std::uint64_t files = 0;  // 0 for a file
  std::string secret = {};  // why it looks like a secret, else empty
};

constexpr std::string_view kModules = "node_modules/";

// The path up to and including its outermost node_modules/; else empty.
std::string modules_of(const std::string& path) {
  for (std::size_t at = path.find(kModules); at != std::string::npos;
       at = path.find(kModules, at + 1)) {
    if (at == 0 || path[at - 1] == '/') return path.substr(0, at + kModules.size());
  }
  return {};
}

std::vector<Line> lines_of(const SourceTree& tree) {
  std::vector<Line> lines;
  std::map<std::string, std::size_t> modules;
  for (const SourceEntry& e : tree.entries) {
    if (e.is_folder) continue;
    const std::string folder = modules_of(e.path);
    if (folder.empty()) {
      lines.push_back({e.path, e.size, 0, e.secret});
      continue;
    }
    const auto [it, is_new] = modules.try_emplace(folder, lines.size());
    if (is_new) lines.push_back({folder, 0, 0});
    lines[it->second].size += e.size;
    ++lines[it->second].files;
  }
  return lines;
}

std::string shown(const LeftOut& left_out) {
  return printable(left_out.path) + (left_out.is_folder ? "/" : "");
}

}  // namespace

void describe_tree(const SourceTree& tree, Json& document) {
  Json contents = Json::array();
  for (const Line& line : lines_of(tree)) {
    Json entry{{"path", line.path}, {"size", line.size}};
    if (line.files != 0) entry["files"] = line.files;
    if (!line.secret.empty()) entry["secret"] = line.secret;
    contents.push_back(std::move(entry));
  }
  Json left_out = Json::array();
  for (const LeftOut& l : tree.left_out) {
    left_out.push_back(
        {{"path", l.path + (l.is_folder ? "/" : "")}, {"why", l.why}, {"secret", l.secret}});
  }
  document["contents"] = std::move(contents);
  document["leftOut"] = std::move(left_out);
}

std::string format_tree(const SourceTree& tree, const Screen& screen) {
  Table files({{"SIZE", Column::Fit::right}, {"FILE", Column::Fit::cut_middle}});
  for (const Line& line : lines_of(tree)) {
    std::string name = printable(line.path);
    if (line.files != 0) name += fmt::format(" ({} files)", line.files);
    if (!line.secret.empty()) name += fmt::format(" ({})", line.secret);
    files.add(
        {Cell(format_bytes(line.size), Tone::plain, std::to_string(line.size)), std::move(name)});
  }
  std::string text = files.text(screen);
  if (tree.left_out.empty()) return text;
  Table left_out({{"LEFT OUT", Column::Fit::cut_middle}, {"WHY", Column::Fit::wrap}});
  for (const LeftOut& l : tree.left_out) left_out.add({shown(l), "it " + printable(l.why)});
  return text + "\n" + left_out.text(screen);
}

void tell_tree(const SourceTree& tree, const Output& out, Files files) {
  constexpr std::size_t kFirst = 8;
  const std::vector<Line> lines = lines_of(tree);
  const std::size_t shown_lines =
      files == Files::all || lines.size() <= kFirst + 1 ? lines.size() : kFirst;
  for (std::size_t i = 0; i < shown_lines; ++i) {
    const Line& line = lines[i];
    out.note(fmt::format("  {:>9}  {}{}", format_bytes(line.size), printable(line.path),
                         line.files != 0 ? fmt::format(" ({} files)", line.files) : ""));
  }
  if (shown_lines < lines.size()) {
    out.note(
        fmt::format("             and {} more (--list shows all)", lines.size() - shown_lines));
  }
  std::vector<std::string> left_out;
  for (const LeftOut& l : tree.left_out) left_out.push_back(shown(l));
  const std::size_t count = left_out.size();
  if (files == Files::first && count > kFirst) left_out.resize(kFirst);
  if (count == 0) return;
  out.note(out.on_err(fmt::format("  left out   {}{}", fmt::join(left_out, ", "),
                                  left_out.size() < count ? ", …" : ""),
                      Tone::faint));
}

void report_plan(const PackPlan& plan, const Output& out, Json& document) {
  Json warnings = Json::array();
  for (const ErrorDetail& finding : older_loader_findings(plan.manifest, plan.tree.entries)) {
    out.warn(fmt::format("programs older than mkt cannot load this connector: {}: {}", finding.path,
                         finding.message));
    warnings.push_back({{"path", finding.path}, {"message", finding.message}});
  }
  document["warnings"] = std::move(warnings);
  if (plan.source_checksum == ManifestChecksum::outdated) {
    out.note(
        fmt::format("the checksum in {} was of another {}; the packed copy names the right one",
                    kManifestName, printable(plan.manifest.entrypoint())));
  }
  for (const LeftOut& l : plan.tree.left_out) {
    if (l.secret) out.note(fmt::format("left out {}: it {}", shown(l), l.why));
  }
  for (const Line& line : lines_of(plan.tree)) {
    if (line.files == 0) continue;
    out.note(fmt::format("{} is packed: {} in {} files", printable(line.path),
                         format_bytes(line.size), line.files));
  }
}

}  // namespace mkt

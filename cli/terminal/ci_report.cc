#include "cli/terminal/ci_report.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "common/base/encoding.h"
#include "common/base/files.h"
#include "common/base/json.h"
#include "common/base/text.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

constexpr std::uint64_t kMaxAnnotationBytes = 1024 * 1024;

// A workflow command ends with its line; GitHub decodes these.
std::string command_data(std::string_view text) {
  std::string data;
  for (const char c : text) {
    if (c == '%' || c == '\n' || c == '\r') {
      data += fmt::format("%{:02X}", static_cast<unsigned>(c));
    } else {
      data += c;
    }
  }
  return data;
}

// The runner compares as people read, so that characters without a width count for nothing: each
// that is not ASCII is passed over.
bool counts(char c) { return static_cast<unsigned char>(c) < 0x80; }

// Where the next character that counts is `wanted`, the place behind it; else npos.
std::size_t behind(std::string_view text, std::size_t at, char wanted) {
  while (at < text.size() && !counts(text[at])) ++at;
  return at < text.size() && text[at] == wanted ? at + 1 : std::string_view::npos;
}

// The first character of each "##[" is replaced.
std::string with_broken_marks(std::string_view text, std::string_view replacement) {
  std::string broken;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::size_t second = text[at] == '#' ? behind(text, at + 1, '#') : text.npos;
    const bool is_mark = second != text.npos && behind(text, second, '[') != text.npos;
    if (is_mark) {
      broken += replacement;
    } else {
      broken += text[at];
    }
  }
  return broken;
}

// A line that begins with "::", after blanks, has a blank between the two.
std::string with_broken_command(std::string_view line) {
  std::size_t first = 0;
  while (first < line.size() && (line[first] <= ' ' || !counts(line[first]))) ++first;
  if (first == line.size() || line[first] != ':') return std::string(line);
  if (behind(line, first + 1, ':') == std::string_view::npos) return std::string(line);
  return fmt::format("{} {}", line.substr(0, first + 1), line.substr(first + 1));
}

// Text in a cell of a Markdown table, taken literally.
std::string cell_text(std::string_view text) {
  std::string cell;
  for (const char c : printable(text)) {
    if (c == '|' || c == '\\' || c == '`' || c == '*' || c == '_' || c == '[' || c == ']') {
      cell += '\\';
    }
    if (c == '<') {
      cell += "&lt;";
    } else if (c == '&') {
      cell += "&amp;";
    } else {
      cell += c;
    }
  }
  return cell;
}

std::string table_row(const std::vector<std::string>& cells) {
  std::string row = "|";
  for (const std::string& cell : cells) row += fmt::format(" {} |", cell_text(cell));
  return row + "\n";
}

// Other steps and other commands write to the file as well.
Status append(const std::string& file, const std::string& text) {
  if (file.empty() || text.empty()) return {};
  const UniqueFd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!fd) return system_error(fmt::format("cannot write {}", printable(file)), errno);
  return write_all(fd.get(), as_bytes(text), printable(file));
}

// NAME=VALUE. A value of several lines would be read as further names.
std::string output_line(std::string_view name, std::string_view value) {
  return fmt::format("{}={}\n", name, printable(value));
}

// "key-id" of GitHub is MKT_KEY_ID in a dotenv file.
std::string variable_name(std::string_view name) {
  std::string variable = "MKT_";
  for (const char c : name) {
    variable += c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  }
  return variable;
}

// What other commands wrote there; an empty document where the file is missing or empty. What is
// not understood may be another program's: it is an error, and the file is left alone.
Result<Json> read_annotations(const std::string& file) {
  const auto text = read_file(file, kMaxAnnotationBytes);
  if (!text && text.error().code != ErrorCode::not_found) return text.error();
  if (!text || text->empty()) return Json{{"mkt", Json::array()}};
  auto document = parse_json(*text, "it");
  if (document && document->is_object()) {
    const Json& links = document->emplace("mkt", Json::array()).first.value();
    if (links.is_array()) return std::move(*document);
  }
  return Error(ErrorCode::invalid_json,
               fmt::format("{} is left as it is, and has no link of mkt's: it is not a report of "
                           "annotations",
                           printable(file)));
}

// GitLab reads one document a file: {"mkt": [{"external_link": {"label": …, "url": …}}, …]}.
Status annotate(const std::string& file, std::string_view label, std::string_view url) {
  if (file.empty() || url.empty()) return {};
  MKT_TRY(Json document, read_annotations(file));
  Json& links = document["mkt"];
  links.push_back({{"external_link", {{"label", printable(label)}, {"url", url}}}});
  return write_file_atomically(file, dump_json_pretty(document), 0644);
}

}  // namespace

CiReport::CiReport(const Screen::Environment& environment)
    : annotates_(environment("GITHUB_ACTIONS") == "true") {
  if (annotates_) {
    summary_file_ = environment("GITHUB_STEP_SUMMARY");
    output_file_ = environment("GITHUB_OUTPUT");
  }
  if (environment("GITLAB_CI") == "true") {
    dotenv_file_ = environment("MKT_GITLAB_DOTENV");
    annotations_file_ = environment("MKT_GITLAB_ANNOTATIONS");
    job_url_ = environment("CI_JOB_URL");
  }
}

std::string CiReport::annotation(Level level, std::string_view message) const {
  if (!annotates_) return {};
  return fmt::format("::{} title=mkt::{}", level == Level::error ? "error" : "warning",
                     command_data(message));
}

std::string CiReport::log_text(std::string_view text) const {
  if (!annotates_) return std::string(text);
  const std::string marked = with_broken_marks(text, "# ");
  std::string harmless;
  for (std::string_view rest = marked; !rest.empty();) {
    const std::size_t end = std::min(rest.find_first_of("\r\n"), rest.size() - 1) + 1;
    harmless += with_broken_command(rest.substr(0, end));
    rest.remove_prefix(end);
  }
  return harmless;
}

std::string CiReport::log_json(std::string_view json) const {
  // A line of JSON begins with no colon.
  return annotates_ ? with_broken_marks(json, "\\u0023") : std::string(json);
}

Status CiReport::failed(std::string_view message) const {
  MKT_CHECK(append(summary_file_, fmt::format("**mkt failed:** {}\n\n", cell_text(message))));
  return annotate(annotations_file_, fmt::format("mkt failed: {}", message), job_url_);
}

Status CiReport::succeeded(const CiResult& result) const {
  std::string summary =
      fmt::format("**{}**\n\n{}", cell_text(result.title), table_row(result.columns));
  summary += table_row(std::vector<std::string>(result.columns.size(), "---"));
  for (const auto& row : result.rows) summary += table_row(row);
  MKT_CHECK(append(summary_file_, summary + "\n"));
  std::string outputs;
  std::string variables;
  for (const auto& [name, value] : result.outputs) {
    outputs += output_line(name, value);
    variables += output_line(variable_name(name), value);
  }
  MKT_CHECK(append(output_file_, outputs));
  MKT_CHECK(append(dotenv_file_, variables));
  for (const auto& [label, url] : result.links) {
    MKT_CHECK(annotate(annotations_file_, label, url));
  }
  return {};
}

}  // namespace mkt

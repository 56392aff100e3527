// Output: what a command prints: one result on stdout, everything else on stderr.
//
// With --json the result is one JSON document, with --format or --jq what those make of it;
// without, it is text for a person, or, in a pipe, lines for a program. Notes and progress are left
// out with
// --quiet. Text that came from elsewhere must pass `printable` first. Use from one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "cli/terminal/ci_report.h"
#include "cli/terminal/format_template.h"
#include "cli/terminal/jq_filter.h"
#include "cli/terminal/progress.h"
#include "cli/terminal/screen.h"
#include "cli/terminal/style.h"
#include "cli/terminal/table.h"
#include "common/base/json.h"
#include "common/base/result.h"
#include "common/base/standard_streams.h"

namespace mkt {

class Output {
 public:
  bool json = false;                     // the document is wanted, as JSON or by `format`
  std::optional<FormatTemplate> format;  // of --format
  std::optional<JqFilter> jq;            // of --jq
  bool quiet = false;
  bool no_color = false;

  // Where it goes to; looked at when it is first needed, after the options were read.
  const Screen& screen() const;

  // The command's result, in both forms; the one asked for is printed.
  void result(const Json& document, std::string_view text) const;
  // The document on stderr, where the result itself is on stdout.
  void document_beside(const Json& document) const;
  // The same, of which a long text goes through the pager.
  void paged_result(const Json& document, std::string_view text) const;
  void result(const Json& document, const Table& table) const;
  // One of the many that a command prints as they happen, a line each; io_error where it could not
  // be written, as nobody listens any more.
  Status event(const Json& document, std::string_view text) const;
  // Something to know while or beside the result.
  void note(std::string_view text) const;
  // Whether who reads stderr follows the command step by step: a person, or the log of a CI job. A
  // script gets the result, warnings and the error.
  bool tells_steps() const;
  // A step of the command that is done: "✓ signed  acme:…".
  void done(std::string_view text) const;
  void warn(std::string_view text) const;
  // One line that says what was wrong, with all findings below it. It is the command's end.
  void error(const Error& error) const;
  // The same of one target among several: it is not the result.
  void tell_error(const Error& error) const;
  // Whether all of the result was printed: --jq may not fit it, or standard output not take it.
  Status finish() const { return failure_ ? Status(*failure_) : flush_stdout(); }
  // What a CI job shows of the result besides; a failure to tell it is a warning.
  void report_to_ci(const CiResult& result) const;

  // Follows what takes its time on stderr (progress.h).
  std::function<void(std::uint64_t done, std::uint64_t total)> progress(
      std::string what, ProgressUnit unit = ProgressUnit::bytes) const;

  // In stdout's and in stderr's colours.
  std::string on_out(std::string_view text, Tone tone) const {
    return toned(text, tone, screen().out_color);
  }
  std::string on_err(std::string_view text, Tone tone) const {
    return toned(text, tone, screen().err_color);
  }

 private:
  void print_document(const Json& document) const;
  // All that is printed passes one of these: a CI job's log takes some lines for commands.
  void print_text(std::string_view text) const;
  void print_json(std::string_view text) const;
  void print_message(std::string_view text) const;  // on stderr
  std::string text_to_print(std::string_view text) const;

  mutable std::optional<Screen> screen_;
  mutable std::optional<Error> failure_;
};

// What --json prints of an error.
Json describe_error(const Error& error);

// "1.4 MB"
std::string format_bytes(std::uint64_t bytes);

}  // namespace mkt

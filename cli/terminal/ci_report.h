// CiReport: what a CI job shows of a command besides its log, where the job's runner takes it.
//
//   GitHub Actions   errors and warnings become annotations (workflow commands in the log), results
//                    a table in $GITHUB_STEP_SUMMARY and outputs of the step in $GITHUB_OUTPUT
//   GitLab           outputs go to the file that MKT_GITLAB_DOTENV names, for
//   artifacts:reports:dotenv;
//                    errors and published versions to MKT_GITLAB_ANNOTATIONS, for
//                    artifacts:reports:annotations
//
// Sources: "Workflow commands for GitHub Actions"; "CI/CD artifacts reports types" of GitLab. Use
// from one thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/terminal/screen.h"
#include "common/base/result.h"

namespace mkt {

// A command's result as a job shows it.
struct CiResult {
  std::string title;                                         // "Published"
  std::vector<std::string> columns;                          // of the summary's table
  std::vector<std::vector<std::string>> rows;                // as many cells as columns
  std::vector<std::pair<std::string, std::string>> outputs;  // name-with-hyphens, value
  std::vector<std::pair<std::string, std::string>> links;    // label, URL
};

class CiReport {
 public:
  enum class Level { error, warning };

  explicit CiReport(const Screen::Environment& environment);

  // The line to print in place of the plain one, where the runner makes an annotation of it; empty
  // elsewhere.
  std::string annotation(Level level, std::string_view message) const;
  // What a job prints, such as a description from the registry, where GitHub's runner reads the
  // log: it runs a line that begins with "::", after blanks, and "##[" anywhere in a line. A blank
  // between their characters makes text of them. Unchanged elsewhere.
  std::string log_text(std::string_view text) const;
  // The same of JSON, with an escape in place of a blank: it means what it did.
  std::string log_json(std::string_view json) const;
  // Writes what the runner takes; nothing elsewhere. io_error where a file cannot be written.
  Status failed(std::string_view message) const;
  Status succeeded(const CiResult& result) const;

 private:
  bool annotates_ = false;
  std::string summary_file_;
  std::string output_file_;
  std::string dotenv_file_;
  std::string annotations_file_;
  std::string job_url_;
};

}  // namespace mkt

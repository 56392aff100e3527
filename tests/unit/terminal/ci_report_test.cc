// What GitHub Actions and GitLab take of a command, by their manuals.
#include "cli/terminal/ci_report.h"

#include <doctest/doctest.h>

#include <map>

#include "common/base/files.h"
#include "common/base/json.h"
#include "tests/unit/must.h"

namespace mkt {
namespace {

Screen::Environment environment(std::map<std::string, std::string> values) {
  return [values = std::move(values)](const char* name) {
    const auto it = values.find(name);
    return it == values.end() ? std::string() : it->second;
  };
}

const CiResult kPublished{"Published",
                          {"Connector", "Note"},
                          {{"slack", "a|b <i>"}},
                          {{"connector-id", "slack"}, {"note", "one\ntwo"}},
                          {{"slack@1.0.0", "http://127.0.0.1:1/v1/connectors/slack/1.0.0"}}};

struct Job {
  TemporaryFolder folder = must(TemporaryFolder::create("/tmp", "ci-report-"));
  std::string path(const char* name) const { return (folder.path() / name).string(); }
  std::string text(const char* name) const { return must(read_file(path(name), 1 << 20)); }
};

TEST_CASE("outside of GitHub Actions nothing is annotated") {
  CHECK(CiReport(environment({})).annotation(CiReport::Level::error, "x").empty());
  CHECK(CiReport(environment({{"GITHUB_STEP_SUMMARY", "/nowhere/x"}})).succeeded(kPublished));
}

TEST_CASE("on GitHub an error is a workflow command, its line ends and percents encoded") {
  const CiReport report(environment({{"GITHUB_ACTIONS", "true"}}));
  CHECK(report.annotation(CiReport::Level::error, "100% wrong:\r\nsee") ==
        "::error title=mkt::100%25 wrong:%0D%0Asee");
  CHECK(report.annotation(CiReport::Level::warning, "old") == "::warning title=mkt::old");
}

TEST_CASE("on GitHub no line of text is a workflow command, however it is written") {
  const CiReport github(environment({{"GITHUB_ACTIONS", "true"}}));
  CHECK(github.log_text("::error::x\n") == ": :error::x\n");
  CHECK(github.log_text("a\n \t::stop-commands::x\nb\n") == "a\n \t: :stop-commands::x\nb\n");
  CHECK(github.log_text("a\r::error::x") == "a\r: :error::x");
  CHECK(github.log_text("see ##[error]x ##[add-mask]y") == "see # #[error]x # #[add-mask]y");
  // Characters without a width, and blanks that are not ASCII, hide nothing.
  CHECK(github.log_text("\u00ad\u3000::error::x") == "\u00ad\u3000: :error::x");
  CHECK(github.log_text(":\u200b:error::x") == ": \u200b:error::x");
  CHECK(github.log_text("#\u00ad#[error]x") == "# \u00ad#[error]x");
  // What is none stays as it is.
  const std::string plain = "std::string a: :b\n: c\n## [1]\n#[derive]\n:\n";
  CHECK(github.log_text(plain) == plain);
  CHECK(github.log_text("").empty());
  CHECK(CiReport(environment({})).log_text("::error::x") == "::error::x");
}

TEST_CASE("on GitHub JSON has no workflow command, and means the same") {
  const CiReport github(environment({{"GITHUB_ACTIONS", "true"}}));
  const Json document = {{"a", "see ##[error]x"}, {"b", {"::error::x", "#"}}};
  const std::string json = github.log_json(dump_json_pretty(document));
  CHECK(json.find("##[") == std::string::npos);
  CHECK(must(parse_json(json, "the document")) == document);
  CHECK(CiReport(environment({})).log_json("[\"##[\"]") == "[\"##[\"]");
}

TEST_CASE("on GitHub a result is appended to the summary and to the outputs") {
  const Job job;
  const CiReport report(environment({{"GITHUB_ACTIONS", "true"},
                                     {"GITHUB_STEP_SUMMARY", job.path("summary")},
                                     {"GITHUB_OUTPUT", job.path("outputs")}}));
  REQUIRE(report.succeeded(kPublished));
  REQUIRE(report.failed("no | way"));
  CHECK(job.text("summary") ==
        "**Published**\n\n| Connector | Note |\n| --- | --- |\n| slack | a\\|b &lt;i> |\n\n"
        "**mkt failed:** no \\| way\n\n");
  // A value of two lines must not become a name of its own.
  const std::string outputs = job.text("outputs");
  CHECK(outputs.starts_with("connector-id=slack\nnote=one"));
  CHECK(outputs.find("\ntwo") == std::string::npos);
}

TEST_CASE("on GitLab outputs are variables, and links are annotations") {
  const Job job;
  const CiReport report(environment({{"GITLAB_CI", "true"},
                                     {"CI_JOB_URL", "http://127.0.0.1:1/job/1"},
                                     {"MKT_GITLAB_DOTENV", job.path("env")},
                                     {"MKT_GITLAB_ANNOTATIONS", job.path("notes.json")}}));
  REQUIRE(report.succeeded(kPublished));
  REQUIRE(report.failed("too late"));
  CHECK(job.text("env").starts_with("MKT_CONNECTOR_ID=slack\n"));
  const Json notes = must(parse_json(job.text("notes.json"), "notes"));
  REQUIRE(notes["mkt"].size() == 2);
  CHECK(notes["mkt"][0]["external_link"]["label"] == "slack@1.0.0");
  CHECK(notes["mkt"][1]["external_link"]["label"] == "mkt failed: too late");
  CHECK(notes["mkt"][1]["external_link"]["url"] == "http://127.0.0.1:1/job/1");
}

TEST_CASE("a file of annotations that is not understood is left as it is") {
  const Job job;
  const CiReport report(environment({{"GITLAB_CI", "true"},
                                     {"CI_JOB_URL", "http://127.0.0.1:1/job/1"},
                                     {"MKT_GITLAB_ANNOTATIONS", job.path("notes.json")}}));
  for (const std::string before : {"not JSON", "[1]", R"({"mkt": "mine"})", R"({"mkt": {}})"}) {
    CAPTURE(before);
    REQUIRE(write_file_atomically(job.path("notes.json"), before, 0644));
    CHECK(!report.succeeded(kPublished));
    const Status told = report.failed("too late");
    REQUIRE(!told);
    CHECK(told.error().message.find("notes.json is left as it is") != std::string::npos);
    CHECK(job.text("notes.json") == before);
  }
  REQUIRE(write_file_atomically(job.path("notes.json"), R"({"lint": [1]})", 0644));
  CHECK(report.failed("too late"));
  const Json notes = must(parse_json(job.text("notes.json"), "notes"));
  CHECK(notes["lint"] == Json::array({1}));
  CHECK(notes["mkt"].size() == 1);
  REQUIRE(write_file_atomically(job.path("notes.json"), "", 0644));
  CHECK(report.failed("too late"));
}

TEST_CASE("a summary that cannot be written is an error") {
  const CiReport report(
      environment({{"GITHUB_ACTIONS", "true"}, {"GITHUB_OUTPUT", "/nowhere/outputs"}}));
  CHECK(!report.succeeded(kPublished));
}

}  // namespace
}  // namespace mkt

#include "cli/commands/install_flow.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <thread>

#include "cli/client/own_folders.h"
#include "cli/terminal/progress.h"
#include "common/base/duration.h"
#include "common/base/files.h"
#include "common/base/utf8.h"
#include "common/connector/manifest.h"
#include "common/reliability/retry.h"

namespace mkt {
namespace {

using std::chrono::milliseconds;
using wire::InstallRequestInfo;

constexpr milliseconds kFirstPause{500};
constexpr milliseconds kLongestPause{10'000};
// A registry that is unreachable for a while does not end the waiting.
constexpr int kMaxFailuresInARow = 20;

std::string name_of(const InstallRequestInfo& r) {
  return printable(r.connector_id) + "@" + printable(r.version);
}

Json describe(const InstallDone& done) {
  Json document = describe_installed(done.receipt, done.folder);
  document["files"] = done.receipt.files.size();
  document["unchanged"] = done.unchanged;
  return document;
}

// One line of the result; warnings are printed besides.
std::string tell(const Output& out, const InstallDone& done) {
  const Receipt& r = done.receipt;
  if (!done.deprecation.empty()) {
    out.warn(fmt::format("{}@{} is deprecated: {}", r.id, r.version, printable(done.deprecation)));
  }
  if (done.unchanged) {
    return fmt::format("{}@{} is installed in {} already\n", r.id, r.version,
                       printable(done.folder.string()));
  }
  if (!done.remark.empty()) out.warn(done.remark);
  return fmt::format("installed {}@{} into {} ({} files, signed by {})\n", r.id, r.version,
                     printable(done.folder.string()), r.files.size(),
                     text_member(r.signature, "keyId").value_or(""));
}

// What is new on this machine: what it runs, and what it may do.
void tell_powers(const Output& out, const InstallDone& done) {
  if (done.unchanged || !out.tells_steps()) return;
  const auto text = read_file(done.folder / kManifestName, kMaxManifestBytes);
  if (!text) return;  // the install itself was checked
  const auto manifest = Manifest::parse_older(*text);
  if (!manifest) return;
  std::vector<std::string> tools;
  bool destructive = false;
  for (const Tool& t : manifest->tools()) {
    tools.push_back(fmt::format("{} ({})", t.name, policy_class_name(t.policy_class)));
    destructive = destructive || t.policy_class == PolicyClass::destructive;
  }
  if (!manifest->entrypoint().empty()) {
    out.note(
        fmt::format("  runs   {}", printable((done.folder / manifest->entrypoint()).string())));
  }
  if (!tools.empty()) {
    out.note("  tools  " + out.on_err(printable(fmt::format("{}", fmt::join(tools, ", "))),
                                      destructive ? Tone::caution : Tone::plain));
  }
  out.note(fmt::format("  may    {}",
                       printable(fmt::format("{}", fmt::join(manifest->capabilities(), ", ")))));
}

// What a CI job shows of it.
CiResult describe_for_ci(const std::vector<InstallDone>& all) {
  CiResult result{
      "Installed", {"Connector", "Version", "Folder", "Checksum", "Signed by"}, {}, {}, {}};
  std::vector<std::string> names;
  for (const InstallDone& done : all) {
    const Receipt& r = done.receipt;
    names.push_back(r.id + "@" + r.version);
    result.rows.push_back({r.id, r.version + (done.unchanged ? " (was there already)" : ""),
                           done.folder.string(), r.checksum,
                           text_member(r.signature, "keyId").value_or("")});
  }
  result.outputs = {{"installed", fmt::format("{}", fmt::join(names, " "))},
                    {"count", std::to_string(all.size())}};
  return result;
}

// All that a command installed, when it is through.
void tell_all(const Output& out, const std::vector<InstallDone>& all, const std::string& text) {
  Json installed = Json::array();
  for (const InstallDone& done : all) installed.push_back(describe(done));
  out.result({{"installed", installed}}, text);
  out.report_to_ci(describe_for_ci(all));
}

// A failure to remember the folder does not make the install fail.
void remember(const Session& session, const std::filesystem::path& folder) {
  const Status remembered = remember_folder(own_folders_file(), folder);
  if (remembered) return;
  session.out.warn(fmt::format("list, outdated and audit will not know of {}: {}",
                               printable(folder.string()), remembered.error().message));
}

std::string title_of(const Wish& wish) {
  return printable(wish.id ? wish.id->text() + "@" + wish.which() : wish.file.string());
}

Error not_of_protocol(const char* what) {
  return Error(ErrorCode::invalid_json,
               fmt::format("the registry's answer is not of the protocol: {}", what));
}

// Asks for everything before it waits for anything, so approvers see all of it. Each wish gets the
// checksum that is approved.
Result<std::vector<InstallRequestInfo>> ask(TenantClient& tenant, std::vector<Wish>& wishes) {
  std::vector<InstallRequestInfo> pending;
  for (Wish& wish : wishes) {
    if (!wish.id || !wish.version) continue;
    auto outcome = tenant.request_install(*wish.id, *wish.version);
    if (!outcome) return outcome.error().context("while asking for " + title_of(wish));
    const auto is_for_wish = [&](const auto& granted) {
      return granted.connector_id == wish.id->text() && granted.version == wish.version->text();
    };
    if (outcome->status == "installed") {
      if (!outcome->installation) continue;
      if (!is_for_wish(*outcome->installation)) return not_of_protocol("another installation");
      wish.approved_checksum = outcome->installation->checksum;
      continue;
    }
    if (outcome->status != "pending" || !outcome->request) {
      return not_of_protocol("neither installed nor pending");
    }
    if (!is_for_wish(*outcome->request)) return not_of_protocol("another request");
    wish.approved_checksum = outcome->request->checksum;
    pending.push_back(std::move(*outcome->request));
  }
  return pending;
}

// A file may come from another registry or from none, so the tenant's policy does not cover it;
// offline nobody can be asked.
void warn_of_unasked(const Session& session, const InstallContext& context, const TenantId& tenant,
                     const std::vector<Wish>& wishes) {
  for (const Wish& wish : wishes) {
    if (wish.id && !context.offline) continue;
    session.out.warn(
        fmt::format("{} is {}: the policy of {} is not asked, and the install is "
                    "not recorded for it",
                    title_of(wish), wish.id ? "installed offline" : "a file", tenant.text()));
  }
}

void tell_pending(const Session& session, const std::vector<InstallRequestInfo>& pending) {
  Json all = Json::array();
  std::string ids;
  for (const InstallRequestInfo& r : pending) {
    all.push_back(r.to_json());
    ids += printable(r.id) + "\n";
    session.out.note(fmt::format("{} waits for {} approval{} by {}: {}", name_of(r),
                                 r.min_approvals, r.min_approvals == 1 ? "" : "s",
                                 printable(r.tenant_id), printable(r.explanation)));
  }
  session.out.result({{"status", "pending"}, {"requests", all}}, ids);
  session.out.note("nothing was installed; run this again later, or with --wait");
}

milliseconds with_jitter(milliseconds pause) {
  static thread_local std::minstd_rand random{std::random_device{}()};
  std::uniform_int_distribution<std::int64_t> part(80, 120);  // percent
  return pause * part(random) / 100;
}

}  // namespace

Status outcome_of(const InstallRequestInfo& r) {
  if (r.status == "approved" || r.status == "pending") return {};
  if (r.status == "denied") {
    return Error(ErrorCode::request_denied,
                 fmt::format("{} was denied by {}: {}", name_of(r), printable(r.decided_by),
                             printable(r.reason)));
  }
  return Error(ErrorCode::request_expired,
               fmt::format("the request {} for {} was {}", printable(r.id), name_of(r),
                           printable(r.status)));
}

Status wait_for_approval(const Session& session, TenantClient& tenant,
                         const std::vector<InstallRequestInfo>& pending, milliseconds wait) {
  const auto started = std::chrono::steady_clock::now();
  std::vector<InstallRequestInfo> waiting = pending;
  milliseconds pause = kFirstPause;
  int failures = 0;
  for (const InstallRequestInfo& r : waiting) {
    session.out.note(
        fmt::format("waiting for the approval of {} ({})", name_of(r), printable(r.id)));
  }
  while (!waiting.empty()) {
    milliseconds next = with_jitter(pause);
    if (wait.count() > 0) {
      const auto left = wait - std::chrono::duration_cast<milliseconds>(
                                   std::chrono::steady_clock::now() - started);
      if (left.count() <= 0) {
        return Error(
            ErrorCode::timed_out,
            fmt::format("{} ({}) was not decided within {}; it still waits", name_of(waiting[0]),
                        printable(waiting[0].id), format_duration(wait)));
      }
      next = std::min(next, left);
    }
    std::this_thread::sleep_for(next);
    pause = std::min(pause * 3 / 2, kLongestPause);
    bool reached = true;
    for (auto it = waiting.begin(); it != waiting.end();) {
      const auto now = tenant.request(it->id);
      if (!now && !is_transient(now.error())) return now.error();
      reached = reached && now;
      if (now) MKT_CHECK(outcome_of(*now));
      if (!now || now->status != "approved") {
        ++it;
        continue;
      }
      session.out.note(
          fmt::format("{} was approved by {}", name_of(*now), printable(now->decided_by)));
      it = waiting.erase(it);
      pause = kFirstPause;
    }
    failures = reached ? 0 : failures + 1;
    if (failures >= kMaxFailuresInARow) {
      return Error(ErrorCode::registry_unavailable,
                   "the registry does not answer any more; the requests still wait");
    }
  }
  return {};
}

void add_wait_option(CLI::App* command, WaitOption& wait) {
  wait.option = command
                    ->add_option("--wait", wait.given,
                                 "Wait until it is approved, at most this long (default: until it "
                                 "is decided)")
                    ->expected(0, -1)
                    ->type_name("[TIME]");
}

Result<std::optional<milliseconds>> WaitOption::read(std::vector<std::string>& arguments) const {
  if (option == nullptr || option->count() == 0) return std::optional<milliseconds>();
  milliseconds wait{0};
  for (std::size_t i = 0; i < given.size(); ++i) {
    const std::string& text = given[i];
    // Ids begin with a letter and times with a digit; a file contains a dot or a slash.
    const bool is_time = i == 0 && !text.empty() && text.front() >= '0' && text.front() <= '9' &&
                         text.find_first_of("./") == std::string::npos;
    if (!is_time) {
      if (!text.empty()) arguments.push_back(text);
      continue;
    }
    MKT_TRY(wait, parse_duration(text));
    if (wait.count() == 0) {
      return Error(ErrorCode::usage_error,
                   "--wait needs a time above 0; leave --wait out to not wait, or write it without "
                   "a time to wait until the request is decided");
    }
  }
  return std::optional(wait);
}

Wish wish_for(ResolvedConnector resolved) {
  Wish wish{std::move(resolved.id), std::move(resolved.version), {}};
  wish.dependencies = std::move(resolved.dependencies);
  return wish;
}

Result<ExitStatus> carry_out(const Session& session, const InstallContext& context,
                             const InstallPlan& plan) {
  // Read before anybody is asked: if it is damaged, approved installs could not be recorded.
  std::optional<LockFile> lock;
  if (plan.keep_lock) {
    MKT_TRY(lock, LockFile::read_beside(plan.target.root));
  }
  std::vector<Wish> wishes = plan.wishes;
  if (context.settings.tenant) {
    TenantClient tenant(context.registry, *context.settings.tenant);
    warn_of_unasked(session, context, tenant.tenant(), wishes);
    std::vector<InstallRequestInfo> pending;
    if (!context.offline) {
      MKT_TRY(pending, ask(tenant, wishes));
    }
    if (!pending.empty() && !plan.wait) {
      tell_pending(session, pending);
      return ExitStatus::waiting;
    }
    MKT_CHECK(wait_for_approval(session, tenant, pending, plan.wait.value_or(milliseconds(0))));
  }
  on_interrupt_say("what was not finished is as it was; run it again");
  std::vector<InstallDone> installed;
  if (plan.all_or_none) {
    MKT_TRY(installed, install_all(context, wishes, plan.target.root));
    std::string text;
    for (const InstallDone& done : installed) {
      text += tell(session.out, done);
      tell_powers(session.out, done);
    }
    tell_all(session.out, installed, text);
    return ExitStatus::done;
  }
  for (const Wish& wish : wishes) {
    const auto done = install_connector(context, wish, plan.target);
    if (!done) return done.error().context("while installing " + title_of(wish));
    const std::string line = tell(session.out, *done);
    if (!session.out.json) session.out.result({}, line);  // at once, as others may fail
    tell_powers(session.out, *done);
    if (!plan.target.folder.empty()) remember(session, done->folder);
    if (!wish.id && done->has_dependencies) {
      session.out.warn(
          "its dependencies were not installed: a file only contains the connector itself");
    }
    if (lock) {
      lock->set(done->receipt.id, {done->receipt.version, done->receipt.checksum,
                                   text_member(done->receipt.signature, "keyId").value_or("")});
      MKT_CHECK(lock->write());  // after each, so the lock has what is installed at any time
    }
    installed.push_back(*done);
  }
  tell_all(session.out, installed, "");
  return ExitStatus::done;
}

}  // namespace mkt

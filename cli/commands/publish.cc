// mkt publish: packs, signs and uploads in one step.
#include <fmt/format.h>

#include "cli/client/project_folder.h"
#include "cli/client/registry_client.h"
#include "cli/commands/command.h"
#include "cli/commands/in_your_name.h"
#include "cli/commands/pack_report.h"
#include "cli/commands/publishable.h"
#include "cli/commands/signer.h"
#include "common/base/files.h"
#include "common/connector/visibility.h"

namespace mkt {
namespace {

struct PublishArguments {
  std::string source = ".";
  std::string key;
  bool dry_run = false;
  bool allow_secrets = false;
  bool list = false;
  std::string visibility;
};

// What goes out, while there is still time to stop it.
void tell_packed(const Output& out, const Publishable& ready, const std::string& name,
                 const PublishArguments& a) {
  const bool listed = a.list || out.screen().err_is_terminal;
  if (listed && !out.json) {
    out.note(out.on_err(name, Tone::bold));
    tell_tree(ready.tree, out, a.list ? Files::all : Files::first);
  }
  out.done(fmt::format("packed     {}, {}", ready.checksum.text(), format_bytes(ready.size)));
}

// The FILE.sig.json beside a tarball, where it is for these bytes; else a new signature.
Result<SignatureFile> signature_for(const Session& session, const PublishArguments& a,
                                    const Publishable& ready) {
  const auto text = read_file(a.source + ".sig.json", kMaxSignatureFileBytes);
  if (text && a.key.empty()) {
    MKT_TRY(SignatureFile signature, SignatureFile::parse(*text));
    if (signature.checksum == ready.checksum) return signature;
  }
  MKT_TRY(const Signer signer, open_signer(session, a.key));
  return signer.sign(ready.checksum, utc_now());
}

// True where these very bytes are published already. version_exists where other bytes are. If the
// registry cannot be asked, this does not fail.
Result<bool> is_published(const Session& session, const Settings& settings,
                          const Publishable& ready, const std::string& name) {
  RegistryClient registry(settings);
  const auto there = registry.version(ready.id, ready.version.text());
  if (!there) {
    if (exit_status(there.error().code) != ExitStatus::not_found) {
      session.out.warn(fmt::format("it is not known whether {} is published already: {}", name,
                                   there.error().message));
    }
    return false;
  }
  if (there->tarball_checksum == ready.checksum.text()) return true;
  return Error(ErrorCode::version_exists,
               fmt::format("{} would be refused: it is published already with other bytes ({}, "
                           "these are {}); raise the version",
                           name, there->tarball_checksum, ready.checksum.text()));
}

Status dry_run(const Session& session, const Settings& settings, const Publishable& ready,
               const SignatureFile& signature, const std::string& name, Json document) {
  MKT_TRY(const bool published, is_published(session, settings, ready, name));
  document["published"] = false;
  document["alreadyPublished"] = published;
  describe_tree(ready.tree, document);
  const std::string what = fmt::format("{} ({}, {}) signed by {}", name, ready.checksum.text(),
                                       format_bytes(ready.size), signature.key_id.text());
  session.out.result(
      document,
      fmt::format("{}\n{}", format_tree(ready.tree, session.out.screen()),
                  published ? fmt::format("would change nothing: {} has {} with these very bytes",
                                          settings.registry, name)
                            : fmt::format("would publish {} to {}", what, settings.registry)));
  return {};
}

// What a CI job shows of it.
CiResult describe_for_ci(const Publishable& ready, const SignatureFile& signature,
                         const std::string& registry, bool is_new) {
  const std::string id = ready.id.text();
  const std::string version = ready.version.text();
  const std::string checksum = ready.checksum.text();
  const std::string key_id = signature.key_id.text();
  return {is_new ? "Published" : "Published already",
          {"Connector", "Version", "Size", "Checksum", "Signed by"},
          {{id, version, format_bytes(ready.size), checksum, key_id}},
          {{"connector-id", id},
           {"version", version},
           {"checksum", checksum},
           {"size", std::to_string(ready.size)},
           {"key-id", key_id},
           {"new", is_new ? "true" : "false"}},
          {{fmt::format("{}@{}", id, version),
            fmt::format("{}/v1/connectors/{}/{}", registry, id, version)}}};
}

Status run_publish(const Session& session, PublishArguments a) {
  if (!a.visibility.empty()) {
    MKT_TRY(const auto tenants, parse_visibility(a.visibility));
    a.visibility = visibility_text(tenants);
  }
  MKT_TRY(const Settings settings, session.settings());
  MKT_TRY(const Publishable ready,
          prepare_publish(a.source, {.limits = settings.archive,
                                     .progress = session.out.progress("packing " + a.source)}));
  if (!a.allow_secrets) MKT_CHECK(check_no_secrets(ready.tree));
  const std::string name = fmt::format("{}@{}", ready.id.text(), ready.version.text());
  if (!a.dry_run) tell_packed(session.out, ready, name, a);
  MKT_TRY(const SignatureFile signature, signature_for(session, a, ready));
  if (!a.dry_run) {
    session.out.done(fmt::format("signed     {}", signature.key_id.text()));
    session.out.done("checked    the manifest, names and sizes; nothing looks like a secret");
  }
  Json document{{"id", ready.id.text()},
                {"version", ready.version.text()},
                {"checksum", ready.checksum.text()},
                {"size", ready.size},
                {"keyId", signature.key_id.text()},
                {"registry", settings.registry}};
  if (a.dry_run) {
    if (ready.plan) report_plan(*ready.plan, session.out, document);
    return dry_run(session, settings, ready, signature, name, std::move(document));
  }
  on_interrupt_say(
      "the registry may or may not have the version: run it again, it changes nothing twice");
  RegistryClient registry(settings);
  auto published =
      registry.publish(ready.id, ready.version, signature, a.visibility, ready.file.get(),
                       ready.size, session.out.progress("publishing " + name));
  if (!published) return published.error().context("while publishing " + name);
  if (ready.plan) report_plan(*ready.plan, session.out, document);
  session.out.done(fmt::format("published  {}/v1/connectors/{}/{}", settings.registry,
                               ready.id.text(), ready.version.text()));
  document["published"] = true;
  document["new"] = published->is_new;
  document["publishedAt"] = published->version.published_at;
  session.out.result(
      document,
      fmt::format("{} {} ({}, {}) signed by {}", published->is_new ? "published" : "unchanged",
                  name, ready.checksum.text(), format_bytes(ready.size), signature.key_id.text()));
  if (session.out.tells_steps()) {
    session.out.note(fmt::format("install it with: mkt install {}", name));
  }
  session.out.report_to_ci(describe_for_ci(ready, signature, settings.registry, published->is_new));
  tell_in_your_name(session.out, settings, published->version.published_by);
  return {};
}

}  // namespace

void add_publish_command(CLI::App& command, Session& session) {
  auto a = std::make_shared<PublishArguments>();
  command.add_option("SOURCE", a->source, "A connector's folder, or a tarball of it")
      ->capture_default_str();
  add_key_option(&command, a->key);
  command.add_flag("--dry-run", a->dry_run,
                   "Do everything but upload; shows every file and what is left out");
  command.add_flag("--list", a->list, "Show every file that is packed");
  command.add_flag("--allow-secrets", a->allow_secrets,
                   "Publish files that look like secrets, too");
  command.add_option("--visibility", a->visibility,
                     "Who sees a new connector: everyone, or tenants:A,B");
  on_run(&command, session, [&session, &command, a] {
    if (command.count("SOURCE") == 0) a->source = connector_folder().string();
    return run_publish(session, *a);
  });
}

}  // namespace mkt

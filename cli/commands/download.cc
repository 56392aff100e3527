// mkt download: fetches a tarball and its signature, checked.
#include <fmt/format.h>
#include <unistd.h>

#include "cli/client/verified_download.h"
#include "cli/commands/command.h"
#include "cli/commands/trust_options.h"
#include "common/base/encoding.h"
#include "common/base/files.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

Status run(const Session& session, const std::string& text, const std::string& wanted_output) {
  MKT_TRY(const ConnectorSpec spec, ConnectorSpec::parse(text));
  MKT_TRY(const Settings settings, session.settings());
  RegistryClient registry(settings);
  MKT_TRY(const Trust trust, open_trust(session, settings, registry, {}));
  const fs::path folder = fs::path(wanted_output).parent_path();
  const fs::path temporary = folder / fmt::format(".mkt-download-{}", random_hex(6));
  Result<VerifiedVersion> fetched = [&]() -> Result<VerifiedVersion> {
    MKT_TRY(const UniqueFd file, create_file(temporary, 0644));
    return download_verified(registry, trust, spec.id, spec.which(), file.get(),
                             session.out.progress("downloading " + spec.id.text()));
  }();
  if (!fetched) {
    ::unlink(temporary.c_str());
    return fetched.error();
  }
  const fs::path output =
      wanted_output.empty()
          ? fs::path(fmt::format("{}-{}.tgz", spec.id.text(), fetched->info.version))
          : fs::path(wanted_output);
  if (::rename(temporary.c_str(), output.c_str()) != 0) {
    const int reason = errno;
    ::unlink(temporary.c_str());
    return system_error(fmt::format("cannot write {}", printable(output.string())), reason);
  }
  MKT_CHECK(write_file_atomically(output.string() + ".sig.json",
                                  dump_json_pretty(fetched->signature.json()), 0644));
  if (!fetched->trusted.remark.empty()) session.out.warn(fetched->trusted.remark);
  session.out.result({{"file", output.string()},
                      {"signatureFile", output.string() + ".sig.json"},
                      {"id", spec.id.text()},
                      {"version", fetched->info.version},
                      {"checksum", fetched->info.tarball_checksum},
                      {"size", fetched->info.tarball_size},
                      {"keyId", fetched->trusted.key.key_id}},
                     fmt::format("{} ({}) signed by {}", output.string(),
                                 fetched->info.tarball_checksum, fetched->trusted.key.key_id));
  return {};
}

}  // namespace

void add_download_command(CLI::App& app, Session& session) {
  struct Arguments {
    std::string spec;
    std::string output;
  };
  auto a = std::make_shared<Arguments>();
  CLI::App* command =
      add_subcommand(app, "download", "Fetch a tarball and its signature, checked",
                     "  mkt download hello-connector\n  mkt download hello-connector@1.0.0 -o "
                     "/tmp/hello.tgz");
  command->add_option("ID[@VERSION]", a->spec, "The connector")->required();
  command->add_option("-o,--output", a->output, "File to write (default: ID-VERSION.tgz here)");
  on_run(command, session, [&session, a] { return run(session, a->spec, a->output); });
}

}  // namespace mkt

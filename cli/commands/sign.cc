// mkt sign: writes FILE.sig.json.
#include <fmt/format.h>

#include "cli/commands/command.h"
#include "cli/commands/signing_key.h"
#include "common/base/files.h"
#include "common/base/utf8.h"
#include "common/signing/signature_file.h"

namespace mkt {
namespace {

Status run(const Session& session, const std::string& file, const std::string& key_id) {
  MKT_TRY(const UniqueFd fd, open_for_reading(file));
  MKT_TRY(const std::uint64_t size, file_size(fd.get(), printable(file)));
  if (size == 0) {
    return Error(ErrorCode::invalid_input, fmt::format("{} is empty", printable(file)));
  }
  MKT_TRY(const Checksum checksum, checksum_of_file(fd.get(), printable(file)));
  MKT_TRY(const SigningKey key, open_signing_key(key_id));
  const SignatureFile signature =
      sign_checksum(key.secret, key.info.key_id.publisher(), checksum, utc_now());
  const std::string output = file + ".sig.json";
  MKT_CHECK(write_file_atomically(output, dump_json_pretty(signature.json()), 0644));
  Json document = signature.json();
  document["file"] = output;
  session.out.result(document, fmt::format("{}\nsigned {} with {}", output, checksum.text(),
                                           key.info.key_id.text()));
  return {};
}

}  // namespace

void add_sign_command(CLI::App& app, Session& session) {
  struct Arguments {
    std::string file;
    std::string key;
  };
  auto a = std::make_shared<Arguments>();
  CLI::App* command = add_subcommand(app, "sign", "Sign a tarball; writes FILE.sig.json",
                                     "  mkt sign hello-connector-1.0.0.tgz\n"
                                     "  mkt sign FILE --key acme:0123456789abcdef");
  command->add_option("FILE", a->file, "The tarball")->required();
  command->add_option("--key", a->key, "Key id (default: the only key, or $MKT_KEY)");
  on_run(command, session, [&session, a] { return run(session, a->file, a->key); });
}

}  // namespace mkt

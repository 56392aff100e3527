// mkt download: fetches a tarball and its signature, and checks them.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <vector>

#include "cli/client/installer.h"
#include "cli/client/verified_download.h"
#include "cli/commands/command.h"
#include "cli/commands/output_option.h"
#include "cli/commands/trust_options.h"
#include "common/base/encoding.h"
#include "common/base/files.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  std::string spec;
  OutputOption output;
};

Status copy_to(int from, int to, std::uint64_t size, const std::string& name) {
  std::vector<std::uint8_t> buffer(256 * 1024);
  for (std::uint64_t done = 0; done < size;) {
    MKT_TRY(const std::size_t n, read_at(from, buffer, done, name));
    if (n == 0) return Error(ErrorCode::io_error, name + " became shorter while it was copied");
    MKT_CHECK(write_all(to, std::span(buffer.data(), n), name));
    done += n;
  }
  return {};
}

// Gives the file its name in one step.
Status name_file(int fd, std::uint64_t size, const fs::path& output) {
  const fs::path temporary =
      folder_of(output) / fmt::format(".{}.{}", output.filename().string(), random_hex(6));
  const std::string open_file = fmt::format("/proc/self/fd/{}", fd);
  if (::linkat(AT_FDCWD, open_file.c_str(), AT_FDCWD, temporary.c_str(), AT_SYMLINK_FOLLOW) != 0) {
    MKT_TRY(const UniqueFd copy, create_file(temporary, 0644));
    if (Status copied = copy_to(fd, copy.get(), size, printable(output.string())); !copied) {
      ::unlink(temporary.c_str());
      return copied;
    }
  }
  if (::rename(temporary.c_str(), output.c_str()) == 0) return {};
  const int reason = errno;
  ::unlink(temporary.c_str());
  return system_error(fmt::format("cannot write {}", printable(output.string())), reason);
}

// True where the file has the same bytes already, which is no conflict.
bool holds(const fs::path& file, const std::string& checksum) {
  std::error_code ignored;
  if (!fs::is_regular_file(file, ignored)) return false;  // reading a pipe would wait for ever
  const auto fd = open_for_reading(file);
  if (!fd || !file_size(fd->get(), "")) return false;
  const auto there = checksum_of_file(fd->get(), "");
  return there && there->text() == checksum;
}

// Called before anything is downloaded.
Status check_output(const Arguments& a, const fs::path& output, const wire::VersionInfo& info) {
  std::error_code ignored;
  const bool is_there = fs::exists(fs::symlink_status(output, ignored));
  if (is_there && holds(output, info.tarball_checksum)) return {};
  MKT_CHECK(a.output.check(output));
  return a.output.check(output.string() + ".sig.json");
}

Status run(const Session& session, const Arguments& a) {
  MKT_TRY(const ConnectorSpec spec, ConnectorSpec::parse(a.spec));
  if (a.output.is_stdout() && session.out.json) {
    return Error(ErrorCode::usage_error,
                 "standard output cannot take the tarball and the document of --json; name a file");
  }
  MKT_TRY(RegistryClient registry, session.registry());
  const Settings& settings = registry.settings();
  MKT_TRY(const Trust trust, open_trust(session, settings, registry, {}));
  MKT_TRY(const wire::VersionInfo info, registry.version(spec.id, spec.which()));
  MKT_TRY(const Version version, Version::parse(info.version));
  const fs::path output = a.output.name.empty()
                              ? fs::path(fmt::format("{}-{}.tgz", spec.id.text(), version.text()))
                              : fs::path(a.output.name);
  if (!a.output.is_stdout()) MKT_CHECK(check_output(a, output, info));
  TarballCache cache = own_cache(session, settings);
  // It has no name until it is complete, so an interruption leaves nothing behind.
  fs::path folder = folder_of(output);
  if (a.output.is_stdout()) {
    MKT_TRY(folder, temporary_folder());
  }
  MKT_TRY(const UniqueFd file, nameless_file(folder, 0644));
  MKT_TRY(const VerifiedVersion fetched,
          download_verified(registry, trust, spec.id, version.text(), file.get(),
                            session.out.progress("downloading " + spec.id.text()), &cache));
  if (!fetched.trusted.remark.empty()) session.out.warn(fetched.trusted.remark);
  if (fetched.info.deprecated) {
    session.out.warn(fmt::format("{}@{} is deprecated: {}", spec.id.text(), version.text(),
                                 printable(deprecation_of(fetched.info))));
  }
  const std::string described =
      fmt::format("({}) signed by {}", fetched.info.tarball_checksum, fetched.trusted.key.key_id);
  if (a.output.is_stdout()) {
    MKT_CHECK(copy_to(file.get(), STDOUT_FILENO, fetched.info.tarball_size, "standard output"));
    session.out.note(fmt::format("{}@{} {}", spec.id.text(), version.text(), described));
    return {};
  }
  MKT_CHECK(name_file(file.get(), fetched.info.tarball_size, output));
  const std::string signature_file = output.string() + ".sig.json";
  MKT_CHECK(
      write_file_atomically(signature_file, dump_json_pretty(fetched.signature.json()), 0644));
  session.out.result({{"file", output.string()},
                      {"signatureFile", signature_file},
                      {"id", spec.id.text()},
                      {"version", fetched.info.version},
                      {"checksum", fetched.info.tarball_checksum},
                      {"size", fetched.info.tarball_size},
                      {"keyId", fetched.trusted.key.key_id}},
                     fmt::format("{} {}", output.string(), described));
  return {};
}

}  // namespace

void add_download_command(CLI::App& command, Session& session) {
  auto a = std::make_shared<Arguments>();
  command.add_option("ID[@VERSION]", a->spec, "The connector")->required();
  add_output_option(&command, a->output, "File to write (default: ID-VERSION.tgz here)");
  on_run(&command, session, [&session, a] { return run(session, *a); });
}

}  // namespace mkt

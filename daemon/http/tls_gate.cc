#include "daemon/http/tls_gate.h"

#include <sys/stat.h>

#include <utility>

namespace mkt {

// The stamps are taken before the files are read: what changes in between is seen as a change.
Result<std::unique_ptr<TlsGate>> TlsGate::open(const TlsFiles& files) {
  const Stamps stamps = stamps_of(files);
  MKT_TRY(TlsContext context, TlsContext::load(files));
  return std::unique_ptr<TlsGate>(new TlsGate(files, stamps, std::move(context)));
}

// Follows symbolic links, which is what certbot replaces.
TlsGate::Stamps TlsGate::stamps_of(const TlsFiles& files) {
  Stamps stamps{};
  auto stamp = stamps.begin();
  for (const auto* file : {&files.certificate, &files.key, &files.client_ca}) {
    struct stat s {};
    if (!file->empty() && ::stat(file->c_str(), &s) == 0) {
      *stamp = {s.st_dev, s.st_ino, static_cast<std::uint64_t>(s.st_size), s.st_ctim.tv_sec,
                s.st_ctim.tv_nsec};
    }
    ++stamp;
  }
  return stamps;
}

Status TlsGate::load(const TlsFiles& files) {
  const std::lock_guard lock(mutex_);
  files_ = files;
  tried_ = seen_ = stamps_of(files);
  MKT_TRY(TlsContext context, TlsContext::load(files));
  context_.set(std::move(context));
  return {};
}

std::optional<Status> TlsGate::load_changed() {
  const std::lock_guard lock(mutex_);
  const Stamps now = stamps_of(files_);
  const bool settled = now == std::exchange(seen_, now);
  if (now == tried_ || !settled) return std::nullopt;
  tried_ = now;
  auto context = TlsContext::load(files_);
  if (!context) return Status(context.error());
  context_.set(std::move(*context));
  return Status();
}

}  // namespace mkt

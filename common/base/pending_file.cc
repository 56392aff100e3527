// Nameless files, and hidden files that signal handlers remove.
#include "common/base/pending_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>

#include "common/base/encoding.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

constexpr auto kEndingSignals = std::to_array<int>({SIGINT, SIGTERM, SIGHUP});

// The names that the signal handler unlinks. Few files are pending at once; when all places are
// taken, only the destructor removes the file.
std::array<std::atomic<const char*>, 8> hidden_names{};
static_assert(std::atomic<const char*>::is_always_lock_free);

extern "C" void remove_hidden_files(int signal) {
  for (auto& name : hidden_names) {
    if (const char* path = name.load()) ::unlink(path);
  }
  ::raise(signal);  // the default action, which SA_RESETHAND restored
}

// Leaves a signal alone that is ignored (nohup) or has another handler.
void watch_signals() {
  for (const int signal : kEndingSignals) {
    struct sigaction now {};
    if (::sigaction(signal, nullptr, &now) != 0 || now.sa_handler != SIG_DFL) continue;
    struct sigaction action {};
    action.sa_handler = &remove_hidden_files;
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    ::sigaction(signal, &action, nullptr);
  }
}

std::size_t register_name(const char* name) {
  watch_signals();
  for (std::size_t i = 0; i < hidden_names.size(); ++i) {
    const char* free = nullptr;
    if (hidden_names[i].compare_exchange_strong(free, name)) return i;
  }
  return hidden_names.size();
}

std::string descriptor_path(int fd) { return fmt::format("/proc/self/fd/{}", fd); }

Error cannot_write(const fs::path& path, int errno_value) {
  return system_error(fmt::format("cannot write {}", printable(path.string())), errno_value);
}

}  // namespace

Result<PendingFile> PendingFile::create(const fs::path& path, unsigned mode, Until until) {
  if (until == Until::nameless) {
    UniqueFd fd(::open(folder_of(path).c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, mode));
    // Without /proc the file could not be given a name.
    if (fd && ::access(descriptor_path(fd.get()).c_str(), F_OK) == 0) {
      if (::fchmod(fd.get(), mode) != 0) return cannot_write(path, errno);
      return PendingFile(path, std::move(fd));
    }
  }
  PendingFile file(path, UniqueFd());
  file.take_hidden_name();
  file.fd_.reset(
      ::open(file.hidden_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
  if (!file.fd_ || ::fchmod(file.fd(), mode) != 0) return cannot_write(path, errno);
  return file;
}

PendingFile::PendingFile(PendingFile&& other) noexcept
    : path_(std::move(other.path_)), fd_(std::move(other.fd_)) {
  // Moving a short string moves its characters, so the name is registered again.
  if (other.hidden_.empty()) return;
  hidden_ = other.hidden_;
  slot_ = register_name(hidden_.c_str());
  other.forget_hidden_name();
}

PendingFile::~PendingFile() {
  if (hidden_.empty()) return;
  ::unlink(hidden_.c_str());
  forget_hidden_name();
}

void PendingFile::take_hidden_name() {
  hidden_ = (folder_of(path_) / fmt::format(".mkt-new.{}", random_hex(6))).string();
  slot_ = register_name(hidden_.c_str());
}

void PendingFile::forget_hidden_name() {
  if (slot_ < hidden_names.size()) hidden_names[slot_].store(nullptr);
  hidden_.clear();
}

Status PendingFile::appear(Existing existing) {
  const bool nameless = hidden_.empty();
  if (nameless && existing == Existing::replace) take_hidden_name();
  // link(2) never replaces a file; rename(2) always does.
  const char* linked = existing == Existing::replace ? hidden_.c_str() : path_.c_str();
  const int done = nameless ? ::linkat(AT_FDCWD, descriptor_path(fd_.get()).c_str(), AT_FDCWD,
                                       linked, AT_SYMLINK_FOLLOW)
                   : existing == Existing::keep ? ::renameat2(AT_FDCWD, hidden_.c_str(), AT_FDCWD,
                                                              path_.c_str(), RENAME_NOREPLACE)
                                                : 0;
  if (done != 0) {
    const int reason = errno;
    if (reason != EEXIST) return cannot_write(path_, reason);
    return Error(
        ErrorCode::target_exists,
        fmt::format("{} was created meanwhile; it was left unchanged", printable(path_.string())));
  }
  if (existing == Existing::replace && ::rename(hidden_.c_str(), path_.c_str()) != 0) {
    return cannot_write(path_, errno);
  }
  forget_hidden_name();
  return {};
}

}  // namespace mkt

// The daemon's socket for its own machine: a question and its answer, and those who ask nothing.
#include "daemon/ops/control.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <vector>

#include "tests/unit/must.h"

namespace mkt {
namespace {

Result<Json> echo(const Json& question, const Control::Stopping&) {
  if (question.value("do", "") == "fail") return Error(ErrorCode::usage_error, "no such thing");
  return Json{{"asked", question}};
}

struct ControlFixture {
  TemporaryFolder folder = must(TemporaryFolder::create(must(temporary_folder()), "mkt-control-"));
  std::unique_ptr<Control> control = must(Control::open(folder.path(), echo));

  UniqueFd connect() const {
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = folder.path() / "control.sock";
    REQUIRE(path.size() < sizeof address.sun_path);
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    REQUIRE(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    return fd;
  }
};

TEST_CASE_FIXTURE(ControlFixture, "a question gets its answer, or what is wrong with it") {
  const auto answer = ask_daemon(folder.path(), {{"do", "status"}});
  REQUIRE(answer);
  REQUIRE(*answer);
  CHECK((**answer)["asked"]["do"] == "status");
  const auto failed = ask_daemon(folder.path(), {{"do", "fail"}});
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code == ErrorCode::usage_error);
  CHECK(failed.error().message == "no such thing");
  control.reset();
  const auto nobody = ask_daemon(folder.path(), {{"do", "status"}});
  REQUIRE(nobody);
  CHECK_FALSE(*nobody);
}

TEST_CASE_FIXTURE(ControlFixture, "while others keep it busy, a question is told so") {
  std::vector<UniqueFd> silent;
  for (int i = 0; i < 8; ++i) silent.push_back(connect());
  const auto refused = ask_daemon(folder.path(), {{"do", "status"}});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::overloaded);
  silent.clear();  // ends them
}

TEST_CASE_FIXTURE(ControlFixture, "its end does not wait for who asks nothing") {
  const UniqueFd silent = connect();
  CHECK(ask_daemon(folder.path(), {{"do", "status"}}));
  control.reset();
}

}  // namespace
}  // namespace mkt

// FakeBucket: the part of Cloud Storage's JSON API that the mirror uses, over real HTTP on
// loopback, as Google has no emulator of it to install. Objects are files in a folder and outlive
// this object; begun uploads do not. Like Cloud Storage, it refuses bytes whose MD5 is not the one
// announced. It can be told to fail. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace httplib {
class Server;
struct Request;
struct Response;
}  // namespace httplib

namespace mkt::faults {

class FakeBucket {
 public:
  FakeBucket(std::string name, std::filesystem::path folder);
  ~FakeBucket();
  FakeBucket(const FakeBucket&) = delete;
  FakeBucket& operator=(const FakeBucket&) = delete;

  std::string url() const;
  // Objects on one page of a listing.
  static constexpr std::size_t kPage = 2;

  // What happened.
  std::atomic<int> begun{0};                  // uploads
  std::atomic<std::uint64_t> bytes_taken{0};  // by uploads
  // What should happen.
  std::atomic<int> break_uploads{0};        // the next ones: takes 1,000 bytes, then answers 503
  std::atomic<bool> forget_uploads{false};  // no begun upload is known any more
  std::atomic<bool> lie{false};             // about the MD5 of what it stores
  std::function<void()> when_begun;         // called when an upload begins; set it before

 private:
  struct Upload {
    std::string object, md5, bytes;
    std::uint64_t size = 0;
  };
  void begin(const httplib::Request& request, httplib::Response& response);
  void take(const httplib::Request& request, httplib::Response& response);
  void list(const httplib::Request& request, httplib::Response& response);
  void show(const httplib::Request& request, httplib::Response& response);
  std::filesystem::path file_of(const std::string& object) const;
  void describe(const std::string& object, httplib::Response& response) const;

  const std::string name_;
  const std::filesystem::path folder_;
  std::unique_ptr<httplib::Server> server_;
  int port_ = 0;
  std::mutex mutex_;
  std::map<std::string, Upload> uploads_;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace mkt::faults

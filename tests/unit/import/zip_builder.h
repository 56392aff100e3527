// ZipBuilder: makes zip archives, honest or hostile, record by record (PKWARE's APPNOTE.TXT).
#pragma once

#include <sys/stat.h>
#include <zlib.h>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace mkt::test {

class ZipBuilder {
 public:
  // What differs from an honest member; the local header says what the directory says where a
  // member here has no value.
  struct Member {
    std::string name;
    bool deflate = false;
    unsigned mode = S_IFREG | 0644;                        // of Unix, in the directory
    unsigned flags = 0x0800;                               // names are UTF-8
    std::optional<std::uint32_t> size{}, crc{}, method{};  // in both halves
    std::optional<std::string> local_name{};
    std::optional<std::uint32_t> local_size{};
    std::optional<std::uint32_t> offset{};  // in the directory
    std::optional<std::uint32_t> local_flags{}, local_crc{}, local_method{}, local_packed{};
    std::string_view extra{}, local_extra{};  // fields, as they stand in each half
    std::string_view comment{};               // in the directory
    std::string_view after{};                 // bytes behind the data, as a descriptor
    std::optional<std::string> data{};        // as it is packed
    bool listed = true;                       // in the directory
  };

  // The fields of 4.5: an id, and how many bytes follow.
  static std::string extra_field(std::uint32_t id, std::string_view content) {
    std::string field;
    put(field, {{id, 2}, {static_cast<std::uint32_t>(content.size()), 2}});
    return field.append(content);
  }
  // What stands behind data whose size follows (4.3.9).
  static std::string descriptor(std::string_view content, std::size_t packed,
                                bool with_mark = true) {
    std::string record;
    if (with_mark) put(record, {{0x08074b50, 4}});
    put(record, {{crc_of(content), 4},
                 {static_cast<std::uint32_t>(packed), 4},
                 {static_cast<std::uint32_t>(content.size()), 4}});
    return record;
  }

  ZipBuilder& add(const Member& m, std::string_view content) {
    const std::string data = m.data.value_or(m.deflate ? deflated(content) : std::string(content));
    const std::uint32_t crc = m.crc.value_or(crc_of(content));
    const std::uint32_t size = m.size.value_or(static_cast<std::uint32_t>(content.size()));
    const std::uint32_t method = m.method.value_or(m.deflate ? 8 : 0);
    const auto at = static_cast<std::uint32_t>(bytes_.size());
    const std::string local = m.local_name.value_or(m.name);
    put(bytes_, {{0x04034b50, 4},
                 {20, 2},
                 {m.local_flags.value_or(m.flags), 2},
                 {m.local_method.value_or(method), 2},
                 {0, 4},
                 {m.local_crc.value_or(crc), 4},
                 {m.local_packed.value_or(static_cast<std::uint32_t>(data.size())), 4},
                 {m.local_size.value_or(size), 4},
                 {static_cast<std::uint32_t>(local.size()), 2},
                 {static_cast<std::uint32_t>(m.local_extra.size()), 2}});
    bytes_.append(local).append(m.local_extra).append(data).append(m.after);
    if (!m.listed) return *this;
    put(directory_, {{0x02014b50, 4},
                     {0x0314, 2},  // made on Unix
                     {20, 2},
                     {m.flags, 2},
                     {method, 2},
                     {0, 4},
                     {crc, 4},
                     {static_cast<std::uint32_t>(data.size()), 4},
                     {size, 4},
                     {static_cast<std::uint32_t>(m.name.size()), 2},
                     {static_cast<std::uint32_t>(m.extra.size()), 2},
                     {static_cast<std::uint32_t>(m.comment.size()), 2},
                     {0, 2},
                     {0, 2},
                     {static_cast<std::uint32_t>(m.mode) << 16, 4},
                     {m.offset.value_or(at), 4}});
    directory_.append(m.name).append(m.extra).append(m.comment);
    ++members_;
    return *this;
  }
  ZipBuilder& file(const std::string& name, std::string_view content = "x") {
    return add({.name = name}, content);
  }
  // Bytes between the files, which no header announces.
  ZipBuilder& loose(std::string_view bytes) {
    bytes_ += bytes;
    return *this;
  }
  // Bytes of the last record: how many members it says, and a comment.
  std::string zip(std::optional<std::uint32_t> said = {}, std::string_view comment = {}) const {
    std::string all = bytes_ + directory_;
    const std::uint32_t count = said.value_or(members_);
    put(all, {{0x06054b50, 4},
              {0, 2},
              {0, 2},
              {count, 2},
              {count, 2},
              {static_cast<std::uint32_t>(directory_.size()), 4},
              {static_cast<std::uint32_t>(bytes_.size()), 4},
              {static_cast<std::uint32_t>(comment.size()), 2}});
    return all.append(comment);
  }

  static std::string deflated(std::string_view content) {
    z_stream stream{};
    deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
    std::string out(deflateBound(&stream, content.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
    stream.avail_in = static_cast<uInt>(content.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    if (deflate(&stream, Z_FINISH) != Z_STREAM_END) throw std::logic_error("deflate");
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
  }

 private:
  struct Field {
    std::uint32_t value;
    int width;
  };
  static void put(std::string& out, std::initializer_list<Field> fields) {
    for (const Field& f : fields) {
      for (int i = 0; i < f.width; ++i) out += static_cast<char>(f.value >> (8 * i) & 0xff);
    }
  }
  static std::uint32_t crc_of(std::string_view content) {
    const auto bytes = reinterpret_cast<const Bytef*>(content.data());
    return static_cast<std::uint32_t>(::crc32(0, bytes, static_cast<uInt>(content.size())));
  }

  std::string bytes_, directory_;
  std::uint32_t members_ = 0;
};

}  // namespace mkt::test

#include "daemon/store/sqlite/sqlite_store.h"

#include <fmt/format.h>

#include "daemon/store/sqlite/schema.h"

namespace mkt {

// A connection for reading, with its records.
struct SqliteStore::Reader {
  explicit Reader(const std::filesystem::path& file) : db(file, Database::Mode::read_only) {
    db.execute("PRAGMA wal_autocheckpoint = 0");
  }
  Database db;
  SqliteRecords records{db};
};

// The last connection that closes moves the log into the database, and only one that may write can:
// afterwards the file alone has everything.
SqliteStore::~SqliteStore() { readers_.clear(); }

SqliteStore::SqliteStore(std::filesystem::path file, std::unique_ptr<Database> writer)
    : file_(std::move(file)),
      records_(*writer),
      commits_(std::make_unique<CommitQueue>(
          std::move(writer), [this](const Touches& touches) { watchers_.tell(touches); })) {}

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(const std::filesystem::path& file) {
  try {
    auto writer = std::make_unique<Database>(file, Database::Mode::read_write);
    writer->execute("PRAGMA journal_mode = WAL");
    writer->execute("PRAGMA synchronous = FULL");
    writer->execute("PRAGMA foreign_keys = ON");
    writer->execute("PRAGMA trusted_schema = OFF");
    // A savepoint's undo log is small (the pages of one commit). On disk it would be a file per
    // commit.
    writer->execute("PRAGMA temp_store = MEMORY");
    MKT_CHECK(migrate(*writer));
    return std::unique_ptr<SqliteStore>(new SqliteStore(file, std::move(writer)));
  } catch (const SqlError& e) {
    const int primary = e.extended_code() & 0xff;
    if (primary == SQLITE_NOTADB || primary == SQLITE_CORRUPT) {
      return Error(
          ErrorCode::data_damaged,
          fmt::format("{} is damaged ({}); restore it from a backup", file.string(), e.what()));
    }
    return e.error();
  }
}

std::unique_ptr<SqliteStore::Reader> SqliteStore::take_reader() {
  {
    const std::lock_guard lock(readers_mutex_);
    if (!readers_.empty()) {
      auto reader = std::move(readers_.back());
      readers_.pop_back();
      return reader;
    }
  }
  return std::make_unique<Reader>(file_);
}

void SqliteStore::give_back(std::unique_ptr<Reader> reader) {
  const std::lock_guard lock(readers_mutex_);
  if (readers_.size() < kMaxIdleReaders) readers_.push_back(std::move(reader));
}

Status SqliteStore::read(const std::function<Status(const Records&)>& look) {
  try {
    auto reader = take_reader();
    Status seen;
    {
      // One snapshot for all statements that the function runs.
      Transaction snapshot(reader->db, "BEGIN");
      seen = look(reader->records);
      snapshot.commit();
    }
    give_back(std::move(reader));
    return seen;
  } catch (const SqlError& e) {
    return e.error();
  }
}

Result<EntryNumbers> SqliteStore::change(const Touches& touches,
                                         const std::function<Status(Records&)>& decide) {
  Touches all = touches;  // and what the change adds itself
  std::vector<std::int64_t> entries;
  const Status kept = commits_->run(all, [&](Database&) -> Status {
    records_.begin();
    MKT_CHECK(decide(records_));
    entries = records_.take_entries();
    for (std::string& id : records_.take_touched()) all.connectors.push_back(std::move(id));
    return {};
  });
  if (!kept) return kept.error();
  return EntryNumbers(std::move(entries));
}

}  // namespace mkt

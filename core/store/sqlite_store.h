// The store on SQLite (write-ahead log, synchronous=FULL): a write is acknowledged when it is on disk, so that nothing
// acknowledged is lost by SIGKILL or a power cut. One file, one process: a second one that opens it is refused.
// Only the current state is kept; history starts anew with each process, so watches from before it are Expired.
#pragma once

#include "core/store/store.h"

#include <filesystem>

struct sqlite3;

namespace kubarium::store {

class SqliteStore final : public Store {
public:
    // Loads everything; blocking, before the engine runs. The file is created with mode 0600. Fails with a sentence if the
    // file is in use, damaged or not ours.
    static Result<std::unique_ptr<SqliteStore>> open(const std::filesystem::path& file, Executor& executor, Clock& clock);
    // Waits for a commit that is under way; what was not acknowledged by then may be lost.
    ~SqliteStore() override;

private:
    struct Database;
    SqliteStore(Executor& executor, Clock& clock, std::shared_ptr<Database> database);
    void persist(const std::string& resource, const Change& change) override;
    void write();
    Result<void> load();

    std::shared_ptr<Database> database_;
    Timer retry_;
};

}  // namespace kubarium::store

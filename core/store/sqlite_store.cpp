#include "core/store/sqlite_store.h"

#include "core/base/log.h"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <deque>
#include <iterator>
#include <mutex>
#include <unordered_map>
#include <unordered_set>

namespace kubarium::store {

using namespace std::chrono_literals;

namespace {

constexpr int applicationId = 0x4b756261;  // "Kuba"
constexpr int formatVersion = 2;
constexpr int patienceMilliseconds = 2000;
// More is not gained by longer transactions, while what waits for the first of them waits for the last.
constexpr std::size_t mostTogether = 256;
// Rows have numbers, in the order in which their objects were made: a new one goes to the end of the file and an old one is found by
// its number. What is where is known in memory, so that no index of the names has to be written as well.
constexpr const char* objectTable = "CREATE TABLE object(id INTEGER PRIMARY KEY, resource TEXT NOT NULL, path TEXT NOT NULL, body TEXT NOT NULL)";
// The log is moved into the file when it is this long (in pages of 4 KiB): seldom enough that a page that is written again and again
// is moved once.
constexpr const char* checkpointLength = "PRAGMA wal_autocheckpoint=4096";
constexpr const char* pageCache = "PRAGMA cache_size=-8192";

std::string rowKey(std::string_view resource, std::string_view path) { return fmt::format("{}\n{}", resource, path); }

}  // namespace

// Used by one worker thread at a time; the mutex `busy` also lets the destructor wait for it.
struct SqliteStore::Database {
    // What is to be written, for any thread. `writing` while a worker is at it or the disk is in trouble.
    std::mutex queueMutex;
    std::deque<std::pair<std::string, Change>> queue;
    bool writing = false;
    bool closing = false;

    std::string file;
    sqlite3* handle = nullptr;
    sqlite3_stmt* put = nullptr;
    sqlite3_stmt* erase = nullptr;
    sqlite3_stmt* revision = nullptr;
    std::unordered_map<std::string, sqlite3_int64> rows;
    sqlite3_int64 lastRow = 0;
    std::mutex busy;

    ~Database() {
        for (auto* statement : {put, erase, revision}) sqlite3_finalize(statement);
        sqlite3_close(handle);
    }

    Error unusable(std::string_view why) const {
        return internalError(fmt::format("the cluster's database {} {}. Put a copy from before in its place, or forget the objects of the last time with 'kubarium up --fresh'", file, why));
    }
    Error error(std::string_view doing) const {
        if (const int code = handle ? sqlite3_errcode(handle) & 0xff : SQLITE_OK; code == SQLITE_CORRUPT || code == SQLITE_NOTADB)
            return unusable(fmt::format("is damaged: {}", sqlite3_errmsg(handle)));
        return internalError(fmt::format("the cluster's database: {}: {}", doing, handle ? sqlite3_errmsg(handle) : "out of memory"));
    }
    Result<void> run(const char* sql) const {
        if (sqlite3_exec(handle, sql, nullptr, nullptr, nullptr) != SQLITE_OK) return error(sql);
        return {};
    }
    Result<sqlite3_stmt*> prepare(const char* sql) const {
        sqlite3_stmt* statement = nullptr;
        if (sqlite3_prepare_v2(handle, sql, -1, &statement, nullptr) != SQLITE_OK) return error(sql);
        return statement;
    }
    Result<int> number(const char* sql) const {
        auto* statement = TRY(prepare(sql));
        const int value = sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int(statement, 0) : 0;
        sqlite3_finalize(statement);
        return value;
    }
    Result<void> step(sqlite3_stmt* statement) const {
        const int code = sqlite3_step(statement);
        sqlite3_reset(statement);
        if (code != SQLITE_DONE) return error("writing");
        return {};
    }
    // The text must stay until the statement has run.
    static void bind(sqlite3_stmt* statement, int index, std::string_view text) {
        sqlite3_bind_text(statement, index, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
    }

    Result<void> create() const {
        const int version = TRY(number("PRAGMA user_version"));
        if (version == 0)
            TRY(run(fmt::format("BEGIN; {}; CREATE TABLE state(name TEXT PRIMARY KEY, value INTEGER); INSERT INTO state VALUES('revision', 0);"
                                "PRAGMA application_id={}; PRAGMA user_version={}; COMMIT",
                                objectTable, applicationId, formatVersion)
                        .c_str()));
        // Version 1 had no numbers: its table was sorted by resource and path.
        if (version == 1 && TRY(number("PRAGMA application_id")) == applicationId)
            TRY(run(fmt::format("BEGIN; ALTER TABLE object RENAME TO sorted; {}; INSERT INTO object(resource, path, body) SELECT resource, path, body FROM sorted;"
                                "DROP TABLE sorted; PRAGMA user_version={}; COMMIT",
                                objectTable, formatVersion)
                        .c_str()));
        if (TRY(number("PRAGMA application_id")) != applicationId) return unusable("is of another program");
        if (const int now = TRY(number("PRAGMA user_version")); now != formatVersion)
            return unusable(fmt::format("has format {}, and this version of Kubarium knows {}", now, formatVersion));
        return {};
    }

    // Damage that reading the objects would not meet is met by the first write, and then nothing could be written any more.
    Result<void> check() const {
        auto* statement = TRY(prepare("PRAGMA quick_check(1)"));
        const bool read = sqlite3_step(statement) == SQLITE_ROW;
        const std::string found = read ? reinterpret_cast<const char*>(sqlite3_column_text(statement, 0)) : sqlite3_errmsg(handle);
        sqlite3_finalize(statement);
        if (found != "ok") return unusable(fmt::format("is damaged: {}", found));
        return {};
    }

    // The row of an object that is gone is known until that is committed, so that a transaction that failed can be tried again.
    Result<void> saveChange(const std::string& resource, const Change& change, std::unordered_set<std::string>& gone) {
        auto key = rowKey(resource, change.path);
        if (change.type == ChangeType::Deleted) {
            const auto known = rows.find(key);
            if (known == rows.end()) return {};
            sqlite3_bind_int64(erase, 1, known->second);
            gone.insert(std::move(key));
            return step(erase);
        }
        if (!gone.empty()) gone.erase(key);
        const auto [row, fresh] = rows.try_emplace(std::move(key), lastRow + 1);
        if (fresh) ++lastRow;
        const auto body = json::serialize(change.object->tree());
        sqlite3_bind_int64(put, 1, row->second);
        bind(put, 2, resource);
        bind(put, 3, change.path);
        bind(put, 4, body);
        return step(put);
    }

    // The next of what is to be written; empty when there is nothing, and nobody writes then.
    std::vector<std::pair<std::string, Change>> take() {
        std::lock_guard lock(queueMutex);
        const auto count = closing ? 0 : std::min(queue.size(), mostTogether);
        std::vector<std::pair<std::string, Change>> batch(std::make_move_iterator(queue.begin()), std::make_move_iterator(queue.begin() + static_cast<std::ptrdiff_t>(count)));
        queue.erase(queue.begin(), queue.begin() + static_cast<std::ptrdiff_t>(count));
        if (batch.empty()) writing = false;
        return batch;
    }
    // What could not be written is the next again.
    void putBack(std::vector<std::pair<std::string, Change>> batch) {
        std::lock_guard lock(queueMutex);
        queue.insert(queue.begin(), std::make_move_iterator(batch.begin()), std::make_move_iterator(batch.end()));
    }

    Result<void> save(const std::vector<std::pair<std::string, Change>>& batch) {
        // One transaction: a crash leaves all of it or nothing.
        if (!sqlite3_get_autocommit(handle)) TRY(run("ROLLBACK"));
        TRY(run("BEGIN IMMEDIATE"));
        std::unordered_set<std::string> gone;
        for (const auto& [resource, change] : batch) TRY(saveChange(resource, change, gone));
        sqlite3_bind_int64(revision, 1, static_cast<sqlite3_int64>(batch.back().second.revision));
        TRY(step(revision));
        TRY(run("COMMIT"));
        for (const auto& key : gone) rows.erase(key);
        return {};
    }
};

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(const std::filesystem::path& file, Executor& executor, Clock& clock) {
    auto database = std::make_shared<Database>();
    database->file = file.string();
    const auto before = ::umask(0077);
    const int code = sqlite3_open_v2(file.c_str(), &database->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
    ::umask(before);
    if (code != SQLITE_OK) return database->error(file.string());
    // An engine that was killed may need a moment to be gone.
    sqlite3_busy_timeout(database->handle, patienceMilliseconds);
    // Exclusive: nobody else may open it, and the index of the log needs no shared memory file.
    TRY(database->run("PRAGMA locking_mode=EXCLUSIVE"));
    if (auto locked = database->run("PRAGMA journal_mode=WAL"); !locked) {
        if (sqlite3_errcode(database->handle) == SQLITE_BUSY)
            return makeError(Reason::Conflict, fmt::format("{} is in use: the cluster is running already", file.string()));
        return std::move(locked.error());
    }
    for (const auto* setting : {"PRAGMA synchronous=FULL", checkpointLength, pageCache}) TRY(database->run(setting));
    if (auto made = database->create(); !made) {
        if (sqlite3_errcode(database->handle) == SQLITE_BUSY)
            return makeError(Reason::Conflict, fmt::format("{} is in use: the cluster is running already", file.string()));
        return std::move(made.error());
    }
    TRY(database->check());
    database->put = TRY(database->prepare("INSERT INTO object VALUES(?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET body=excluded.body"));
    database->erase = TRY(database->prepare("DELETE FROM object WHERE id=?1"));
    database->revision = TRY(database->prepare("UPDATE state SET value=?1 WHERE name='revision'"));
    std::unique_ptr<SqliteStore> store(new SqliteStore(executor, clock, std::move(database)));
    TRY(store->load());
    return store;
}

SqliteStore::SqliteStore(Executor& executor, Clock& clock, std::shared_ptr<Database> database)
    : Store(executor, clock), database_(std::move(database)) {}

SqliteStore::~SqliteStore() {
    // What was posted never runs once alive_ is false; the disk half of a commit finishes under the mutex.
    {
        std::lock_guard lock(database_->queueMutex);
        database_->closing = true;
    }
    std::lock_guard wait(database_->busy);
}

Result<void> SqliteStore::load() {
    auto* statement = TRY(database_->prepare("SELECT resource, path, body, id FROM object ORDER BY id"));
    const auto text = [&](int column) {
        return std::string_view(reinterpret_cast<const char*>(sqlite3_column_text(statement, column)),
                                static_cast<std::size_t>(sqlite3_column_bytes(statement, column)));
    };
    int code = SQLITE_ROW;
    std::string bad;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        boost::system::error_code error;
        const auto body = text(2);
        auto value = json::parse(json::string_view(body.data(), body.size()), error, {}, {.max_depth = 256});
        const auto row = database_->lastRow = sqlite3_column_int64(statement, 3);
        if (error || !value.is_object() || !database_->rows.emplace(rowKey(text(0), text(1)), row).second) {
            bad = std::string(text(1));
            break;
        }
        restore(std::string(text(0)), std::string(text(1)), api::Object::make(std::move(value.get_object())));
    }
    sqlite3_finalize(statement);
    if (!bad.empty()) return database_->unusable(fmt::format("is damaged: {} is no JSON object, or there twice", bad));
    if (code != SQLITE_DONE) return database_->error("reading");
    auto* revision = TRY(database_->prepare("SELECT value FROM state WHERE name='revision'"));
    const auto known = sqlite3_step(revision) == SQLITE_ROW ? sqlite3_column_int64(revision, 0) : 0;
    sqlite3_finalize(revision);
    restoreRevision(static_cast<std::uint64_t>(known));
    return {};
}

void SqliteStore::persist(const std::string& resource, const Change& change) {
    {
        std::lock_guard lock(database_->queueMutex);
        database_->queue.emplace_back(resource, change);
        if (std::exchange(database_->writing, true)) return;
    }
    write();
}

// Until nothing is left: the engine thread need not come to it for the next commit to begin.
void SqliteStore::write() {
    executor_.offloadTask([this, alive = alive_, executor = &executor_, database = database_]() -> Task {
        std::lock_guard lock(database->busy);
        for (auto batch = database->take(); !batch.empty(); batch = database->take()) {
            const auto revision = batch.back().second.revision;
            if (auto saved = database->save(batch); !saved) {
                database->putBack(std::move(batch));
                return [this, alive, trouble = std::move(saved.error().message)]() mutable {
                    if (!*alive) return;
                    // The disk is full or broken. Nothing of this batch is acknowledged; new writes are refused until a retry succeeds.
                    logError("store", "{}", trouble);
                    failed(std::move(trouble));
                    retry_ = clock_.afterReal(1s, [this] { write(); });
                };
            }
            executor->post([this, alive, revision] {
                if (*alive) committed(revision);
            });
        }
        return {};
    });
}

}  // namespace kubarium::store

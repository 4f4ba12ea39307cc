#include "core/store/sqlite_store.h"

#include "core/base/log.h"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <mutex>

namespace kubarium::store {

using namespace std::chrono_literals;

namespace {

constexpr int applicationId = 0x4b756261;  // "Kuba"
constexpr int formatVersion = 1;

}  // namespace

// Used by one worker thread at a time; the mutex also lets the destructor wait for it.
struct SqliteStore::Database {
    sqlite3* handle = nullptr;
    sqlite3_stmt* put = nullptr;
    sqlite3_stmt* erase = nullptr;
    sqlite3_stmt* revision = nullptr;
    std::mutex busy;

    ~Database() {
        for (auto* statement : {put, erase, revision}) sqlite3_finalize(statement);
        sqlite3_close(handle);
    }

    Error error(std::string_view doing) const {
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
    static void bind(sqlite3_stmt* statement, int index, std::string_view text) {
        sqlite3_bind_text(statement, index, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
    }

    Result<void> create() const {
        if (TRY(number("PRAGMA user_version")) == 0)
            TRY(run(fmt::format("BEGIN; CREATE TABLE object(resource TEXT, path TEXT, body TEXT NOT NULL, PRIMARY KEY(resource, path)) WITHOUT ROWID;"
                                "CREATE TABLE state(name TEXT PRIMARY KEY, value INTEGER); INSERT INTO state VALUES('revision', 0);"
                                "PRAGMA application_id={}; PRAGMA user_version={}; COMMIT",
                                applicationId, formatVersion)
                        .c_str()));
        if (TRY(number("PRAGMA application_id")) != applicationId || TRY(number("PRAGMA user_version")) != formatVersion)
            return internalError("the cluster's database: the file is of another program or version");
        return {};
    }

    Result<void> save(const std::vector<std::pair<std::string, Change>>& batch, std::uint64_t last) {
        // One transaction: a crash leaves all of it or nothing.
        if (!sqlite3_get_autocommit(handle)) TRY(run("ROLLBACK"));
        TRY(run("BEGIN IMMEDIATE"));
        for (const auto& [resource, change] : batch) {
            auto* statement = change.type == ChangeType::Deleted ? erase : put;
            bind(statement, 1, resource);
            bind(statement, 2, change.path);
            if (change.type != ChangeType::Deleted) bind(statement, 3, json::serialize(change.object->tree()));
            TRY(step(statement));
        }
        sqlite3_bind_int64(revision, 1, static_cast<sqlite3_int64>(last));
        TRY(step(revision));
        return run("COMMIT");
    }
};

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(const std::filesystem::path& file, Executor& executor, Clock& clock) {
    auto database = std::make_shared<Database>();
    const auto before = ::umask(0077);
    const int code = sqlite3_open_v2(file.c_str(), &database->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
    ::umask(before);
    if (code != SQLITE_OK) return database->error(file.string());
    // Exclusive: nobody else may open it, and the index of the log needs no shared memory file.
    TRY(database->run("PRAGMA locking_mode=EXCLUSIVE"));
    if (auto locked = database->run("PRAGMA journal_mode=WAL"); !locked) {
        if (sqlite3_errcode(database->handle) == SQLITE_BUSY)
            return makeError(Reason::Conflict, fmt::format("{} is in use: the cluster is running already", file.string()));
        return std::move(locked.error());
    }
    TRY(database->run("PRAGMA synchronous=FULL"));
    if (auto made = database->create(); !made) {
        if (sqlite3_errcode(database->handle) == SQLITE_BUSY)
            return makeError(Reason::Conflict, fmt::format("{} is in use: the cluster is running already", file.string()));
        return std::move(made.error());
    }
    database->put = TRY(database->prepare("INSERT INTO object VALUES(?1, ?2, ?3) ON CONFLICT DO UPDATE SET body=excluded.body"));
    database->erase = TRY(database->prepare("DELETE FROM object WHERE resource=?1 AND path=?2"));
    database->revision = TRY(database->prepare("UPDATE state SET value=?1 WHERE name='revision'"));
    std::unique_ptr<SqliteStore> store(new SqliteStore(executor, clock, std::move(database)));
    TRY(store->load());
    return store;
}

SqliteStore::SqliteStore(Executor& executor, Clock& clock, std::shared_ptr<Database> database)
    : Store(executor, clock), database_(std::move(database)) {}

SqliteStore::~SqliteStore() {
    // The posted half of a commit never runs once alive_ is false; the disk half finishes under the mutex.
    std::lock_guard wait(database_->busy);
}

Result<void> SqliteStore::load() {
    auto* statement = TRY(database_->prepare("SELECT resource, path, body FROM object"));
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
        if (error || !value.is_object()) {
            bad = std::string(text(1));
            break;
        }
        restore(std::string(text(0)), std::string(text(1)), api::Object::make(std::move(value.get_object())));
    }
    sqlite3_finalize(statement);
    if (!bad.empty()) return internalError(fmt::format("the cluster's database is damaged: {} is not JSON", bad));
    if (code != SQLITE_DONE) return database_->error("reading");
    auto* revision = TRY(database_->prepare("SELECT value FROM state WHERE name='revision'"));
    const auto known = sqlite3_step(revision) == SQLITE_ROW ? sqlite3_column_int64(revision, 0) : 0;
    sqlite3_finalize(revision);
    restoreRevision(static_cast<std::uint64_t>(known));
    return {};
}

void SqliteStore::persist(std::vector<std::pair<std::string, Change>> batch, std::uint64_t revision) {
    write(std::make_shared<const std::vector<std::pair<std::string, Change>>>(std::move(batch)), revision);
}

void SqliteStore::write(std::shared_ptr<const std::vector<std::pair<std::string, Change>>> batch, std::uint64_t revision) {
    executor_.offload(
        [database = database_, batch, revision] {
            std::lock_guard lock(database->busy);
            return database->save(*batch, revision);
        },
        [this, alive = alive_, batch, revision](Result<void> saved) {
            if (!*alive) return;
            if (saved) return committed(revision);
            // The disk is full or broken. Nothing of this batch is acknowledged; new writes are refused until a retry succeeds.
            logError("store", "{}", saved.error().message);
            failed(saved.error().message);
            retry_ = clock_.afterReal(1s, [this, batch, revision] { write(batch, revision); });
        });
}

}  // namespace kubarium::store

#include "core/store/sqlite_store.h"

#include "core/base/engine_loop.h"
#include "core/simulation/simulated_loop.h"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <thread>

namespace kubarium::store {
namespace {

class SqliteStoreTest : public ::testing::Test {
protected:
    void SetUp() override {
        std::string name = (std::filesystem::temp_directory_path() / "kubarium-store-XXXXXX").string();
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        directory = name;
    }
    void TearDown() override { std::filesystem::remove_all(directory); }

    std::unique_ptr<SqliteStore> open(Executor& executor, Clock& clock) {
        auto opened = SqliteStore::open(directory / "cluster.db", executor, clock);
        EXPECT_TRUE(opened.has_value()) << opened.error().message;
        return opened ? std::move(*opened) : nullptr;
    }
    static json::object tree(const std::string& name) { return {{"metadata", json::object{{"name", name}}}}; }

    std::filesystem::path directory;
};

TEST_F(SqliteStoreTest, WhatWasWrittenIsThereAfterOpeningAgain) {
    SimulatedLoop loop;
    std::uint64_t revision = 0;
    {
        auto store = open(loop, loop);
        ASSERT_TRUE(store->put({"nodes", "", "a"}, tree("a"), 0).has_value());
        ASSERT_TRUE(store->put({"nodes", "", "b"}, tree("b"), 0).has_value());
        ASSERT_TRUE(store->remove({"nodes", "", "a"}, 0).has_value());
        revision = store->revision();
        ASSERT_TRUE(loop.runUntil([&] { return store->durableRevision() == revision; }));
    }
    auto again = open(loop, loop);
    EXPECT_EQ(again->revision(), revision);
    EXPECT_EQ(again->get({"nodes", "", "a"}), nullptr);
    ASSERT_NE(again->get({"nodes", "", "b"}), nullptr);
    EXPECT_EQ(again->watch("nodes", revision - 1, [](const Change&) {}).error().reason, Reason::Expired);
}

TEST_F(SqliteStoreTest, TheFileIsPrivateAndASecondUserIsRefusedWithASentence) {
    SimulatedLoop loop;
    auto store = open(loop, loop);
    struct stat info {};
    ASSERT_EQ(::stat((directory / "cluster.db").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600u);
    const auto second = SqliteStore::open(directory / "cluster.db", loop, loop);
    ASSERT_FALSE(second.has_value());
    EXPECT_NE(second.error().message.find("running already"), std::string::npos) << second.error().message;
}

TEST_F(SqliteStoreTest, OneThatIsStillBeingClosedIsWaitedFor) {
    SimulatedLoop loop;
    auto store = open(loop, loop);
    std::jthread closes([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(300));
        store.reset();
    });
    SimulatedLoop other;
    EXPECT_NE(open(other, other), nullptr);
}

TEST_F(SqliteStoreTest, AFileOfSomebodyElseIsRefused) {
    std::ofstream(directory / "cluster.db") << "this is not a database, and it is long enough to be looked at by SQLite as one";
    SimulatedLoop loop;
    EXPECT_FALSE(SqliteStore::open(directory / "cluster.db", loop, loop).has_value());
}

// Found when it is opened: the first write would meet it, and then none could succeed.
TEST_F(SqliteStoreTest, ADamagedFileIsRefusedWithItsNameAndARemedy) {
    SimulatedLoop loop;
    {
        auto store = open(loop, loop);
        for (int i = 0; i < 200; ++i) ASSERT_TRUE(store->put({"nodes", "", fmt::format("{:0>100}", i)}, tree("a"), 0).has_value());
        ASSERT_TRUE(loop.runUntil([&] { return store->durableRevision() == store->revision(); }));
    }
    std::filesystem::copy_file(directory / "cluster.db", directory / "whole.db");
    const auto size = std::filesystem::file_size(directory / "cluster.db");
    for (const auto at : {std::uintmax_t{4096}, size / 2, std::uintmax_t{0}}) {
        std::filesystem::copy_file(directory / "whole.db", directory / "cluster.db", std::filesystem::copy_options::overwrite_existing);
        std::fstream(directory / "cluster.db", std::ios::in | std::ios::out | std::ios::binary).seekp(static_cast<std::streamoff>(at)).write(std::string(4096, '\xff').data(), 4096);
        const auto opened = SqliteStore::open(directory / "cluster.db", loop, loop);
        ASSERT_FALSE(opened.has_value()) << at;
        EXPECT_NE(opened.error().message.find((directory / "cluster.db").string() + " is damaged: "), std::string::npos) << opened.error().message;
        EXPECT_NE(opened.error().message.find("--fresh"), std::string::npos) << opened.error().message;
    }
}

TEST_F(SqliteStoreTest, WhatTheDiskDoesNotTakeIsAnsweredWithItsErrorAndWrittenOnceThereIsRoom) {
    SimulatedLoop loop;
    auto store = open(loop, loop);
    // No file of this process may grow further, as if the disk were full.
    ASSERT_NE(std::signal(SIGXFSZ, SIG_IGN), SIG_ERR);
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    const rlimit full{4096, before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &full), 0);
    ASSERT_TRUE(store->put({"nodes", "", "a"}, tree("a"), 0).has_value());
    std::vector<std::string> answers;
    const auto note = [&](Result<void> saved) { answers.push_back(saved ? "saved" : saved.error().message); };
    store->whenDurable(store->revision(), note);
    const bool refused = loop.runUntil([&] { return !answers.empty(); });
    store->whenDurable(store->revision(), note);
    loop.runReady();
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
    ASSERT_TRUE(refused);
    ASSERT_EQ(answers.size(), 2u);
    EXPECT_NE(answers[0], "saved");
    EXPECT_EQ(answers[0], answers[1]);
    EXPECT_FALSE(store->put({"nodes", "", "b"}, tree("b"), 0).has_value());
    ASSERT_TRUE(loop.runUntil([&] { return store->durableRevision() == store->revision(); }));
    EXPECT_TRUE(store->put({"nodes", "", "b"}, tree("b"), 0).has_value());
}

// The disk does not wait for the engine thread, which may have a thousand more requests to answer before it looks.
TEST_F(SqliteStoreTest, WhatQueuesUpIsWrittenWhileTheEngineIsBusy) {
    EngineLoop loop;
    auto store = open(loop, loop);
    constexpr int count = 1000;
    const std::string filling(1000, 'x');
    for (int i = 0; i < count; ++i) {
        auto object = tree(fmt::format("n{}", i));
        object["filling"] = filling;
        ASSERT_TRUE(store->put({"nodes", "", fmt::format("n{}", i)}, std::move(object), 0).has_value());
    }
    const auto written = [&] {
        std::error_code none;
        const auto size = std::filesystem::file_size(directory / "cluster.db-wal", none);
        return !none && size >= count * filling.size();
    };
    for (int i = 0; i < 1000 && !written(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_TRUE(written());
    EXPECT_LT(store->durableRevision(), store->revision()) << "nobody learns of it before the engine thread";
    std::vector<std::uint64_t> told;
    const auto watch = store->watch("nodes", store->durableRevision(), [&](const Change& change) { told.push_back(change.revision); });
    store->whenDurable(store->revision(), [&](Result<void> saved) {
        EXPECT_TRUE(saved.has_value());
        loop.stop();
    });
    loop.run();
    EXPECT_EQ(told.size(), static_cast<std::size_t>(count));
    EXPECT_TRUE(std::ranges::is_sorted(told));
}

TEST_F(SqliteStoreTest, AFileOfTheFirstFormatIsTakenOver) {
    sqlite3* old = nullptr;
    ASSERT_EQ(sqlite3_open((directory / "cluster.db").c_str(), &old), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(old,
                           "CREATE TABLE object(resource TEXT, path TEXT, body TEXT NOT NULL, PRIMARY KEY(resource, path)) WITHOUT ROWID;"
                           "CREATE TABLE state(name TEXT PRIMARY KEY, value INTEGER); INSERT INTO state VALUES('revision', 77);"
                           "PRAGMA application_id=1265984097; PRAGMA user_version=1;"
                           R"(INSERT INTO object VALUES('nodes', 'b', '{"metadata":{"name":"b","resourceVersion":"77"}}');)"
                           R"(INSERT INTO object VALUES('nodes', 'a', '{"metadata":{"name":"a","resourceVersion":"70"}}');)",
                           nullptr, nullptr, nullptr),
              SQLITE_OK);
    sqlite3_close(old);
    SimulatedLoop loop;
    for (const auto revision : {77u, 78u}) {
        auto store = open(loop, loop);
        ASSERT_NE(store, nullptr);
        EXPECT_EQ(store->revision(), revision);
        ASSERT_NE(store->get({"nodes", "", "b"}), nullptr);
        if (revision == 78u) {
            EXPECT_EQ(store->get({"nodes", "", "a"}), nullptr);
            continue;
        }
        ASSERT_TRUE(store->remove({"nodes", "", "a"}, 70).has_value());
        ASSERT_TRUE(loop.runUntil([&] { return store->durableRevision() == 78; }));
    }
}

TEST_F(SqliteStoreTest, AnObjectThatWasRemovedAndMadeAgainIsThereOnce) {
    SimulatedLoop loop;
    {
        auto store = open(loop, loop);
        ASSERT_TRUE(store->put({"nodes", "", "a"}, tree("a"), 0).has_value());
        ASSERT_TRUE(loop.runUntil([&] { return store->durableRevision() == store->revision(); }));
        // In one commit, and then in the next.
        ASSERT_TRUE(store->remove({"nodes", "", "a"}, 0).has_value());
        ASSERT_TRUE(store->put({"nodes", "", "a"}, tree("a"), 0).has_value());
        ASSERT_TRUE(loop.runUntil([&] { return store->durableRevision() == store->revision(); }));
        ASSERT_TRUE(store->remove({"nodes", "", "a"}, 0).has_value());
        ASSERT_TRUE(loop.runUntil([&] { return store->durableRevision() == store->revision(); }));
        auto changed = tree("a");
        changed["spec"] = json::object{{"unschedulable", true}};
        ASSERT_TRUE(store->put({"nodes", "", "a"}, std::move(changed), 0).has_value());
        ASSERT_TRUE(loop.runUntil([&] { return store->durableRevision() == store->revision(); }));
    }
    auto again = open(loop, loop);
    ASSERT_NE(again, nullptr);
    ASSERT_EQ(again->all("nodes").size(), 1u);
    EXPECT_TRUE(again->get({"nodes", "", "a"})->find({"spec", "unschedulable"}));
}

// The child writes and reports each acknowledged name; it is killed in the midst of it.
TEST_F(SqliteStoreTest, NothingAcknowledgedIsLostBySigkill) {
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    const auto child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        ::close(pipe[0]);
        EngineLoop loop(1);
        auto opened = SqliteStore::open(directory / "cluster.db", loop, loop);
        if (!opened) ::_exit(1);
        auto& store = **opened;
        int next = 0;
        std::function<void()> write = [&] {
            const auto name = fmt::format("object-{:06}", next++);
            const auto stored = store.put({"nodes", "", name}, tree(name), 0);
            store.whenDurable((*stored)->revision(), [&, name](Result<void>) {
                if (::write(pipe[1], name.data(), name.size()) < 0) ::_exit(2);
                write();
            });
        };
        for (int i = 0; i < 4; ++i) loop.post([&] { write(); });
        loop.run();
        ::_exit(0);
    }
    ::close(pipe[1]);
    constexpr std::size_t nameSize = 13;
    std::string acknowledged;
    char buffer[4096];
    while (acknowledged.size() < 100 * nameSize) {
        const auto count = ::read(pipe[0], buffer, sizeof buffer);
        if (count <= 0) break;
        acknowledged.append(buffer, static_cast<std::size_t>(count));
    }
    ::kill(child, SIGKILL);
    for (ssize_t count; (count = ::read(pipe[0], buffer, sizeof buffer)) > 0;) acknowledged.append(buffer, static_cast<std::size_t>(count));
    ::close(pipe[0]);
    ::waitpid(child, nullptr, 0);
    ASSERT_GE(acknowledged.size(), 100 * nameSize);
    SimulatedLoop loop;
    auto store = open(loop, loop);
    ASSERT_NE(store, nullptr);
    for (std::size_t at = 0; at + nameSize <= acknowledged.size(); at += nameSize)
        EXPECT_NE(store->get({"nodes", "", acknowledged.substr(at, nameSize)}), nullptr) << acknowledged.substr(at, nameSize);
}

}  // namespace
}  // namespace kubarium::store

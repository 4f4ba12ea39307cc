#include "tests/ui/view/wait_for.h"
#include "ui/bridge/cluster_actions.h"
#include "ui/bridge/qt_executor.h"

#include <QDirIterator>
#include <QFile>
#include <QRegularExpression>

#include <gtest/gtest.h>

#include <thread>

namespace kubarium::bridge {
namespace {

using namespace std::chrono_literals;
using testing::waitFor;

TEST(QtExecutor, RunsTasksOfAnyThreadInOrderOnTheGuiThread) {
    QtExecutor executor;
    std::vector<int> order;
    std::thread other([&] {
        for (int i = 0; i < 1000; ++i) executor.post([&order, i, &executor] {
            EXPECT_TRUE(executor.isEngineThread());
            order.push_back(i);
        });
    });
    other.join();
    ASSERT_TRUE(waitFor([&] { return order.size() == 1000; }));
    EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST(QtExecutor, ClusterTimersStandStillWhilePaused) {
    QtExecutor executor;
    bool cluster = false, real = false;
    executor.setPaused(true);
    auto first = executor.after(1ms, [&] { cluster = true; });
    auto second = executor.afterReal(30ms, [&] { real = true; });
    ASSERT_TRUE(waitFor([&] { return real; }));
    EXPECT_FALSE(cluster);
    executor.setPaused(false);
    EXPECT_TRUE(waitFor([&] { return cluster; }));
}

TEST(QtExecutor, ADroppedTimerDoesNotFire) {
    QtExecutor executor;
    bool dropped = false, kept = false;
    auto timer = executor.afterReal(1ms, [&] { dropped = true; });
    timer.reset();
    auto other = executor.afterReal(10ms, [&] { kept = true; });
    ASSERT_TRUE(waitFor([&] { return kept; }));
    EXPECT_FALSE(dropped);
}

TEST(LineOfField, FindsFieldsOfEveryDocument) {
    const auto yaml = QStringLiteral("# a comment\napiVersion: apps/v1\nkind: Deployment\nspec:\n  replicas: -1\n  template:\n    spec:\n      containers:\n      - name: a\n        image: x\n      - name: b\n        image: \"\"\n---\nkind: Service\nspec:\n  ports: []\n");
    EXPECT_EQ(lineOfField(yaml, 0, QStringLiteral("spec.replicas")), 5);
    EXPECT_EQ(lineOfField(yaml, 0, QStringLiteral("spec.template.spec.containers[1].image")), 12);
    EXPECT_EQ(lineOfField(yaml, 0, QStringLiteral("spec.template.spec.missing")), 7);
    EXPECT_EQ(lineOfField(yaml, 1, QStringLiteral("spec.ports")), 16);
}

TEST(Translations, NothingIsUnfinished) {
    for (const auto* language : {"zh_CN", "en"}) {
        QFile file(QStringLiteral(KUBARIUM_SOURCE_DIR "/resources/translations/kubarium_%1.ts").arg(QLatin1String(language)));
        ASSERT_TRUE(file.open(QIODevice::ReadOnly));
        const auto text = QString::fromUtf8(file.readAll());
        EXPECT_FALSE(text.contains(QLatin1String("type=\"unfinished\""))) << language;
        EXPECT_FALSE(text.contains(QLatin1String("<translation />"))) << language;
        EXPECT_GT(text.count(QLatin1String("<message")), language == std::string("en") ? 5 : 300);
    }
}

// "1 Node(s)" is no English: each text with a number has its forms.
TEST(Translations, EnglishKnowsThePluralOfEveryCountedText) {
    const auto read = [](const char* language) {
        QFile file(QStringLiteral(KUBARIUM_SOURCE_DIR "/resources/translations/kubarium_%1.ts").arg(QLatin1String(language)));
        return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
    };
    static const QRegularExpression counted(QStringLiteral("<message numerus=\"yes\">\\s*(<source>.*?</source>)"));
    const auto english = read("en");
    auto found = counted.globalMatch(read("zh_CN"));
    int count = 0;
    for (; found.hasNext(); ++count) {
        const auto source = found.next().captured(1);
        EXPECT_TRUE(english.contains(source)) << source.toStdString();
    }
    EXPECT_GT(count, 5);
}

// Every text of the sources stands in the file: lupdate has been run after the last change.
TEST(Translations, EveryTextOfTheWindowIsCollected) {
    QFile file(QStringLiteral(KUBARIUM_SOURCE_DIR "/resources/translations/kubarium_zh_CN.ts"));
    ASSERT_TRUE(file.open(QIODevice::ReadOnly));
    auto collected = QString::fromUtf8(file.readAll());
    collected.replace(QLatin1String("&quot;"), QLatin1String("\"")).replace(QLatin1String("&apos;"), QLatin1String("'")).replace(QLatin1String("&lt;"), QLatin1String("<")).replace(QLatin1String("&gt;"), QLatin1String(">")).replace(QLatin1String("&amp;"), QLatin1String("&"));
    static const QRegularExpression call(QStringLiteral("\\btr\\(\"((?:[^\"\\\\]|\\\\.)*)\""));
    QDirIterator manifests(QStringLiteral(KUBARIUM_SOURCE_DIR "/resources/manifests"), {QStringLiteral("*.yaml")}, QDir::Files);
    while (manifests.hasNext()) {
        QFile manifest(manifests.next());
        ASSERT_TRUE(manifest.open(QIODevice::ReadOnly));
        const auto comment = QString::fromUtf8(manifest.readLine()).trimmed().mid(2);
        EXPECT_TRUE(collected.contains(QLatin1String("<source>") + comment + QLatin1String("</source>"))) << comment.toStdString();
    }
    QDirIterator files(QStringLiteral(KUBARIUM_SOURCE_DIR "/ui"), {QStringLiteral("*.cpp"), QStringLiteral("*.h")}, QDir::Files, QDirIterator::Subdirectories);
    while (files.hasNext()) {
        const auto name = files.next().toStdString();
        QFile source(QString::fromStdString(name));
        ASSERT_TRUE(source.open(QIODevice::ReadOnly)) << name;
        auto found = call.globalMatch(QString::fromUtf8(source.readAll()));
        while (found.hasNext()) {
            auto text = found.next().captured(1);
            text.replace(QLatin1String("\\\""), QLatin1String("\""));
            EXPECT_TRUE(collected.contains(QLatin1String("<source>") + text)) << name << ": " << text.toStdString();
        }
    }
}

}  // namespace
}  // namespace kubarium::bridge

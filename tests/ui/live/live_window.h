// The window with an engine of its own, as a user starts it; both are gone when the test ends.
#pragma once

#include "tests/ui/view/wait_for.h"
#include "ui/view/main_window.h"
#include "ui/view/yaml_editor.h"

#include <QCoreApplication>
#include <QLineEdit>
#include <QProcess>
#include <QPushButton>
#include <QTemporaryDir>
#include <QTest>

#include <gtest/gtest.h>

namespace kubarium::view::testing {

using kubarium::testing::waitFor;
using model::Kind;

inline constexpr int engineMilliseconds = 60'000;  // a deadline, not a wait

inline QPushButton* button(const QWidget& parent, const QString& name) {
    for (auto* each : parent.findChildren<QPushButton*>())
        if ((each->text() == name || each->accessibleName() == name) && each->isVisible()) return each;
    return nullptr;
}

class LiveWindow : public ::testing::Test {
protected:
    void SetUp() override {
        ASSERT_TRUE(folder_.isValid());
        // Long paths do not fit into the socket names of the engine.
        qputenv("KUBARIUM_STATE", folder_.path().toUtf8());
        name_ = QStringLiteral("gui%1").arg(QCoreApplication::applicationPid());
        appearance_.setReduceMotion(true);
        window_ = std::make_unique<MainWindow>(appearance_, executor_);
        window_->resize(1440, 900);
        window_->show();
    }
    void TearDown() override {
        window_.reset();
        EXPECT_EQ(run(bridge::EngineProcess::program(), {QStringLiteral("down"), QStringLiteral("--name"), name_}), 0);
    }
    // The exit code; what it says goes to the test's output.
    static int run(const QString& program, const QStringList& arguments) {
        QProcess process;
        process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
        process.start(program, arguments);
        return process.waitForFinished(engineMilliseconds) ? process.exitCode() : -1;
    }
    void open(OpenRequest request) {
        if (request.kubeconfig.isEmpty()) request.name = name_;
        window_->open(request);
        ASSERT_TRUE(waitFor([this] { return window_->link() && window_->link()->synced(); }, engineMilliseconds)) << "the cluster cannot be reached";
        ASSERT_TRUE(waitFor([this] { return window_->stage().model() && !window_->stage().model()->nodes.empty(); }, engineMilliseconds));
    }
    bool clickWhenThere(const QWidget& parent, const QString& name) {
        if (!waitFor([&] { return button(parent, name) && button(parent, name)->isEnabled(); }, engineMilliseconds)) return false;
        QTest::mouseClick(button(parent, name), Qt::LeftButton);
        return true;
    }
    // With the editor, as a user does.
    void apply(const char* yaml) {
        window_->newManifest();
        window_->editor().setText(QString::fromUtf8(yaml));
        ASSERT_TRUE(clickWhenThere(window_->editor(), QStringLiteral("Apply")));
        ASSERT_TRUE(waitFor([this] { return button(window_->editor(), QStringLiteral("Apply"))->isEnabled(); }, engineMilliseconds));
        ASSERT_TRUE(window_->editor().problems().isEmpty()) << window_->editor().problems().front().message.toStdString();
    }
    // With the command palette.
    void command(const QString& words) {
        QTest::keyClick(window_.get(), Qt::Key_K, Qt::ControlModifier);
        QTest::keyClicks(window_->palette().input(), words);
        QTest::keyClick(window_->palette().input(), Qt::Key_Return);
    }
    model::ObjectPtr pod(const char* key) { return window_->link()->get(Kind::Pod, std::string(key)); }
    bool isPlaced(const char* key) { return pod(key) && !pod(key)->string({"spec", "nodeName"}).empty(); }
    void follow(const char* key) { window_->follow({Kind::Pod, QString::fromLatin1(key)}); }
    const std::optional<scene::TheatreState>& theatre() { return window_->stage().theatre(); }

    QTemporaryDir folder_{QStringLiteral("/tmp/kgui-XXXXXX")};
    QString name_;
    Appearance appearance_;
    bridge::QtExecutor executor_;
    std::unique_ptr<MainWindow> window_;
};

}  // namespace kubarium::view::testing

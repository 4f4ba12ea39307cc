// All desktop tests share one QApplication, without a screen.
#include <QApplication>
#include <QSettings>
#include <QStandardPaths>

#include <gtest/gtest.h>

int main(int count, char** values) {
    if (!qEnvironmentVariableIsSet("QT_QPA_PLATFORM")) qputenv("QT_QPA_PLATFORM", "offscreen");
    qputenv("SHELL", "/bin/sh");
    testing::InitGoogleTest(&count, values);
    QStandardPaths::setTestModeEnabled(true);
    QApplication::setStyle(QStringLiteral("Fusion"));
    QApplication application(count, values);
    QCoreApplication::setApplicationName(QStringLiteral("kubarium-test-%1").arg(QCoreApplication::applicationPid()));
    const int result = RUN_ALL_TESTS();
    QSettings().clear();
    return result;
}

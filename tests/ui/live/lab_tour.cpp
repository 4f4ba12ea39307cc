// Does a lab in the window with an engine of its own, from the first step to the last, and saves a picture of every stage of it, so that
// people can look: lab_tour FOLDER LAB. The first choice is predicted, what is to be done is done as the lab's solution does it.
// $KUBARIUM_SHOT_LANGUAGE, $KUBARIUM_SHOT_SIZE (1280x800), $KUBARIUM_SHOT_DARK and $QT_SCALE_FACTOR say how the window is to be.
#include "core/lab/lab.h"
#include "tests/ui/view/wait_for.h"
#include "ui/view/choice_button.h"
#include "ui/view/lab_panel.h"
#include "ui/view/main_window.h"
#include "ui/view/yaml_editor.h"

#include <QApplication>
#include <QDir>
#include <QFileInfo>
#include <QProcess>
#include <QPushButton>
#include <QScreen>
#include <QSettings>
#include <QStandardPaths>
#include <QTemporaryDir>

#include <algorithm>
#include <cstdio>

using namespace kubarium;
using kubarium::testing::waitFor;
using view::MainWindow;

namespace {

constexpr int patience = 90'000;  // milliseconds, for whatever comes next

void settle(int milliseconds) {
    waitFor([] { return false; }, milliseconds);
}

class Tour {
public:
    Tour(MainWindow& window, const lab::Lab& lab, const QDir& folder) : window_(window), lab_(lab), folder_(folder) {}

    bool run() {
        if (!waitFor([this] { return proceed() || reveal() || says("currentStep"); }, patience)) return shoot(QStringLiteral("stuck")), false;
        while (step_ < lab_.steps.size()) {
            settle(1500);
            shoot(QStringLiteral("begin"));
            if (!play()) return shoot(QStringLiteral("stuck")), false;
        }
        settle(1500);
        shoot(QStringLiteral("done"));
        return true;
    }

private:
    QPushButton* named(const char* name) const {
        for (auto* button : window_.labPanel().findChildren<QPushButton*>(QString::fromLatin1(name)))
            if (button->isVisible() && button->isEnabled()) return button;
        return nullptr;
    }
    QPushButton* proceed() const { return named("proceed"); }
    QPushButton* reveal() const { return named("reveal"); }
    bool says(const char* name) const {
        const auto found = window_.labPanel().findChildren<QWidget*>(QString::fromLatin1(name));
        return std::ranges::any_of(found, [](const QWidget* each) { return each->isVisible(); });
    }
    view::ChoiceButton* choice() const {
        for (auto* button : window_.labPanel().findChildren<view::ChoiceButton*>())
            if (button->isVisible() && button->isEnabled()) return button;
        return nullptr;
    }

    bool play() {
        const auto& step = lab_.steps[step_];
        if (step.ask && !predict()) return false;
        if (!step.checks.empty()) solve();
        const bool last = step_ + 1 == lab_.steps.size();
        if (!step.checks.empty()) {
            const auto isOver = [&] { return last ? !says("currentStep") : proceed() != nullptr; };
            for (int i = 0; i < 3 && !waitFor(isOver, 1200); ++i) shoot(QStringLiteral("doing"));
            if (!waitFor(isOver, patience)) return false;
            settle(700);
            if (!last) {
                shoot(QStringLiteral("passed"));
                proceed()->click();
            }
        }
        ++step_;
        settle(200);
        return true;
    }

    bool predict() {
        if (!waitFor([this] { return choice() != nullptr; }, patience)) return false;
        choice()->click();
        if (!waitFor([this] { return reveal() != nullptr; }, patience)) return false;
        settle(500);
        shoot(QStringLiteral("predicted"));
        reveal()->click();
        for (int i = 0; i < 4 && !waitFor([this] { return proceed() != nullptr; }, 1600); ++i) shoot(QStringLiteral("revealing"));
        if (!waitFor([this] { return proceed() != nullptr; }, patience)) return false;
        settle(1200);
        shoot(QStringLiteral("revealed"));
        proceed()->click();
        settle(800);
        return true;
    }

    void solve() {
        for (const auto& file : lab_.solution) {
            if (static_cast<std::size_t>(file.step()) != step_) continue;
            const auto text = QString::fromStdString(file.text);
            if (file.script) {
                QProcess shell;
                shell.start(QStringLiteral("/bin/sh"), {QStringLiteral("-c"), text});
                shell.waitForFinished(patience);
                std::fputs(shell.readAllStandardError().constData(), stderr);
                continue;
            }
            window_.edit(text);
            settle(600);
            shoot(QStringLiteral("editing"));
            for (auto* button : window_.editor().findChildren<QPushButton*>())
                if (button->property("role") == QLatin1String("primary") && button->isVisible()) button->click();
            settle(1200);
            shoot(QStringLiteral("applied"));
            window_.closeEditor();
        }
    }

    void shoot(const QString& what) {
        const auto file = folder_.filePath(QStringLiteral("%1-%2-step%3-%4.png").arg(QString::fromStdString(lab_.name)).arg(++shots_, 2, 10, QLatin1Char('0')).arg(step_ + 1).arg(what));
        window_.screen()->grabWindow(window_.winId()).save(file);
        std::printf("%s\n", qUtf8Printable(file));
        std::fflush(stdout);
    }

    MainWindow& window_;
    const lab::Lab& lab_;
    QDir folder_;
    std::size_t step_ = 0;
    int shots_ = 0;
};

}  // namespace

int main(int count, char** values) {
    qputenv("SHELL", "/bin/sh");
    QApplication::setStyle(QStringLiteral("Fusion"));
    QApplication application(count, values);
    QStandardPaths::setTestModeEnabled(true);
    QCoreApplication::setApplicationName(QStringLiteral("kubarium-tour"));
    QSettings().clear();
    const auto arguments = application.arguments();
    const auto program = bridge::EngineProcess::program();
    const auto loaded = lab::findLab(lab::labsFolder(program.toStdString()), arguments.value(2).toStdString());
    if (!loaded) return std::fprintf(stderr, "%s\n", loaded.error().message.c_str()), 2;
    const QTemporaryDir state(QStringLiteral("/tmp/ktour-XXXXXX"));
    qputenv("KUBARIUM_STATE", state.path().toUtf8());
    const auto name = QStringLiteral("tour%1").arg(QCoreApplication::applicationPid());
    qputenv("KUBECONFIG", state.filePath(name + QStringLiteral("/kubeconfig")).toUtf8());
    qputenv("PATH", QFileInfo(program).path().toUtf8() + ":" + qgetenv("PATH"));
    qputenv("KUBARIUM_NAME", name.toUtf8());
    view::Appearance appearance;
    appearance.setLanguage(qEnvironmentVariable("KUBARIUM_SHOT_LANGUAGE", QStringLiteral("en")));
    appearance.setChoice(qEnvironmentVariableIsSet("KUBARIUM_SHOT_DARK") ? view::ThemeChoice::Dark : view::ThemeChoice::Light);
    bridge::QtExecutor executor;
    bool through = false;
    {
        MainWindow window(appearance, executor);
        const auto size = qEnvironmentVariable("KUBARIUM_SHOT_SIZE", QStringLiteral("1280x800")).split(QLatin1Char('x'));
        window.resize(size.value(0).toInt(), size.value(1).toInt());
        window.show();
        view::OpenRequest request;
        request.name = name;
        request.lab = arguments.value(2);
        window.open(request);
        through = Tour(window, loaded->lab, QDir(arguments.value(1))).run();
    }
    QProcess::execute(program, {QStringLiteral("down"), QStringLiteral("--name"), name});
    QSettings().clear();
    return through ? 0 : 1;
}

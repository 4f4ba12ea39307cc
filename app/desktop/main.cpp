// kubarium-desktop: a client of the Kubernetes API with a window. Only composition, no logic.
#include "ui/view/appearance.h"
#include "ui/view/first_frame.h"
#include "ui/view/main_window.h"

#include <QApplication>
#include <QCommandLineParser>
#include <QElapsedTimer>
#include <QLocale>

#include <cstdio>

namespace {

struct Arguments {
    kubarium::view::OpenRequest request;
    QString language;
};

// Without a display too: --help, --version and what is wrong with the arguments need none.
Arguments parse(int count, char** values) {
    // Taken before Qt's X11 plug-in removes --name, which it has a meaning for too.
    QStringList words;
    for (int i = 0; i < count; ++i) words << QString::fromLocal8Bit(values[i]);
    const QCoreApplication withoutWindows(count, values);
    QCommandLineParser parser;
    parser.setApplicationDescription(QCoreApplication::translate("main", "A living Kubernetes cluster in a window."));
    parser.addHelpOption();
    parser.addVersionOption();
    const QCommandLineOption name(QStringLiteral("name"), QCoreApplication::translate("main", "Start or attach to the cluster of this name (lab)."), QStringLiteral("NAME"), QStringLiteral("lab"));
    const QCommandLineOption kubeconfig(QStringLiteral("kubeconfig"), QCoreApplication::translate("main", "Attach to the cluster of this kubeconfig instead."), QStringLiteral("FILE"));
    const QCommandLineOption context(QStringLiteral("context"), QCoreApplication::translate("main", "The context in the kubeconfig."), QStringLiteral("CONTEXT"));
    const QCommandLineOption lab(QStringLiteral("lab"), QCoreApplication::translate("main", "Open this lab in a cluster of its own."), QStringLiteral("LAB"));
    const QCommandLineOption language(QStringLiteral("lang"), QCoreApplication::translate("main", "en or zh_CN; the system's language if not given."), QStringLiteral("LANG"));
    parser.addOptions({name, kubeconfig, context, lab, language});
    parser.process(words);
    Arguments arguments;
    arguments.request.name = parser.value(name);
    arguments.request.kubeconfig = parser.value(kubeconfig);
    arguments.request.context = parser.value(context);
    arguments.request.lab = parser.value(lab);
    if (!arguments.request.lab.isEmpty() && !parser.isSet(name)) arguments.request.name = QStringLiteral("lab-") + arguments.request.lab.section(QLatin1Char('/'), -1);
    arguments.language = parser.isSet(language) ? parser.value(language) : QLocale::system().name();
    return arguments;
}

}  // namespace

int main(int count, char** values) {
    QElapsedTimer sinceStart;
    sinceStart.start();
    QCoreApplication::setApplicationName(QStringLiteral("kubarium-desktop"));
    QCoreApplication::setOrganizationName(QStringLiteral("kubarium"));
    QCoreApplication::setApplicationVersion(QStringLiteral(KUBARIUM_VERSION));
    const auto arguments = parse(count, values);
    QApplication::setStyle(QStringLiteral("Fusion"));
    QApplication application(count, values);
    kubarium::view::Appearance appearance;
    appearance.setLanguage(arguments.language);
    kubarium::bridge::QtExecutor executor;
    kubarium::view::MainWindow window(appearance, executor);
    // The window first, the cluster after its first frame.
    kubarium::view::afterFirstFrame(window, [&] {
        if (qEnvironmentVariableIsSet("KUBARIUM_PRINT_FIRST_FRAME")) std::fprintf(stderr, "first frame after %lld ms\n", static_cast<long long>(sinceStart.elapsed()));
        window.open(arguments.request);
    });
    window.show();
    return QApplication::exec();
}

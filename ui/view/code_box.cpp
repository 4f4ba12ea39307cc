#include "ui/view/code_box.h"

#include "ui/view/widgets.h"

#include <QBoxLayout>
#include <QClipboard>
#include <QGuiApplication>
#include <QPlainTextEdit>
#include <QRegularExpression>
#include <QScrollBar>

namespace kubarium::view {
namespace {

// What `kubectl apply` takes; a configuration file has a kind too, but is no object of the cluster.
bool isManifest(const QString& code) {
    static const QRegularExpression version(QStringLiteral("\\bapiVersion:")), kind(QStringLiteral("\\bkind:")), configuration(QStringLiteral("^\\s*\\{?apiVersion: *[a-z.]*config\\.k8s\\.io/"));
    return code.contains(version) && code.contains(kind) && !code.contains(configuration);
}

}  // namespace

CodeBox::CodeBox(const QString& code, int number, QWidget* parent) : QFrame(parent) {
    setObjectName(QStringLiteral("code"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(1, 1, 1, 4);
    column->setSpacing(0);
    auto* text = new QPlainTextEdit(code, this);
    text->setObjectName(QStringLiteral("codeText"));
    text->setReadOnly(true);
    text->setLineWrapMode(QPlainTextEdit::NoWrap);
    text->setFrameShape(QFrame::NoFrame);
    text->setFocusPolicy(Qt::ClickFocus);
    text->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    text->setAccessibleName(tr("Code %1").arg(number));
    text->ensurePolished();
    const int lines = static_cast<int>(code.count(QLatin1Char('\n'))) + 1;
    text->setFixedHeight(lines * text->fontMetrics().lineSpacing() + 2 * static_cast<int>(text->document()->documentMargin()) + text->horizontalScrollBar()->sizeHint().height() + 2);
    column->addWidget(text);
    auto* row = new QHBoxLayout;
    row->setContentsMargins(4, 0, 4, 0);
    row->setSpacing(0);
    auto* copy = makeButton(tr("Copy"), "quiet");
    copy->setAccessibleName(tr("Copy code %1").arg(number));
    connect(copy, &QPushButton::clicked, copy, [copy, code] {
        QGuiApplication::clipboard()->setText(code + QLatin1Char('\n'));
        copy->setText(tr("Copied"));
    });
    row->addWidget(copy);
    if (isManifest(code)) {
        auto* edit = makeButton(tr("To the editor"), "quiet");
        edit->setAccessibleName(tr("Code %1 to the editor").arg(number));
        connect(edit, &QPushButton::clicked, this, [this, code] { Q_EMIT editRequested(code + QLatin1Char('\n')); });
        row->addWidget(edit);
    }
    row->addStretch(1);
    column->addLayout(row);
}

}  // namespace kubarium::view

#include "ui/view/logs_page.h"

#include "ui/view/widgets.h"

#include <boost/json/array.hpp>

#include <QBoxLayout>
#include <QCheckBox>
#include <QComboBox>
#include <QPlainTextEdit>
#include <QScrollBar>
#include <QUrl>

namespace kubarium::view {

LogsPage::LogsPage(InspectorContext& context, QWidget* parent) : InspectorPage(context, parent) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 4, 0, 0);
    column->setSpacing(0);
    auto* row = new QHBoxLayout;
    row->setContentsMargins(16, 4, 16, 8);
    row->setSpacing(12);
    row->addWidget(containers_ = new QComboBox(this), 1);
    row->addWidget(previous_ = new QCheckBox(this));
    column->addLayout(row);
    text_ = new QPlainTextEdit(this);
    text_->setObjectName(QStringLiteral("log"));
    text_->setReadOnly(true);
    text_->setMaximumBlockCount(5000);
    text_->setFont(style::font(style::TextSize::Small, style::TextWeight::Regular, style::TextFamily::Mono));
    text_->setLineWrapMode(QPlainTextEdit::WidgetWidth);
    column->addWidget(text_, 1);
    status_ = makeLabel("muted");
    status_->setWordWrap(true);
    status_->setContentsMargins(16, 6, 16, 8);
    column->addWidget(status_);
    connect(containers_, &QComboBox::currentIndexChanged, this, [this] { open(); });
    connect(previous_, &QCheckBox::toggled, this, [this] { open(); });
}

LogsPage::~LogsPage() = default;

QString LogsPage::title() const { return tr("Logs"); }

bool LogsPage::suits(const model::Reference& reference) const { return reference.kind == model::Kind::Pod; }

void LogsPage::referenceChanged() {
    stream_.reset();
    opened_.clear();
    const QSignalBlocker blocked(containers_);
    containers_->clear();
    text_->clear();
}

void LogsPage::hideEvent(QHideEvent* event) {
    InspectorPage::hideEvent(event);
    stream_.reset();
    opened_.clear();
}

void LogsPage::refresh() {
    previous_->setText(tr("previous"));
    previous_->setToolTip(tr("What the container wrote before its last restart"));
    containers_->setAccessibleName(tr("Container"));
    text_->setAccessibleName(tr("Log"));
    if (!context_.link) return;
    const auto pod = context_.link->get(model::Kind::Pod, reference_.key);
    if (!pod) return;
    if (containers_->count() == 0) {
        const QSignalBlocker blocked(containers_);
        for (const auto* list : {"containers", "initContainers"})
            for (const auto& container : model::arrayAt(*pod, {"spec", list})) containers_->addItem(model::at(container, {"name"}));
    }
    open();
}

void LogsPage::open() {
    if (!context_.link || containers_->count() == 0 || !isVisible()) return;
    const auto pod = context_.link->get(model::Kind::Pod, reference_.key);
    if (!pod) return;
    const auto container = containers_->currentText();
    QString start;
    for (const auto* list : {"containerStatuses", "initContainerStatuses"})
        for (const auto& status : model::arrayAt(*pod, {"status", list}))
            if (model::at(status, {"name"}) == container) start = model::at(status, {"containerID"});
    const auto wanted = reference_.key + container + start + QString::number(previous_->isChecked());
    if (wanted == opened_) return;
    opened_ = wanted;
    text_->clear();
    status_->setText(start.isEmpty() ? tr("The container has not started yet.") : tr("Connecting…"));
    if (start.isEmpty()) return stream_.reset();
    auto path = QStringLiteral("/api/v1/namespaces/%1/pods/%2/log?container=%3&tailLines=1000").arg(reference_.nameSpace(), reference_.name(), QString::fromLatin1(QUrl::toPercentEncoding(container)));
    path += previous_->isChecked() ? QStringLiteral("&previous=true") : QStringLiteral("&follow=true");
    stream_ = context_.link->stream(
        path,
        [this](const QByteArray& bytes) {
            status_->setText(tr("Following"));
            auto* bar = text_->verticalScrollBar();
            const bool atEnd = bar->value() >= bar->maximum() - 4;
            auto cursor = text_->textCursor();
            cursor.movePosition(QTextCursor::End);
            cursor.insertText(QString::fromUtf8(bytes));
            if (atEnd) bar->setValue(bar->maximum());
        },
        [this](const QString& problem) { status_->setText(problem.isEmpty() ? tr("The container has ended.") : problem); });
}

}  // namespace kubarium::view

#include "ui/view/yaml_editor.h"

#include "ui/view/widgets.h"

// QScintilla's headers are written with Qt's keywords, which this project switches off.
#define slots Q_SLOTS
#define signals Q_SIGNALS
#include <Qsci/qscilexeryaml.h>
#include <Qsci/qsciscintilla.h>
#include <Qsci/qscistyle.h>
#undef slots
#undef signals

#include <QBoxLayout>
#include <QEvent>
#include <QKeyEvent>
#include <QLineEdit>
#include <QMap>
#include <QPointer>
#include <QShortcut>

namespace kubarium::view {
namespace {

constexpr int problemMarker = 8;
constexpr int problemStyle = 50;

// Scintilla reads sizes in points only.
QFont inPoints(QFont font, const QWidget& widget) {
    font.setPointSizeF(font.pixelSize() * 72.0 / widget.logicalDpiY());
    return font;
}

}  // namespace

YamlEditor::YamlEditor(QWidget* parent) : QWidget(parent), editor_(new QsciScintilla(this)), lexer_(new QsciLexerYAML(editor_)) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    search_ = new QLineEdit(this);
    search_->setClearButtonEnabled(true);
    search_->hide();
    column->addWidget(search_);
    column->addWidget(editor_, 1);
    column->addWidget(hairline(Qt::Horizontal));
    auto* row = new QHBoxLayout;
    row->setContentsMargins(12, 8, 12, 8);
    row->setSpacing(8);
    setFocusProxy(editor_);
    status_ = makeLabel("muted");
    status_->setWordWrap(true);
    row->addWidget(status_, 1);
    row->addWidget(dryRun_ = makeButton({}));
    row->addWidget(apply_ = makeButton({}, "primary"));
    column->addLayout(row);

    editor_->setUtf8(true);
    editor_->setFrameShape(QFrame::NoFrame);
    editor_->setLexer(lexer_);
    editor_->setFolding(QsciScintilla::PlainFoldStyle, 2);
    editor_->setMarginType(0, QsciScintilla::NumberMargin);
    editor_->setMarginWidth(0, QStringLiteral("0000"));
    editor_->setMarginWidth(1, 4);
    editor_->setMarginMarkerMask(1, 1 << problemMarker);
    editor_->setIndentationsUseTabs(false);
    editor_->setTabWidth(2);
    editor_->setAutoIndent(true);
    editor_->setBackspaceUnindents(true);
    editor_->setIndentationGuides(true);
    editor_->setCaretLineVisible(true);
    editor_->setAnnotationDisplay(QsciScintilla::AnnotationIndented);
    editor_->markerDefine(QsciScintilla::Background, problemMarker);
    editor_->setScrollWidth(1);
    editor_->setScrollWidthTracking(true);
    connect(dryRun_, &QPushButton::clicked, this, [this] { send(true); });
    connect(apply_, &QPushButton::clicked, this, [this] { send(false); });
    connect(search_, &QLineEdit::textChanged, this, [this] { find(false); });
    connect(search_, &QLineEdit::returnPressed, this, [this] { find(true); });
    auto* findKey = new QShortcut(QKeySequence::Find, this);
    findKey->setContext(Qt::WidgetWithChildrenShortcut);
    connect(findKey, &QShortcut::activated, this, &YamlEditor::openSearch);
    auto* applyKey = new QShortcut(QKeySequence(Qt::CTRL | Qt::Key_Return), this);
    applyKey->setContext(Qt::WidgetWithChildrenShortcut);
    connect(applyKey, &QShortcut::activated, this, [this] { send(false); });
    auto* escape = new QShortcut(QKeySequence(Qt::Key_Escape), search_);
    escape->setContext(Qt::WidgetShortcut);
    connect(escape, &QShortcut::activated, this, [this] {
        search_->hide();
        editor_->setFocus();
    });
    editor_->installEventFilter(this);
    retranslate();
}

YamlEditor::~YamlEditor() = default;

void YamlEditor::setTheme(const style::Theme& theme) {
    theme_ = theme;
    const auto font = inPoints(style::font(style::TextSize::Small, style::TextWeight::Regular, style::TextFamily::Mono), *this);
    lexer_->setDefaultFont(font);
    lexer_->setDefaultPaper(theme.panel);
    lexer_->setDefaultColor(theme.text);
    for (int i = 0; i < 16; ++i) {
        lexer_->setFont(font, i);
        lexer_->setPaper(theme.panel, i);
        lexer_->setColor(theme.text, i);
    }
    lexer_->setColor(theme.accent, QsciLexerYAML::Identifier);
    lexer_->setColor(theme.textFaint, QsciLexerYAML::Comment);
    lexer_->setColor(theme.violet, QsciLexerYAML::Keyword);
    lexer_->setColor(theme.waiting, QsciLexerYAML::Number);
    lexer_->setColor(theme.pink, QsciLexerYAML::Reference);
    lexer_->setColor(theme.textMuted, QsciLexerYAML::DocumentDelimiter);
    lexer_->setColor(theme.ok, QsciLexerYAML::TextBlockMarker);
    lexer_->setColor(theme.broken, QsciLexerYAML::SyntaxErrorMarker);
    lexer_->setColor(theme.textMuted, QsciLexerYAML::Operator);
    editor_->setPaper(theme.panel);
    editor_->setColor(theme.text);
    editor_->setCaretForegroundColor(theme.text);
    editor_->setCaretLineBackgroundColor(theme.cardQuiet);
    editor_->setSelectionBackgroundColor(theme.selection);
    editor_->resetSelectionForegroundColor();
    editor_->setMarginsFont(font);
    editor_->setMarginsBackgroundColor(theme.panel);
    editor_->setMarginsForegroundColor(theme.textFaint);
    editor_->setFoldMarginColors(theme.panel, theme.panel);
    editor_->setIndentationGuidesForegroundColor(theme.hairline);
    editor_->setIndentationGuidesBackgroundColor(theme.panel);
    editor_->setMarkerBackgroundColor(style::mix(theme.panel, theme.broken, 0.22), problemMarker);
    setFoldMarks();
    setProblems(problems_);
}

// A quiet arrow at what can be folded, and nothing else; QsciScintilla's own styles cannot be coloured.
void YamlEditor::setFoldMarks() {
    const std::pair<int, int> marks[] = {{QsciScintilla::SC_MARKNUM_FOLDER, QsciScintilla::SC_MARK_ARROW},          {QsciScintilla::SC_MARKNUM_FOLDEROPEN, QsciScintilla::SC_MARK_ARROWDOWN},
                                         {QsciScintilla::SC_MARKNUM_FOLDEREND, QsciScintilla::SC_MARK_ARROW},       {QsciScintilla::SC_MARKNUM_FOLDEROPENMID, QsciScintilla::SC_MARK_ARROWDOWN},
                                         {QsciScintilla::SC_MARKNUM_FOLDERSUB, QsciScintilla::SC_MARK_EMPTY},       {QsciScintilla::SC_MARKNUM_FOLDERTAIL, QsciScintilla::SC_MARK_EMPTY},
                                         {QsciScintilla::SC_MARKNUM_FOLDERMIDTAIL, QsciScintilla::SC_MARK_EMPTY}};
    for (const auto& [marker, shape] : marks) {
        editor_->SendScintilla(QsciScintilla::SCI_MARKERDEFINE, static_cast<unsigned long>(marker), static_cast<long>(shape));
        editor_->SendScintilla(QsciScintilla::SCI_MARKERSETFORE, static_cast<unsigned long>(marker), theme_.textFaint);
        editor_->SendScintilla(QsciScintilla::SCI_MARKERSETBACK, static_cast<unsigned long>(marker), theme_.textFaint);
    }
}

void YamlEditor::setText(const QString& yaml) {
    editor_->setText(yaml);
    editor_->setModified(false);
    setProblems({});
    status_->clear();
}

QString YamlEditor::text() const { return editor_->text(); }
bool YamlEditor::isModified() const { return editor_->isModified(); }

void YamlEditor::setProblems(const QList<bridge::ManifestProblem>& problems) {
    problems_ = problems;
    editor_->clearAnnotations();
    editor_->markerDeleteAll(problemMarker);
    const QsciStyle style(problemStyle, QString(), theme_.broken, style::mix(theme_.panel, theme_.broken, 0.14), inPoints(style::font(style::TextSize::Small), *this));
    QMap<int, QStringList> byLine;
    for (const auto& problem : problems) byLine[std::max(0, problem.line - 1)] << problem.message;
    const QFontMetrics metrics(style::font(style::TextSize::Small));
    for (auto it = byLine.cbegin(); it != byLine.cend(); ++it) {
        // Scintilla does not wrap annotations; they begin where the text of their line does.
        const int indent = static_cast<int>(editor_->SendScintilla(QsciScintilla::SCI_POINTXFROMPOSITION, 0UL, editor_->positionFromLineIndex(it.key(), editor_->indentation(it.key()))));
        const int room = std::max(120, editor_->viewport()->width() - indent - 24);
        QStringList wrapped;
        for (const auto& message : *it) wrapped << brokenAt(message, metrics, room);
        editor_->annotate(it.key(), wrapped.join(QLatin1Char('\n')), style);
        editor_->markerAdd(it.key(), problemMarker);
    }
    if (!byLine.isEmpty()) {
        int line = 0, column = 0;
        editor_->getCursorPosition(&line, &column);
        // Whoever is at work on that line goes on where he is.
        if (line != byLine.firstKey()) editor_->setCursorPosition(byLine.firstKey(), editor_->indentation(byLine.firstKey()));
        editor_->ensureLineVisible(byLine.firstKey());
    }
}

void YamlEditor::send(bool dryRun) {
    if (!actions_) return;
    showStatus(dryRun ? tr("Asking the cluster…") : tr("Applying…"), model::Tone::Neutral);
    apply_->setEnabled(false);
    dryRun_->setEnabled(false);
    actions_->apply(text(), dryRun, [self = QPointer<YamlEditor>(this), dryRun](const QList<bridge::ManifestProblem>& problems, const QString& summary) {
        if (!self) return;
        self->apply_->setEnabled(true);
        self->dryRun_->setEnabled(true);
        self->setProblems(problems);
        if (!problems.isEmpty()) return self->showStatus(tr("%n mistake(s): see the marked lines.", nullptr, static_cast<int>(problems.size())), model::Tone::Broken);
        self->showStatus(summary, model::Tone::Ok);
        if (!dryRun) {
            self->editor_->setModified(false);
            Q_EMIT self->applied();
        }
    });
}

void YamlEditor::showStatus(const QString& text, model::Tone tone) {
    status_->setText(text);
    setTone(status_, tone);
}

void YamlEditor::openSearch() {
    search_->show();
    search_->setFocus();
    search_->selectAll();
}

void YamlEditor::find(bool next) {
    if (next) editor_->findNext();
    else editor_->findFirst(search_->text(), false, false, false, true, true, 0, 0);
}

void YamlEditor::retranslate() {
    dryRun_->setText(tr("Dry run"));
    dryRun_->setToolTip(tr("Let the cluster check it without changing anything"));
    apply_->setText(tr("Apply"));
    apply_->setToolTip(tr("Send it to the cluster (Ctrl+Enter)"));
    search_->setPlaceholderText(tr("Search"));
    search_->setAccessibleName(tr("Search in the text"));
    editor_->setAccessibleName(tr("YAML text"));
    editor_->setAccessibleDescription(tr("Esc leaves the text"));
}

bool YamlEditor::eventFilter(QObject* watched, QEvent* event) {
    const bool isEscape = (event->type() == QEvent::KeyPress || event->type() == QEvent::ShortcutOverride) && static_cast<QKeyEvent*>(event)->key() == Qt::Key_Escape;
    if (watched == editor_ && event->type() == QEvent::FocusIn && status_->text().isEmpty()) showStatus(tr("Esc leaves the text"), model::Tone::Neutral);
    if (watched != editor_ || !isEscape) return QWidget::eventFilter(watched, event);
    event->accept();
    if (event->type() == QEvent::KeyPress) dryRun_->setFocus(Qt::TabFocusReason);
    return true;
}

void YamlEditor::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::LanguageChange) retranslate();
}

}  // namespace kubarium::view

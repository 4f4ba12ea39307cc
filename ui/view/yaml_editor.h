// A YAML editor (QScintilla): folding, search, undo, and mistakes shown below the line that they are about. It has the buttons Dry run
// and Apply, which send the text to the cluster by server-side apply.
#pragma once

#include "ui/model/pod_state.h"
#include "ui/bridge/cluster_actions.h"
#include "ui/style/theme.h"

#include <QWidget>

class QLabel;
class QLineEdit;
class QPushButton;
class QsciLexerYAML;
class QsciScintilla;

namespace kubarium::view {

class YamlEditor final : public QWidget {
    Q_OBJECT

public:
    explicit YamlEditor(QWidget* parent = nullptr);
    ~YamlEditor() override;

    void setActions(bridge::ClusterActions* actions) { actions_ = actions; }
    void setTheme(const style::Theme& theme);
    void setText(const QString& yaml);
    QString text() const;
    bool isModified() const;
    // Shows the mistakes at their lines; the first is scrolled to.
    void setProblems(const QList<bridge::ManifestProblem>& problems);
    const QList<bridge::ManifestProblem>& problems() const { return problems_; }
    void send(bool dryRun);
    void openSearch();
    QsciScintilla* scintilla() const { return editor_; }

Q_SIGNALS:
    void applied();

protected:
    void changeEvent(QEvent* event) override;
    // Tab is a character of the text, so Escape is the way out of it: to the buttons, and from there on with Tab.
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void setFoldMarks();
    void retranslate();
    void showStatus(const QString& text, model::Tone tone);
    void find(bool next);

    bridge::ClusterActions* actions_ = nullptr;
    QsciScintilla* editor_;
    QsciLexerYAML* lexer_;
    QLabel* status_;
    QLineEdit* search_;
    QPushButton *dryRun_, *apply_;
    QList<bridge::ManifestProblem> problems_;
    style::Theme theme_;
};

}  // namespace kubarium::view

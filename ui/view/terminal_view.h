// A terminal (libvterm) with the user's shell, started when it is first shown; KUBECONFIG points at the window's cluster, so that stock
// kubectl can be used beside the Stage. The shell is a child process on a pseudo-terminal (forkpty); it ends with the widget.
#pragma once

#include "ui/style/theme.h"

#include <QWidget>

#include <memory>

struct VTerm;
struct VTermScreen;
class QSocketNotifier;

namespace kubarium::view {

class TerminalView final : public QWidget {
    Q_OBJECT

public:
    explicit TerminalView(QWidget* parent = nullptr);
    ~TerminalView() override;

    // For shells started from now on; a running one is told by an `export` line.
    void setKubeconfig(const QString& path);
    void setTheme(const style::Theme& theme);
    void sendText(const QString& text);
    // What stands on the screen, lines without trailing blanks: for tests and screen readers.
    QString screenText() const;
    bool isRunning() const { return pid_ > 0; }

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void showEvent(QShowEvent* event) override;
    bool event(QEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

private:
    struct Callbacks;
    void startShell();
    void readOutput();
    void flushInput();
    void fitToSize();
    void applyColors();

    VTerm* terminal_ = nullptr;
    VTermScreen* screen_ = nullptr;
    int descriptor_ = -1;
    int pid_ = -1;
    std::unique_ptr<QSocketNotifier> notifier_;
    QString kubeconfig_;
    style::Theme theme_;
    QFont font_;
    int cellWidth_ = 8, cellHeight_ = 16, rows_ = 12, columns_ = 80;
    int cursorRow_ = 0, cursorColumn_ = 0;
    bool cursorVisible_ = true;
    struct History;
    std::unique_ptr<History> history_;
    int scrolledBack_ = 0;
};

}  // namespace kubarium::view

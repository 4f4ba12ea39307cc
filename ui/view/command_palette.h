// Ctrl K: finds objects and commands by any part of their names; Enter runs. An overlay on the window.
#pragma once

#include <QFrame>
#include <QList>
#include <QPointer>

#include <functional>

class QLineEdit;
class QListWidget;

namespace kubarium::view {

struct PaletteEntry {
    QString title, detail;
    std::function<void()> run;
};

class CommandPalette final : public QFrame {
    Q_OBJECT

public:
    explicit CommandPalette(QWidget* window);
    void open(QList<PaletteEntry> entries);
    QLineEdit* input() const { return input_; }
    QListWidget* list() const { return list_; }

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void filter(const QString& text);
    void runCurrent();
    void leave();

    QPointer<QWidget> cameFrom_;
    QLineEdit* input_;
    QListWidget* list_;
    QList<PaletteEntry> entries_;
};

}  // namespace kubarium::view

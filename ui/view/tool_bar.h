// The bar on top: which cluster, the Clock (pause, step, rate), faults with their countdown, search, presentation, theme, language.
// By keyboard as a menu bar: Left and Right go from button to button, Down opens a menu, Escape leads back to where one came from.
#pragma once

#include "ui/style/theme.h"

#include <QButtonGroup>
#include <QMenu>
#include <QPointer>
#include <QPushButton>
#include <QWidget>

class QLabel;

namespace kubarium::view {

class ToolBar final : public QWidget {
    Q_OBJECT

public:
    explicit ToolBar(QWidget* parent = nullptr);

    void setCluster(const QString& name, const QString& detail);
    void setClock(bool available, double rate, bool paused);
    // A running fault: "1 fault" with what is left of it; nothing when count is 0.
    void setFaults(bool available, int count, const QString& remaining);
    void setTheme(const style::Theme& theme);
    void setLanguage(const QString& language);
    void retranslate();

    // Gives the keyboard to the first button, or back.
    void toggleKeyboard();

    QMenu* clusterMenu() { return clusterMenu_; }
    QMenu* faultMenu() { return faultMenu_; }
    QMenu* viewMenu() { return viewMenu_; }
    QMenu* stepMenu() { return stepMenu_; }
    static constexpr double rates[] = {1, 5, 20, 60};

Q_SIGNALS:
    void pauseToggled(bool paused);
    void stepRequested();
    void rateChosen(double rate);
    void undoFaultRequested();
    void paletteRequested();
    void presentRequested();
    void themeToggled();
    void languageToggled();
    // Escape: the keyboard goes on elsewhere.
    void keyboardLeft();

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void drawSigns();
    void fit();
    // Little: without the name of the program and the words of the search. Least: also without what the buttons' menus and tool tips say.
    enum class Room { Plenty, Little, Least };
    void setRoom(Room room);
    void showPause();
    void showCluster();
    void showFaults();
    bool pressed(QPushButton& button, int key);
    void openMenu(QPushButton& button);
    void goTo(int index);
    void giveBack();
    QList<QPushButton*> reachable() const;

    QColor signColor_;
    QPointer<QWidget> cameFrom_;
    QPushButton *cluster_, *pause_, *step_, *hold_, *fault_, *undo_, *search_, *present_, *theme_, *language_, *view_;
    QLabel *logo_, *brand_;
    QList<QPushButton*> rateButtons_;
    QButtonGroup rateGroup_;
    QMenu *clusterMenu_, *faultMenu_, *viewMenu_, *stepMenu_;
    QString clusterName_, clusterDetail_, faultRemaining_, languageName_ = QStringLiteral("en");
    int faultCount_ = 0;
    bool paused_ = false, signPaused_ = false;
    Room room_ = Room::Plenty;
    bool fitting_ = false;
    int spared_[3] = {};  // what each saves compared with the one before
};

}  // namespace kubarium::view

// The window: composes toolbar, panes and Stage, and turns to a cluster. All knowledge of what is shown is in ui/model, all talk with the
// cluster in ui/bridge; here they are connected.
#pragma once

#include "ui/bridge/cluster_actions.h"
#include "ui/bridge/cluster_link.h"
#include "ui/bridge/engine_process.h"
#include "ui/bridge/lab_runner.h"
#include "ui/model/chronicle.h"
#include "ui/model/navigator_model.h"
#include "ui/model/stage_builder.h"
#include "ui/model/theatre.h"
#include "ui/model/what_if.h"
#include "ui/scene/stage_view.h"
#include "ui/view/appearance.h"
#include "ui/view/command_palette.h"
#include "ui/view/inspector.h"

#include <QMainWindow>
#include <QPointer>
#include <QTimer>

class QDockWidget;
class QFrame;
class QLabel;
class QProgressBar;
class QSplitter;
class QStackedWidget;
class QTreeView;

namespace kubarium::view {

class ChartsView;
class LabPanel;
class TerminalView;
class TimelineView;
class ToolBar;
class WhatIfDialog;
class YamlEditor;

// What the window is to open with.
struct OpenRequest {
    QString name = QStringLiteral("lab");  // start or attach to this cluster of our own
    QString kubeconfig, context;           // or attach to this one
    QString lab;                           // and run this lab in it
    int labStep = 0;                       // from this step on (0-based), in the cluster that it was left in
};

class MainWindow final : public QMainWindow {
    Q_OBJECT

public:
    MainWindow(Appearance& appearance, bridge::QtExecutor& executor, QWidget* parent = nullptr);
    ~MainWindow() override;

    void open(const OpenRequest& request);
    // Turns to a cluster that is reached through `client` (open() ends here; tests begin here).
    void attach(std::unique_ptr<client::Client> client, const QString& name, const QString& kubeconfigPath, const QString& levelSentence);
    void startLab(const QString& name, int resumeAt = 0);
    // Opens the lab in a cluster of its own, with the Nodes that it asks for; leaving it comes back to what was open.
    void openLab(const QString& name);
    // Shows the lab panel with this content (startLab() does so with what its session says).
    void showLabScreen(const model::LabScreen& screen);

    // The parts, for tests.
    scene::StageView& stage() { return *stage_; }
    Inspector& inspector() { return *inspector_; }
    ToolBar& toolBar() { return *toolBar_; }
    QTreeView& navigator() { return *tree_; }
    LabPanel& labPanel() { return *labPanel_; }
    YamlEditor& editor() { return *editor_; }
    CommandPalette& palette() { return *palette_; }
    TerminalView& terminal() { return *terminal_; }
    TimelineView& timeline() { return *timeline_; }
    bridge::ClusterLink* link() { return link_.get(); }
    QString message() const;

    void select(const model::Reference& reference);
    // Shows the Pod's latest decision on the Stage.
    void follow(const model::Reference& pod);
    enum class Bottom { Timeline, Charts, Terminal };
    void showBottom(Bottom which);
    void newManifest(const QString& resource = {});
    // Opens the editor with it.
    void edit(const QString& manifest);
    void closeEditor();
    void setPresenting(bool on);
    void undo();
    void openPalette();
    // nullptr where the cluster's scheduler cannot be asked.
    WhatIfDialog* openWhatIf();
    void showMessage(const QString& sentence, model::Tone tone, std::function<void()> undo = {}, const QString& command = {});
    void showObjectMenu(const model::Reference& reference, const QPoint& globalPos);

protected:
    void changeEvent(QEvent* event) override;
    void closeEvent(QCloseEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    // main_window.cpp
    void buildPanes();
    void buildBottom();
    void buildOverlays();
    void connectParts();
    void addShortcuts();
    void applyTheme();
    void setInspectorContext();
    void recomputeDecisions();
    bool explains() const { return link_->offers(model::Kind::Decision) || recomputed_; }
    void retranslate();
    void placeOverlays();
    void restoreLayout();
    void setHeaderTexts();
    // main_window_cluster.cpp
    void openKubeconfig(const QString& path, const QString& context, const QString& name, const QString& levelSentence);
    void startEngine(const QString& name, const QStringList& options);
    void showWelcome(const QString& title, const QString& sentence, bool failed);
    void onChanges(const model::Changes& changes);
    void onClock();
    void onSecond();
    void updateStage();
    void updateTheatre();
    void updateStatusLine();
    void showTheatre();
    void theatreStep(int direction);
    void theatrePlugin(int direction);
    void chooseKubeconfig();
    void showLab();
    void leaveLab();
    void offerLabs();
    void chooseLab();
    void goToLabs();
    void readLabs();
    // main_window_actions.cpp
    void fillClusterMenu();
    void fillFaultMenu();
    void fillViewMenu();
    void fillStepMenu();
    void addHoldActions(QMenu& menu, const QString& pod);
    void addFaultActions(QMenu& menu, const model::Reference& reference);
    QList<PaletteEntry> paletteEntries();
    void confirmRemove(const model::Reference& reference);
    void askScale(const model::Reference& workload);
    model::Reference referenceOfPod(const QString& uid) const;

    Appearance& appearance_;
    bridge::QtExecutor& executor_;
    // Destroyed in the opposite order: what uses the link before the link.
    std::unique_ptr<bridge::ClusterLink> link_;
    std::unique_ptr<bridge::ClusterActions> actions_;
    std::unique_ptr<bridge::RecomputedDecisions> recomputed_;  // where the cluster keeps no decisions
    std::unique_ptr<model::Chronicle> chronicle_;
    std::unique_ptr<model::StageBuilder> builder_;
    std::unique_ptr<model::NavigatorModel> tree_model_;
    std::unique_ptr<bridge::LabRunner> lab_;
    std::unique_ptr<bridge::EngineProcess> engine_;
    OpenRequest request_;
    std::optional<OpenRequest> beforeLab_;  // what was open when a lab began
    QString labName_;
    QString levelSentence_, kubeconfigPath_;

    ToolBar* toolBar_;
    scene::StageView* stage_;
    QSplitter* center_;
    QWidget *stageArea_, *editorPane_;
    YamlEditor* editor_;
    QLabel* editorTitle_;
    QDockWidget *leftDock_, *rightDock_, *bottomDock_;
    QStackedWidget *left_, *bottom_;
    QTreeView* tree_;
    LabPanel* labPanel_;
    Inspector* inspector_;
    TimelineView* timeline_;
    ChartsView* charts_;
    TerminalView* terminal_;
    QLabel *bottomTitle_, *timeLabel_;
    QPushButton *liveBadge_, *rateBadge_;
    QList<QPushButton*> bottomTabs_;
    QPushButton *labTab_, *treeTab_;
    CommandPalette* palette_;
    QFrame *toast_, *notice_, *welcome_;
    QLabel *toastText_, *noticeText_, *welcomeTitle_, *welcomeText_;
    QPushButton *toastUndo_, *toastCopy_, *welcomeCancel_, *welcomeRetry_, *welcomeOther_;
    QProgressBar* welcomeProgress_;
    QTimer second_, toastTimer_;
    std::function<void()> toastAction_;
    QString toastCommand_;
    QString followed_;         // uid of the Pod whose decision the Stage shows
    std::string heldDecision_; // key of the last cycle that was held
    bool keepsCycle_ = false;  // the lab's student is still reading it
    std::ptrdiff_t labStep_ = -1;  // the one that is shown
    std::string theatreKey_;   // decision and revision that are shown
    std::optional<scene::TheatreState> decision_;      // the whole decision that the theatre shows
    std::optional<model::TheatrePlace> theatrePlace_;  // how far the viewer looks; nothing: as far as the scheduler has come
    bool byPlugin_ = false;                            // the viewer goes plugin by plugin
    bool presenting_ = false, hadPanes_[3] = {true, true, true};
    bool stageDirty_ = false;
    static constexpr int roomForAllPanes = 1400;  // side by side, with the editor
    bool inspectorGaveWay_ = false;               // to the editor
    std::optional<model::WhatIfQuestion> whatIf_;  // what was asked last
    QList<double> labMarks_;
    QList<bridge::LabEntry> labs_;
};

}  // namespace kubarium::view

#include "ui/view/main_window.h"

#include "ui/view/charts_view.h"
#include "ui/view/lab_panel.h"
#include "ui/view/navigator_delegate.h"
#include "ui/view/terminal_view.h"
#include "ui/view/timeline_view.h"
#include "ui/view/tool_bar.h"
#include "ui/view/why_page.h"
#include "ui/view/widgets.h"
#include "ui/view/yaml_editor.h"

#include <QApplication>
#include <QBoxLayout>
#include <QButtonGroup>
#include <QClipboard>
#include <QCloseEvent>
#include <QDockWidget>
#include <QHeaderView>
#include <QProgressBar>
#include <QSettings>
#include <QShortcut>
#include <QSplitter>
#include <QStackedWidget>
#include <QTreeView>

namespace kubarium::view {
namespace {

constexpr int toastMilliseconds = 7000;
constexpr int undoableMilliseconds = 20000;

QDockWidget* makeDock(QMainWindow* window, const char* name, QWidget* content, Qt::DockWidgetArea area) {
    auto* dock = new QDockWidget(window);
    dock->setObjectName(QString::fromLatin1(name));
    dock->setTitleBarWidget(new QWidget(dock));
    dock->setWidget(content);
    window->addDockWidget(area, dock);
    return dock;
}

QPushButton* makeTab(QWidget* parent) {
    auto* button = makeButton({}, "tab", parent);
    button->setCheckable(true);
    button->setAutoExclusive(true);
    return button;
}

}  // namespace

MainWindow::MainWindow(Appearance& appearance, bridge::QtExecutor& executor, QWidget* parent) : QMainWindow(parent), appearance_(appearance), executor_(executor) {
    setWindowTitle(QStringLiteral("Kubarium"));
    resize(1440, 900);
    toolBar_ = new ToolBar(this);
    auto* top = new QWidget(this);
    auto* topColumn = new QVBoxLayout(top);
    topColumn->setContentsMargins(0, 0, 0, 0);
    topColumn->setSpacing(0);
    topColumn->addWidget(toolBar_);
    topColumn->addWidget(hairline(Qt::Horizontal));
    setMenuWidget(top);
    setCorner(Qt::BottomLeftCorner, Qt::BottomDockWidgetArea);
    setCorner(Qt::BottomRightCorner, Qt::BottomDockWidgetArea);
    buildPanes();
    buildBottom();
    buildOverlays();
    connectParts();
    addShortcuts();
    retranslate();
    applyTheme();
    restoreLayout();
    stage_->setFocus();
    second_.start(1000);
}

MainWindow::~MainWindow() {
    disconnect(&appearance_, nullptr, this, nullptr);
    if (presenting_) appearance_.setPresentation(false);
    inspector_->setContext({});
    timeline_->setSource(nullptr, nullptr);
    charts_->setSource(nullptr, nullptr);
    tree_->setModel(nullptr);
    editor_->setActions(nullptr);
    lab_.reset();
}

void MainWindow::buildPanes() {
    center_ = new QSplitter(Qt::Horizontal, this);
    stageArea_ = new QWidget(center_);
    stageArea_->setObjectName(QStringLiteral("stageArea"));
    stageArea_->setAttribute(Qt::WA_StyledBackground);
    auto* stageColumn = new QVBoxLayout(stageArea_);
    stageColumn->setContentsMargins(0, 0, 0, 0);
    stageColumn->setSpacing(0);
    notice_ = new QFrame(stageArea_);
    notice_->setObjectName(QStringLiteral("notice"));
    auto* noticeRow = new QHBoxLayout(notice_);
    noticeRow->setContentsMargins(16, 6, 16, 6);
    noticeText_ = makeLabel("muted");
    noticeText_->setWordWrap(true);
    noticeRow->addWidget(noticeText_);
    notice_->hide();
    stageColumn->addWidget(notice_);
    stage_ = new scene::StageView(stageArea_);
    stage_->setOwnerPalette(appearance_.owners());
    stageColumn->addWidget(stage_, 1);
    center_->addWidget(stageArea_);

    editorPane_ = new QWidget(center_);
    editorPane_->setObjectName(QStringLiteral("editorPane"));
    editorPane_->setAttribute(Qt::WA_StyledBackground);
    auto* editorColumn = new QVBoxLayout(editorPane_);
    editorColumn->setContentsMargins(0, 0, 0, 0);
    editorColumn->setSpacing(0);
    auto* editorHead = new QHBoxLayout;
    editorHead->setContentsMargins(16, 8, 8, 8);
    editorHead->addWidget(editorTitle_ = makeLabel("heading"));
    editorHead->addStretch(1);
    auto* close = makeButton(QStringLiteral("✕"), "quiet");
    close->setObjectName(QStringLiteral("closeEditor"));
    connect(close, &QPushButton::clicked, this, &MainWindow::closeEditor);
    editorHead->addWidget(close);
    editorColumn->addLayout(editorHead);
    editorColumn->addWidget(hairline(Qt::Horizontal));
    editor_ = new YamlEditor(editorPane_);
    editorColumn->addWidget(editor_, 1);
    center_->addWidget(editorPane_);
    editorPane_->setMinimumWidth(300);
    editorPane_->hide();
    center_->setStretchFactor(0, 3);
    center_->setStretchFactor(1, 2);
    setCentralWidget(center_);

    auto* leftPane = new QWidget(this);
    leftPane->setObjectName(QStringLiteral("leftPane"));
    leftPane->setAttribute(Qt::WA_StyledBackground);
    leftPane->setMinimumWidth(230);
    auto* leftColumn = new QVBoxLayout(leftPane);
    leftColumn->setContentsMargins(0, 0, 0, 0);
    leftColumn->setSpacing(0);
    auto* leftTabs = new QHBoxLayout;
    leftTabs->setContentsMargins(10, 6, 8, 0);
    leftTabs->addWidget(treeTab_ = makeTab(leftPane));
    leftTabs->addWidget(labTab_ = makeTab(leftPane));
    leftTabs->addStretch(1);
    treeTab_->setChecked(true);
    leftColumn->addLayout(leftTabs);
    leftColumn->addWidget(hairline(Qt::Horizontal));
    left_ = new QStackedWidget(leftPane);
    tree_ = new QTreeView(left_);
    tree_->setHeaderHidden(true);
    tree_->setItemDelegate(new NavigatorDelegate(tree_));
    tree_->setUniformRowHeights(true);
    tree_->setAnimated(true);
    tree_->setIndentation(14);
    tree_->setContextMenuPolicy(Qt::CustomContextMenu);
    left_->addWidget(tree_);
    left_->addWidget(labPanel_ = new LabPanel(left_));
    leftColumn->addWidget(left_, 1);
    leftDock_ = makeDock(this, "navigatorDock", leftPane, Qt::LeftDockWidgetArea);

    inspector_ = new Inspector(this);
    inspector_->setMinimumWidth(270);
    rightDock_ = makeDock(this, "inspectorDock", inspector_, Qt::RightDockWidgetArea);
}

void MainWindow::buildBottom() {
    auto* pane = new QWidget(this);
    pane->setObjectName(QStringLiteral("bottomPane"));
    pane->setAttribute(Qt::WA_StyledBackground);
    auto* column = new QVBoxLayout(pane);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    auto* head = new QHBoxLayout;
    head->setContentsMargins(16, 4, 12, 0);
    head->setSpacing(10);
    bottomTitle_ = makeLabel("");
    bottomTitle_->setFont(style::font(style::TextSize::Body, style::TextWeight::Bold));
    head->addWidget(bottomTitle_);
    head->addWidget(timeLabel_ = makeLabel("muted"));
    timeLabel_->setMinimumWidth(timeLabel_->fontMetrics().horizontalAdvance(QStringLiteral("00:00:00")) + 2);
    head->addWidget(liveBadge_ = makeButton({}, "pill"));
    head->addWidget(rateBadge_ = makeButton({}, "pill"));
    head->addStretch(1);
    for (int i = 0; i < 3; ++i) {
        bottomTabs_ << makeTab(pane);
        head->addWidget(bottomTabs_.back());
        connect(bottomTabs_.back(), &QPushButton::clicked, this, [this, i] {
            showBottom(static_cast<Bottom>(i));
            bottom_->currentWidget()->setFocus();
        });
    }
    column->addLayout(head);
    bottom_ = new QStackedWidget(pane);
    bottom_->addWidget(timeline_ = new TimelineView(bottom_));
    bottom_->addWidget(charts_ = new ChartsView(bottom_));
    bottom_->addWidget(terminal_ = new TerminalView(bottom_));
    column->addWidget(bottom_, 1);
    bottomTabs_[0]->setChecked(true);
    bottomDock_ = makeDock(this, "bottomDock", pane, Qt::BottomDockWidgetArea);
}

void MainWindow::buildOverlays() {
    palette_ = new CommandPalette(this);
    toast_ = new QFrame(this);
    toast_->setObjectName(QStringLiteral("toast"));
    auto* row = new QHBoxLayout(toast_);
    row->setContentsMargins(16, 8, 8, 8);
    toastText_ = makeLabel("");
    toastText_->setWordWrap(true);
    row->addWidget(toastText_, 1);
    row->addWidget(toastUndo_ = makeButton({}, "primary"));
    row->addWidget(toastCopy_ = makeButton({}));
    auto* close = makeButton(QStringLiteral("✕"), "quiet");
    close->setObjectName(QStringLiteral("closeToast"));
    row->addWidget(close);
    connect(close, &QPushButton::clicked, toast_, &QWidget::hide);
    connect(toastUndo_, &QPushButton::clicked, this, &MainWindow::undo);
    connect(toastCopy_, &QPushButton::clicked, this, [this] { QApplication::clipboard()->setText(toastCommand_); });
    toast_->hide();
    toastTimer_.setSingleShot(true);
    connect(&toastTimer_, &QTimer::timeout, toast_, &QWidget::hide);

    welcome_ = new QFrame(stageArea_);
    welcome_->setObjectName(QStringLiteral("welcome"));
    auto* column = new QVBoxLayout(welcome_);
    column->setContentsMargins(24, 20, 24, 20);
    column->setSpacing(12);
    column->addWidget(welcomeTitle_ = makeLabel("title"));
    welcomeText_ = makeLabel("");
    welcomeText_->setWordWrap(true);
    column->addWidget(welcomeText_);
    column->addWidget(welcomeProgress_ = new QProgressBar(welcome_));
    welcomeProgress_->setRange(0, 0);
    welcomeProgress_->setTextVisible(false);
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(welcomeRetry_ = makeButton({}, "primary"));
    buttons->addWidget(welcomeOther_ = makeButton({}));
    buttons->addStretch(1);
    buttons->addWidget(welcomeCancel_ = makeButton({}));
    column->addLayout(buttons);
    welcome_->hide();
}

void MainWindow::connectParts() {
    connect(&appearance_, &Appearance::themeChanged, this, &MainWindow::applyTheme);
    connect(&appearance_, &Appearance::languageChanged, this, [this] {
        if (lab_) lab_->setLanguage(appearance_.language());
        theatreKey_.clear();
        readLabs();
        applyTheme();
        stageDirty_ = true;
        updateStage();
        updateTheatre();
    });
    connect(toolBar_, &ToolBar::pauseToggled, this, [this](bool paused) { if (actions_) actions_->setPaused(paused); });
    connect(toolBar_, &ToolBar::stepRequested, this, [this] { if (actions_) actions_->step(); });
    connect(toolBar_, &ToolBar::rateChosen, this, [this](double rate) { if (actions_) actions_->setRate(rate); });
    connect(toolBar_, &ToolBar::undoFaultRequested, this, [this] {
        if (!link_) return;
        for (const auto& [key, fault] : link_->all(model::Kind::Fault))
            if (!fault->deleting()) actions_->undoFault(model::text(fault->name()));
    });
    connect(toolBar_, &ToolBar::paletteRequested, this, &MainWindow::openPalette);
    connect(toolBar_, &ToolBar::presentRequested, this, [this] { setPresenting(true); });
    connect(toolBar_, &ToolBar::keyboardLeft, stage_, [this] { stage_->setFocus(); });
    connect(toolBar_, &ToolBar::themeToggled, &appearance_, &Appearance::toggleBrightness);
    connect(toolBar_, &ToolBar::languageToggled, this, [this] { appearance_.setLanguage(appearance_.language() == QLatin1String("en") ? QStringLiteral("zh_CN") : QStringLiteral("en")); });
    connect(toolBar_->clusterMenu(), &QMenu::aboutToShow, this, &MainWindow::fillClusterMenu);
    connect(toolBar_->faultMenu(), &QMenu::aboutToShow, this, &MainWindow::fillFaultMenu);
    connect(toolBar_->stepMenu(), &QMenu::aboutToShow, this, &MainWindow::fillStepMenu);
    connect(toolBar_->viewMenu(), &QMenu::aboutToShow, this, &MainWindow::fillViewMenu);
    connect(stage_, &scene::StageView::nodeSelected, this, [this](const QString& node) { if (!node.isEmpty()) select({model::Kind::Node, node}); });
    connect(stage_, &scene::StageView::podSelected, this, [this](const QString& uid) { if (!uid.isEmpty()) select(referenceOfPod(uid)); });
    connect(stage_, &scene::StageView::serviceSelected, this, [this](const QString& ns, const QString& name) { select({model::Kind::Service, ns + QLatin1Char('/') + name}); });
    connect(stage_, &scene::StageView::podActivated, this, [this](const QString& uid) { follow(referenceOfPod(uid)); });
    connect(stage_, &scene::StageView::nodeActivated, this, [this](const QString& node) {
        select({model::Kind::Node, node});
        inspector_->openTab(Tab::Overview);
    });
    connect(stage_, &scene::StageView::contextMenuRequested, this, [this](const QString& node, const QString& uid, const QPoint& position) {
        if (!uid.isEmpty()) showObjectMenu(referenceOfPod(uid), position);
        else if (!node.isEmpty()) showObjectMenu({model::Kind::Node, node}, position);
    });
    connect(stage_, &scene::StageView::theatreNextRequested, this, [this] { theatreStep(1); });
    connect(stage_, &scene::StageView::theatreBackRequested, this, [this] { theatreStep(-1); });
    connect(stage_, &scene::StageView::theatrePluginRequested, this, &MainWindow::theatrePlugin);
    connect(stage_, &scene::StageView::reasonActivated, this, [this](const QString& reason) {
        if (followed_.isEmpty()) return;
        select(referenceOfPod(followed_));
        inspector_->openTab(Tab::Why);
        static_cast<WhyPage*>(inspector_->page(Tab::Why))->openReason(reason);
    });
    connect(stage_, &scene::StageView::theatreClosed, this, [this] {
        followed_.clear();
        updateTheatre();
    });
    connect(inspector_, &Inspector::startRequested, this, [this](Inspector::Start start) {
        if (start == Inspector::Start::Manifest) newManifest();
        else if (start == Inspector::Start::Lab) chooseLab();
        else openPalette();
    });
    connect(inspector_, &Inspector::referenceActivated, this, &MainWindow::select);
    connect(inspector_, &Inspector::menuRequested, this, &MainWindow::showObjectMenu);
    connect(tree_, &QTreeView::customContextMenuRequested, this, [this](const QPoint& position) {
        if (tree_model_) showObjectMenu(tree_model_->referenceAt(tree_->indexAt(position)), tree_->viewport()->mapToGlobal(position));
    });
    connect(tree_, &QTreeView::doubleClicked, this, [this](const QModelIndex& index) {
        if (tree_model_ && tree_model_->referenceAt(index).kind == model::Kind::Pod) follow(tree_model_->referenceAt(index));
    });
    connect(timeline_, &TimelineView::scrubbed, this, [this] {
        stageDirty_ = true;
        updateStage();
        setHeaderTexts();
    });
    connect(timeline_, &TimelineView::laneActivated, this, &MainWindow::select);
    connect(liveBadge_, &QPushButton::clicked, timeline_, &TimelineView::goLive);
    connect(treeTab_, &QPushButton::clicked, this, [this] { left_->setCurrentWidget(tree_); });
    connect(labTab_, &QPushButton::clicked, this, &MainWindow::chooseLab);
    connect(labPanel_, &LabPanel::startRequested, this, &MainWindow::openLab);
    connect(labPanel_, &LabPanel::answered, this, [this](const QString& value) { if (lab_) lab_->answer(value); });
    connect(labPanel_, &LabPanel::revealRequested, this, [this] { if (lab_) lab_->reveal(); });
    connect(labPanel_, &LabPanel::proceedRequested, this, [this] { if (lab_) lab_->proceed(); });
    connect(labPanel_, &LabPanel::hintRequested, this, [this] { if (lab_) lab_->hint(); });
    connect(labPanel_, &LabPanel::resetRequested, this, [this] { if (lab_) lab_->reset(); });
    connect(labPanel_, &LabPanel::editRequested, this, &MainWindow::edit);
    connect(labPanel_, &LabPanel::leaveRequested, this, &MainWindow::leaveLab);
    connect(welcomeCancel_, &QPushButton::clicked, this, [this] {
        if (engine_) engine_->cancel();
        showWelcome(tr("Not started"), tr("Starting the cluster was cancelled."), true);
    });
    connect(welcomeRetry_, &QPushButton::clicked, this, [this] { open(request_); });
    connect(welcomeOther_, &QPushButton::clicked, this, &MainWindow::chooseKubeconfig);
    connect(&second_, &QTimer::timeout, this, &MainWindow::onSecond);
}

void MainWindow::addShortcuts() {
    const auto add = [this](const QKeySequence& keys, std::function<void()> run) { connect(new QShortcut(keys, this), &QShortcut::activated, this, std::move(run)); };
    add(Qt::CTRL | Qt::Key_K, [this] { openPalette(); });
    add(Qt::CTRL | Qt::Key_P, [this] { if (actions_) actions_->setPaused(!executor_.paused()); });
    add(Qt::CTRL | Qt::Key_Period, [this] { if (actions_) actions_->step(); });
    add(Qt::CTRL | Qt::Key_I, [this] { openWhatIf(); });
    add(Qt::CTRL | Qt::Key_Z, [this] { undo(); });
    add(Qt::CTRL | Qt::Key_N, [this] { newManifest(); });
    add(Qt::Key_F5, [this] { setPresenting(!presenting_); });
    add(Qt::Key_F10, [this] { toolBar_->toggleKeyboard(); });
    add(Qt::CTRL | Qt::Key_1, [this] { tree_->setFocus(); });
    add(Qt::CTRL | Qt::Key_2, [this] { stage_->setFocus(); });
    add(Qt::CTRL | Qt::Key_3, [this] { inspector_->setFocus(); });
    add(Qt::CTRL | Qt::Key_7, [this] { goToLabs(); });
    add(Qt::CTRL | Qt::Key_4, [this] { showBottom(Bottom::Timeline); timeline_->setFocus(); });
    add(Qt::CTRL | Qt::Key_5, [this] { showBottom(Bottom::Charts); });
    add(Qt::CTRL | Qt::Key_6, [this] { showBottom(Bottom::Terminal); terminal_->setFocus(); });
    for (int i = 0; i < 4; ++i) add(QKeySequence(Qt::ALT | static_cast<Qt::Key>(Qt::Key_1 + i)), [this, i] { if (actions_) actions_->setRate(ToolBar::rates[i]); });
}

// Of a lab, the first thing that can be pressed is one Tab away.
void MainWindow::goToLabs() {
    chooseLab();
    labPanel_->setFocus();
}

void MainWindow::setInspectorContext() {
    InspectorContext context;
    context.link = link_.get();
    context.actions = actions_.get();
    context.chronicle = chronicle_.get();
    context.recomputed = recomputed_.get();
    context.theme = appearance_.theme();
    context.language = appearance_.language();
    inspector_->setContext(context);
}

void MainWindow::applyTheme() {
    const auto& theme = appearance_.theme();
    toolBar_->setTheme(theme);
    toolBar_->setLanguage(appearance_.language());
    stage_->setTheme(theme);
    timeline_->setTheme(theme);
    charts_->setTheme(theme);
    terminal_->setTheme(theme);
    editor_->setTheme(theme);
    static_cast<NavigatorDelegate*>(tree_->itemDelegate())->setTheme(theme);
    setInspectorContext();
    if (lab_) labPanel_->show(lab_->screen(), theme);
    else offerLabs();
    setHeaderTexts();
}

void MainWindow::retranslate() {
    treeTab_->setText(tr("Cluster"));
    labTab_->setText(tr("Labs"));
    tree_->setAccessibleName(tr("Objects of the cluster"));
    const QStringList names{tr("Timeline"), tr("Charts"), tr("Terminal")};
    for (int i = 0; i < 3; ++i) bottomTabs_[i]->setText(names[i]);
    editorTitle_->setText(tr("New manifest"));
    findChild<QPushButton*>(QStringLiteral("closeEditor"))->setAccessibleName(tr("Close the editor"));
    findChild<QPushButton*>(QStringLiteral("closeToast"))->setAccessibleName(tr("Close"));
    toastUndo_->setText(tr("Undo"));
    toastCopy_->setText(tr("Copy as kubectl"));
    welcomeCancel_->setText(tr("Cancel"));
    welcomeRetry_->setText(tr("Try again"));
    welcomeOther_->setText(tr("Open a kubeconfig…"));
    leftDock_->setWindowTitle(tr("Navigator"));
    rightDock_->setWindowTitle(tr("Inspector"));
    bottomDock_->setWindowTitle(tr("Timeline, charts and terminal"));
    if (tree_model_) tree_model_->retranslate();
    setHeaderTexts();
    updateStatusLine();
}

void MainWindow::setHeaderTexts() {
    const QStringList names{tr("Timeline"), tr("Charts"), tr("Terminal")};
    bottomTitle_->setText(names[bottom_->currentIndex()]);
    const bool scrubbing = timeline_->scrubbedTo().has_value();
    liveBadge_->setText(scrubbing ? tr("past · back to live") : tr("live"));
    setTone(liveBadge_, scrubbing ? model::Tone::Waiting : model::Tone::Ok);
    rateBadge_->setText(executor_.paused() ? tr("paused") : tr("timers ×%1").arg(executor_.rate()));
    rateBadge_->setVisible(executor_.paused() || executor_.rate() != 1);
    setTone(rateBadge_, model::Tone::Waiting);
}

void MainWindow::showBottom(Bottom which) {
    bottomDock_->show();
    bottom_->setCurrentIndex(static_cast<int>(which));
    bottomTabs_[static_cast<int>(which)]->setChecked(true);
    setHeaderTexts();
}

void MainWindow::setPresenting(bool on) {
    if (presenting_ == on) return;
    presenting_ = on;
    if (on) closeEditor();
    QWidget* panes[] = {leftDock_, rightDock_, bottomDock_};
    if (on)
        for (int i = 0; i < 3; ++i) hadPanes_[i] = panes[i]->isVisible();
    for (int i = 0; i < 3; ++i) panes[i]->setVisible(!on && hadPanes_[i]);
    menuWidget()->setVisible(!on);
    appearance_.setPresentation(on);
    stage_->setPresentation(on);
    if (on) stage_->setFocus();
}

void MainWindow::showMessage(const QString& sentence, model::Tone tone, std::function<void()> undo, const QString& command) {
    toastText_->setText(sentence);
    setTone(toast_, tone);
    // A message without an undo of its own leaves the last one to Ctrl+Z.
    if (undo) toastAction_ = undo;
    toastCommand_ = command;
    toastUndo_->setVisible(static_cast<bool>(undo));
    toastCopy_->setVisible(!command.isEmpty());
    toastCopy_->setToolTip(command);
    toast_->show();
    toast_->raise();
    placeOverlays();
    // What went wrong stays until it is closed or replaced.
    if (tone == model::Tone::Broken) toastTimer_.stop();
    else toastTimer_.start(undo ? undoableMilliseconds : toastMilliseconds);
}

// The last thing that can be taken back, also after its message has gone.
void MainWindow::undo() {
    toast_->hide();
    if (auto action = std::exchange(toastAction_, {})) action();
}

QString MainWindow::message() const { return toast_->isVisible() ? toastText_->text() : QString(); }

void MainWindow::placeOverlays() {
    const auto area = stageArea_->rect();
    const QRect inWindow(stageArea_->mapTo(this, QPoint(0, 0)), area.size());
    const int width = std::min(560, inWindow.width() - 32);
    toast_->setFixedWidth(width);
    toast_->adjustSize();
    // Not over the theatre's bar: what leads on and what can be undone are wanted at the same time.
    const auto bar = stage_->theatreBar();
    const int floor = bar.isEmpty() ? inWindow.bottom() - 16 : stage_->mapTo(this, bar.topLeft()).y() - 12;
    toast_->move(inWindow.center().x() - width / 2, floor - toast_->height());
    welcome_->setFixedWidth(std::min(460, area.width() - 32));
    welcome_->adjustSize();
    welcome_->move((area.width() - welcome_->width()) / 2, std::max(40, (area.height() - welcome_->height()) / 2));
}

void MainWindow::resizeEvent(QResizeEvent* event) {
    QMainWindow::resizeEvent(event);
    placeOverlays();
}

void MainWindow::restoreLayout() {
    resize(size().boundedTo(screen()->availableSize()));
    // A small window leaves the Stage its share.
    resizeDocks({leftDock_, rightDock_}, {250, std::clamp(width() * 24 / 100, 300, 350)}, Qt::Horizontal);
    resizeDocks({bottomDock_}, {std::clamp(height() * 22 / 100, 150, 200)}, Qt::Vertical);
    const QSettings settings;
    if (const auto geometry = settings.value(QStringLiteral("geometry")).toByteArray(); !geometry.isEmpty()) restoreGeometry(geometry);
    if (const auto state = settings.value(QStringLiteral("panes")).toByteArray(); !state.isEmpty()) restoreState(state);
}

void MainWindow::closeEvent(QCloseEvent* event) {
    setPresenting(false);
    QSettings settings;
    settings.setValue(QStringLiteral("geometry"), saveGeometry());
    settings.setValue(QStringLiteral("panes"), saveState());
    QMainWindow::closeEvent(event);
}

void MainWindow::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Escape && presenting_) return setPresenting(false);
    QMainWindow::keyPressEvent(event);
}

void MainWindow::changeEvent(QEvent* event) {
    QMainWindow::changeEvent(event);
    if (event->type() == QEvent::LanguageChange) retranslate();
}

}  // namespace kubarium::view

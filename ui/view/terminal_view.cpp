#include "ui/view/terminal_view.h"

#include <QApplication>
#include <QClipboard>
#include <QKeyEvent>
#include <QPainter>
#include <QSocketNotifier>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <vector>

#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vterm.h>

namespace kubarium::view {

struct TerminalView::History {
    std::deque<std::vector<VTermScreenCell>> lines;
};

namespace {

constexpr std::size_t keptLines = 2000;
constexpr int padding = 8;

VTermKey keyOf(int key) {
    switch (key) {
    case Qt::Key_Return:
    case Qt::Key_Enter: return VTERM_KEY_ENTER;
    case Qt::Key_Tab:
    case Qt::Key_Backtab: return VTERM_KEY_TAB;
    case Qt::Key_Backspace: return VTERM_KEY_BACKSPACE;
    case Qt::Key_Escape: return VTERM_KEY_ESCAPE;
    case Qt::Key_Up: return VTERM_KEY_UP;
    case Qt::Key_Down: return VTERM_KEY_DOWN;
    case Qt::Key_Left: return VTERM_KEY_LEFT;
    case Qt::Key_Right: return VTERM_KEY_RIGHT;
    case Qt::Key_Insert: return VTERM_KEY_INS;
    case Qt::Key_Delete: return VTERM_KEY_DEL;
    case Qt::Key_Home: return VTERM_KEY_HOME;
    case Qt::Key_End: return VTERM_KEY_END;
    case Qt::Key_PageUp: return VTERM_KEY_PAGEUP;
    case Qt::Key_PageDown: return VTERM_KEY_PAGEDOWN;
    default: return VTERM_KEY_NONE;
    }
}

QString textOf(const VTermScreenCell& cell) {
    // The right half of a wide character (Chinese) holds no character of its own.
    if (cell.chars[0] == static_cast<std::uint32_t>(-1)) return {};
    QString text;
    for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell.chars[i] != 0; ++i) {
        const char32_t character = cell.chars[i];
        text += QString::fromUcs4(&character, 1);
    }
    return text;
}

}  // namespace

// libvterm is a C library: these are its callbacks.
struct TerminalView::Callbacks {
    static TerminalView& self(void* user) { return *static_cast<TerminalView*>(user); }
    static int damage(VTermRect, void* user) {
        self(user).update();
        return 1;
    }
    static int moveCursor(VTermPos position, VTermPos, int visible, void* user) {
        auto& view = self(user);
        view.cursorRow_ = position.row;
        view.cursorColumn_ = position.col;
        view.cursorVisible_ = visible != 0;
        view.update();
        return 1;
    }
    static int setProperty(VTermProp property, VTermValue* value, void* user) {
        if (property == VTERM_PROP_CURSORVISIBLE) self(user).cursorVisible_ = value->boolean != 0;
        return 1;
    }
    static int pushLine(int columns, const VTermScreenCell* cells, void* user) {
        auto& lines = self(user).history_->lines;
        lines.emplace_back(cells, cells + columns);
        if (lines.size() > keptLines) lines.pop_front();
        return 1;
    }
    static int popLine(int columns, VTermScreenCell* cells, void* user) {
        auto& lines = self(user).history_->lines;
        if (lines.empty()) return 0;
        VTermScreenCell blank{};
        blank.width = 1;
        std::fill(cells, cells + columns, blank);
        std::copy_n(lines.back().begin(), std::min<std::size_t>(lines.back().size(), static_cast<std::size_t>(columns)), cells);
        lines.pop_back();
        return 1;
    }
    static const VTermScreenCallbacks* table() {
        static const VTermScreenCallbacks callbacks = [] {
            VTermScreenCallbacks made{};
            made.damage = &damage;
            made.movecursor = &moveCursor;
            made.settermprop = &setProperty;
            made.sb_pushline = &pushLine;
            made.sb_popline = &popLine;
            return made;
        }();
        return &callbacks;
    }
};

TerminalView::TerminalView(QWidget* parent) : QWidget(parent), history_(std::make_unique<History>()) {
    setFocusPolicy(Qt::StrongFocus);
    setAttribute(Qt::WA_InputMethodEnabled);
    setCursor(Qt::IBeamCursor);
    font_ = style::font(style::TextSize::Small, style::TextWeight::Regular, style::TextFamily::Mono);
    const QFontMetricsF metrics(font_);
    cellWidth_ = std::max(1, static_cast<int>(metrics.horizontalAdvance(QLatin1Char('M')) + 0.5));
    cellHeight_ = std::max(1, static_cast<int>(metrics.height() + 2.5));
    setAccessibleName(tr("Terminal"));
    terminal_ = vterm_new(rows_, columns_);
    vterm_set_utf8(terminal_, 1);
    screen_ = vterm_obtain_screen(terminal_);
    vterm_screen_set_callbacks(screen_, Callbacks::table(), this);
    vterm_screen_reset(screen_, 1);
}

TerminalView::~TerminalView() {
    notifier_.reset();
    if (descriptor_ >= 0) ::close(descriptor_);
    if (pid_ > 0) {
        ::kill(pid_, SIGHUP);
        int status = 0;
        for (int i = 0; i < 50 && waitpid(pid_, &status, WNOHANG) == 0; ++i) {
            if (i == 40) ::kill(pid_, SIGKILL);
            ::usleep(2000);
        }
    }
    vterm_free(terminal_);
}

void TerminalView::setKubeconfig(const QString& path) {
    if (std::exchange(kubeconfig_, path) == path || pid_ <= 0) return;
    auto quoted = path;
    quoted.replace(QLatin1Char('\''), QLatin1String("'\\''"));
    sendText(QStringLiteral(" export KUBECONFIG='%1'\n").arg(quoted));
}

void TerminalView::setTheme(const style::Theme& theme) {
    theme_ = theme;
    applyColors();
    update();
}

void TerminalView::applyColors() {
    VTermColor foreground, background;
    const auto make = [](VTermColor& out, const QColor& color) {
        vterm_color_rgb(&out, static_cast<std::uint8_t>(color.red()), static_cast<std::uint8_t>(color.green()), static_cast<std::uint8_t>(color.blue()));
    };
    make(foreground, theme_.text);
    make(background, theme_.stage);
    auto* state = vterm_obtain_state(terminal_);
    vterm_state_set_default_colors(state, &foreground, &background);
    const QColor palette[] = {theme_.textFaint, theme_.broken, theme_.ok, theme_.waiting, theme_.accent, theme_.violet, theme_.sky, theme_.text};
    for (int i = 0; i < 16; ++i) {
        VTermColor color;
        make(color, palette[i % 8]);
        vterm_state_set_palette_color(state, i, &color);
    }
}

void TerminalView::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    fitToSize();
    if (pid_ < 0) startShell();
}

void TerminalView::startShell() {
    winsize size{static_cast<unsigned short>(rows_), static_cast<unsigned short>(columns_), 0, 0};
    const auto shellVariable = qEnvironmentVariable("SHELL", QStringLiteral("/bin/sh")).toLocal8Bit();
    const auto configVariable = kubeconfig_.toLocal8Bit();
    const auto path = (QCoreApplication::applicationDirPath() + QLatin1Char(':') + qEnvironmentVariable("PATH")).toLocal8Bit();
    int master = -1;
    const pid_t child = forkpty(&master, nullptr, nullptr, &size);
    if (child == 0) {
        // In the child: only what may follow a fork, then the shell.
        ::setenv("TERM", "xterm-256color", 1);
        ::setenv("PATH", path.constData(), 1);
        if (!configVariable.isEmpty()) ::setenv("KUBECONFIG", configVariable.constData(), 1);
        ::execl(shellVariable.constData(), shellVariable.constData(), static_cast<char*>(nullptr));
        ::execl("/bin/sh", "/bin/sh", static_cast<char*>(nullptr));
        ::_exit(127);
    }
    if (child < 0) {
        const auto sentence = tr("No terminal could be opened on this machine.").toUtf8();
        vterm_input_write(terminal_, sentence.constData(), static_cast<std::size_t>(sentence.size()));
        return;
    }
    pid_ = child;
    descriptor_ = master;
    const auto hint = tr("KUBECONFIG is set to this window's cluster. Try: kubectl get pods -o wide").toUtf8();
    const QByteArray line = QByteArray("\033[2m") + hint + "\033[0m\r\n";
    vterm_input_write(terminal_, line.constData(), static_cast<std::size_t>(line.size()));
    notifier_ = std::make_unique<QSocketNotifier>(descriptor_, QSocketNotifier::Read);
    connect(notifier_.get(), &QSocketNotifier::activated, this, [this] { readOutput(); });
}

void TerminalView::readOutput() {
    char buffer[8192];
    const auto count = ::read(descriptor_, buffer, sizeof buffer);
    if (count > 0) {
        vterm_input_write(terminal_, buffer, static_cast<std::size_t>(count));
        vterm_screen_flush_damage(screen_);
        flushInput();
        return;
    }
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    notifier_->setEnabled(false);
    notifier_.release()->deleteLater();
    ::close(std::exchange(descriptor_, -1));
    int status = 0;
    waitpid(pid_, &status, WNOHANG);
    pid_ = -1;
    const auto sentence = "\r\n" + tr("The shell has ended. Press Enter to start another.").toUtf8() + "\r\n";
    vterm_input_write(terminal_, sentence.constData(), static_cast<std::size_t>(sentence.size()));
    update();
}

void TerminalView::flushInput() {
    char buffer[1024];
    std::size_t count = 0;
    while ((count = vterm_output_read(terminal_, buffer, sizeof buffer)) > 0)
        if (descriptor_ >= 0 && ::write(descriptor_, buffer, count) < 0) return;
}

void TerminalView::sendText(const QString& text) {
    if (descriptor_ < 0) return;
    const auto bytes = text.toUtf8();
    [[maybe_unused]] const auto written = ::write(descriptor_, bytes.constData(), static_cast<std::size_t>(bytes.size()));
}

void TerminalView::fitToSize() {
    const int columns = std::max(20, (width() - 2 * padding) / cellWidth_), rows = std::max(3, (height() - 2 * padding) / cellHeight_);
    if (columns == columns_ && rows == rows_) return;
    columns_ = columns;
    rows_ = rows;
    vterm_set_size(terminal_, rows, columns);
    if (descriptor_ >= 0) {
        winsize size{static_cast<unsigned short>(rows), static_cast<unsigned short>(columns), 0, 0};
        ::ioctl(descriptor_, TIOCSWINSZ, &size);
    }
}

void TerminalView::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    if (isVisible()) fitToSize();
}

bool TerminalView::event(QEvent* event) {
    // Keys that are shortcuts of the window elsewhere belong to the shell here, except those with Ctrl+Shift and Ctrl+K.
    if (event->type() == QEvent::ShortcutOverride) {
        const auto* key = static_cast<QKeyEvent*>(event);
        const bool ours = (key->modifiers() & Qt::ControlModifier) && ((key->modifiers() & Qt::ShiftModifier) || key->key() == Qt::Key_K);
        if (!ours && !(key->key() >= Qt::Key_F1 && key->key() <= Qt::Key_F12)) event->accept();
    }
    if (event->type() == QEvent::KeyPress) {
        const auto* key = static_cast<QKeyEvent*>(event);
        if (key->key() == Qt::Key_Tab || key->key() == Qt::Key_Backtab) {
            keyPressEvent(static_cast<QKeyEvent*>(event));
            return true;
        }
    }
    return QWidget::event(event);
}

void TerminalView::keyPressEvent(QKeyEvent* event) {
    scrolledBack_ = 0;
    if (pid_ < 0) {
        if (event->key() == Qt::Key_Return) startShell();
        return;
    }
    const auto modifiers = event->modifiers();
    if (modifiers == (Qt::ControlModifier | Qt::ShiftModifier) && event->key() == Qt::Key_V) return sendText(QApplication::clipboard()->text());
    if (modifiers == (Qt::ControlModifier | Qt::ShiftModifier) && event->key() == Qt::Key_C) return QApplication::clipboard()->setText(screenText());
    int bits = VTERM_MOD_NONE;
    if (modifiers & Qt::ShiftModifier) bits |= VTERM_MOD_SHIFT;
    if (modifiers & Qt::AltModifier) bits |= VTERM_MOD_ALT;
    if (modifiers & Qt::ControlModifier) bits |= VTERM_MOD_CTRL;
    const auto modifier = static_cast<VTermModifier>(bits);
    if (const auto key = keyOf(event->key()); key != VTERM_KEY_NONE) {
        vterm_keyboard_key(terminal_, key, modifier);
    } else if ((modifiers & Qt::ControlModifier) && event->key() >= Qt::Key_A && event->key() <= Qt::Key_Z) {
        vterm_keyboard_unichar(terminal_, static_cast<std::uint32_t>('a' + event->key() - Qt::Key_A), modifier);
    } else {
        for (const auto character : event->text().toUcs4()) vterm_keyboard_unichar(terminal_, character, static_cast<VTermModifier>(bits & ~VTERM_MOD_SHIFT & ~VTERM_MOD_CTRL));
    }
    flushInput();
}

void TerminalView::wheelEvent(QWheelEvent* event) {
    scrolledBack_ = std::clamp(scrolledBack_ + (event->angleDelta().y() > 0 ? 3 : -3), 0, static_cast<int>(history_->lines.size()));
    update();
}

void TerminalView::mousePressEvent(QMouseEvent*) { setFocus(Qt::MouseFocusReason); }
void TerminalView::focusInEvent(QFocusEvent*) { update(); }
void TerminalView::focusOutEvent(QFocusEvent*) { update(); }

QString TerminalView::screenText() const {
    QStringList lines;
    for (int row = 0; row < rows_; ++row) {
        QString line;
        for (int column = 0; column < columns_; ++column) {
            VTermScreenCell cell;
            vterm_screen_get_cell(screen_, VTermPos{row, column}, &cell);
            const auto text = textOf(cell);
            line += text.isEmpty() ? QStringLiteral(" ") : text;
        }
        while (line.endsWith(QLatin1Char(' '))) line.chop(1);
        lines << line;
    }
    return lines.join(QLatin1Char('\n'));
}

void TerminalView::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.fillRect(rect(), theme_.stage);
    const auto toColor = [this](VTermColor color, bool background) {
        if (background ? VTERM_COLOR_IS_DEFAULT_BG(&color) : VTERM_COLOR_IS_DEFAULT_FG(&color)) return background ? theme_.stage : theme_.text;
        vterm_screen_convert_color_to_rgb(screen_, &color);
        return QColor(color.rgb.red, color.rgb.green, color.rgb.blue);
    };
    const auto& lines = history_->lines;
    for (int row = 0; row < rows_; ++row) {
        const int source = row - scrolledBack_;
        for (int column = 0; column < columns_; ++column) {
            VTermScreenCell cell{};
            if (source >= 0) {
                vterm_screen_get_cell(screen_, VTermPos{source, column}, &cell);
            } else {
                const auto& line = lines[lines.size() - static_cast<std::size_t>(-source)];
                if (static_cast<std::size_t>(column) >= line.size()) continue;
                cell = line[static_cast<std::size_t>(column)];
            }
            const QRect box(padding + column * cellWidth_, padding + row * cellHeight_, cellWidth_ * std::max<int>(1, cell.width), cellHeight_);
            auto foreground = toColor(cell.fg, false), background = toColor(cell.bg, true);
            const bool isCursor = cursorVisible_ && scrolledBack_ == 0 && row == cursorRow_ && column == cursorColumn_;
            if (cell.attrs.reverse != 0 || (isCursor && hasFocus())) std::swap(foreground, background);
            if (background != theme_.stage) painter.fillRect(box, background);
            if (isCursor && !hasFocus()) {
                painter.setPen(theme_.textMuted);
                painter.drawRect(box.adjusted(0, 0, -1, -1));
            }
            const auto text = textOf(cell);
            if (text.isEmpty() || text == QLatin1String(" ")) continue;
            auto font = font_;
            if (cell.attrs.bold != 0) font.setWeight(QFont::DemiBold);
            painter.setFont(font);
            painter.setPen(foreground);
            painter.drawText(box, Qt::AlignLeft | Qt::AlignVCenter | Qt::TextDontClip, text);
        }
    }
}

}  // namespace kubarium::view

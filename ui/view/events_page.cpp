#include "ui/view/events_page.h"

#include "ui/model/explain.h"
#include "ui/view/scroll_column.h"
#include "ui/view/widgets.h"

#include <QBoxLayout>

#include <algorithm>

namespace kubarium::view {
namespace {

constexpr std::size_t shownEvents = 100;

std::string_view lastTime(const api::Object& event) {
    for (const auto path : {std::initializer_list<std::string_view>{"series", "lastObservedTime"}, {"lastTimestamp"}, {"eventTime"}, {"metadata", "creationTimestamp"}})
        if (const auto found = event.string(path); !found.empty()) return found;
    return {};
}

}  // namespace

EventsPage::EventsPage(InspectorContext& context, QWidget* parent) : InspectorPage(context, parent), column_(makeScrollColumn(this)) {}

QString EventsPage::title() const { return tr("Events"); }

bool EventsPage::suits(const model::Reference& reference) const { return reference.kind != model::Kind::Event; }

void EventsPage::refresh() {
    if (!context_.link) return;
    std::vector<model::ObjectPtr> events;
    for (const auto& [key, event] : context_.link->all(model::Kind::Event)) {
        if (model::at(*event, {"involvedObject", "kind"}) != model::kindName(reference_.kind) || model::at(*event, {"involvedObject", "name"}) != reference_.name()) continue;
        if (!reference_.nameSpace().isEmpty() && model::text(event->nameSpace()) != reference_.nameSpace()) continue;
        events.push_back(event);
    }
    std::stable_sort(events.begin(), events.end(), [](const auto& a, const auto& b) { return lastTime(*a) > lastTime(*b); });
    if (events.size() > shownEvents) events.resize(shownEvents);
    QString shown = context_.language + reference_.key;
    for (const auto& event : events) shown += model::text(event->resourceVersion()) + QLatin1Char(',');
    if (shown == shown_) return;
    shown_ = shown;
    clearLayout(column_);
    if (events.empty()) column_->addWidget(makeLabel("muted", tr("No Events. The cluster keeps them for an hour.")));
    for (const auto& event : events) {
        const bool warning = event->string({"type"}) == "Warning";
        const auto count = static_cast<int>(std::max(model::numberAt(*event, {"count"}, 1), model::numberAt(*event, {"series", "count"}, 1)));
        const auto when = parseTime(lastTime(*event));
        const auto age = when ? model::Explain::age(std::chrono::duration<double>(context_.link->wallNow() - *when).count()) : QString();
        const auto& color = warning ? context_.theme.waiting : context_.theme.ok;
        auto source = model::at(*event, {"source", "component"});
        if (source.isEmpty()) source = model::at(*event, {"reportingComponent"});
        auto* label = new QLabel(QStringLiteral("<span style='color:%1'>%2</span>&nbsp; <b>%3</b> <span style='color:%4'>%5%6 · %7</span><br>%8")
                                     .arg(color.name(), warning ? QStringLiteral("▲") : QStringLiteral("●"), model::at(*event, {"reason"}).toHtmlEscaped(), context_.theme.textMuted.name(),
                                          age.toHtmlEscaped(), count > 1 ? QStringLiteral(" · ×%1").arg(count) : QString(), source.toHtmlEscaped(), model::at(*event, {"message"}).toHtmlEscaped()));
        label->setWordWrap(true);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse);
        column_->addWidget(label);
        column_->addWidget(hairline(Qt::Horizontal));
    }
    column_->addStretch(1);
}

}  // namespace kubarium::view

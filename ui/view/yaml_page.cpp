#include "ui/view/yaml_page.h"

#include "core/api/codec.h"
#include "ui/view/yaml_editor.h"

#include <QBoxLayout>

namespace kubarium::view {

YamlPage::YamlPage(InspectorContext& context, QWidget* parent) : InspectorPage(context, parent), editor_(new YamlEditor(this)) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 4, 0, 0);
    column->addWidget(editor_);
}

QString YamlPage::title() const { return tr("YAML"); }

bool YamlPage::suits(const model::Reference&) const { return true; }

void YamlPage::referenceChanged() {
    shownKey_.clear();
    shownVersion_.clear();
}

void YamlPage::refresh() {
    if (!context_.link) return;
    editor_->setActions(context_.actions);
    const auto themeKey = context_.theme.panel.name() + context_.theme.text.name();
    if (std::exchange(themeKey_, themeKey) != themeKey) editor_->setTheme(context_.theme);
    const auto object = context_.link->get(reference_.kind, reference_.key);
    if (!object) return;
    const auto version = model::text(object->resourceVersion());
    const bool same = shownKey_ == reference_.key;
    if (same && (version == shownVersion_ || editor_->isModified() || !editor_->problems().isEmpty())) return;
    auto tree = object->tree();
    // What nobody reads, and apply refuses.
    if (auto* metadata = tree.if_contains("metadata"); metadata && metadata->is_object()) metadata->get_object().erase("managedFields");
    editor_->setText(model::text(api::toYaml(tree)));
    shownKey_ = reference_.key;
    shownVersion_ = version;
}

}  // namespace kubarium::view

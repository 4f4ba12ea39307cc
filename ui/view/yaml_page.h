// The object as YAML, to read and to edit. While it is edited, changes of the cluster do not overwrite the text.
#pragma once

#include "ui/view/inspector_page.h"

namespace kubarium::view {

class YamlEditor;

class YamlPage final : public InspectorPage {
    Q_OBJECT

public:
    YamlPage(InspectorContext& context, QWidget* parent);
    QString title() const override;
    bool suits(const model::Reference& reference) const override;
    void refresh() override;
    YamlEditor* editor() const { return editor_; }

protected:
    void referenceChanged() override;

private:
    YamlEditor* editor_;
    QString shownKey_, shownVersion_, themeKey_;
};

}  // namespace kubarium::view

#include "core/apiserver/selection.h"

namespace kubarium::apiserver {

namespace {

// Events are kept in the form of core/v1, whichever way they are asked for.
void renameEventFields(api::FieldSelector& fields) {
    constexpr std::string_view regarding = "regarding.";
    for (auto& requirement : fields.requirements) {
        if (requirement.field.starts_with(regarding)) requirement.field.replace(0, regarding.size(), "involvedObject.");
        if (requirement.field == "reportingController") requirement.field = "reportingComponent";
    }
}

}  // namespace

Result<Selection> Selection::parse(const api::Resource& resource, const std::string& labels, const std::string& fields) {
    Selection selection;
    selection.resource_ = resource.id;
    if (!labels.empty()) selection.labels_ = TRY(api::Selector::parse(labels));
    if (!fields.empty()) selection.fields_ = TRY(api::parseFieldSelector(resource.id, resource.kind.kind, fields));
    if (resource.id.group == "events.k8s.io") renameEventFields(selection.fields_);
    return selection;
}

bool Selection::empty() const { return labels_.matchesEverything() && fields_.empty(); }

bool Selection::matches(const api::Object& object) const {
    if (!labels_.matchesEverything() && !labels_.matches(object)) return false;
    return fields_.empty() || api::matches(fields_, resource_, object);
}

}  // namespace kubarium::apiserver

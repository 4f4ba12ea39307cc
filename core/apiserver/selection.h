// Which objects a list or a watch is about: labelSelector and fieldSelector together.
#pragma once

#include "core/api/field_selector.h"
#include "core/api/schema.h"
#include "core/api/selector.h"

#include <string>

namespace kubarium::apiserver {

class Selection {
public:
    static Result<Selection> parse(const api::Resource& resource, const std::string& labels, const std::string& fields);
    bool empty() const;
    bool matches(const api::Object& object) const;

private:
    api::GroupVersionResource resource_;
    api::Selector labels_;
    api::FieldSelector fields_;
    bool anyLabels_ = true;
};

}  // namespace kubarium::apiserver

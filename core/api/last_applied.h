// What `kubectl apply` without --server-side remembers of a manifest in an annotation, and what server-side apply by kubectl does with
// it: whoever changes over contests nothing that they set themselves before, and may change back.
#pragma once

#include "core/api/managed_fields.h"

namespace kubarium::api {

// What the annotation of `live` says and is so still. Empty without a readable annotation of this version.
FieldSet fieldsOfLastApplied(const Type&, const GroupVersionKind&, const json::object& live);

// Where `result` has the annotation, it becomes `applied`.
void renewLastApplied(const json::object& applied, json::object& result);

}  // namespace kubarium::api

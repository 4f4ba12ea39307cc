// The three client-side patches. Server-side apply is in managed_fields.h.
#pragma once

#include "core/api/object.h"
#include "core/api/schema.h"
#include "core/base/result.h"

namespace kubarium::api {

// RFC 6902, with the liberties of Kubernetes (replace of an absent key below an existing object adds it; at most 10000
// operations). Error: Invalid (422) if an operation cannot be applied, BadRequest if the patch is none.
Result<json::value> applyJsonPatch(json::value document, const json::value& patch);

// RFC 7386. A patch that is no object is refused with BadRequest.
Result<json::value> applyMergePatch(json::value document, const json::value& patch);

// Lists with a merge key are merged by it; directives $patch (merge, replace, delete), $deleteFromPrimitiveList,
// $setElementOrder, $retainKeys. The result is not normalised. `type`: of the document.
Result<json::value> applyStrategicMergePatch(const Type& type, json::value document, const json::value& patch);

}  // namespace kubarium::api

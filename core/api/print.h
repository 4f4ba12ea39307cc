// meta.k8s.io/v1 Tables: what `kubectl get` shows. Columns are data (resources/api/columns.json), cells are computed here.
#pragma once

#include "core/api/object.h"
#include "core/api/schema.h"
#include "core/base/clock.h"

#include <span>
#include <string>

namespace kubarium::api {

enum class IncludeObject { Metadata, None, Object };

// The Table without its list metadata: kind, apiVersion, metadata: {}, columnDefinitions, rows. `withColumns` false in the
// later events of a watch (columnDefinitions: null).
json::object makeTable(const Resource&, std::span<const ObjectPtr> objects, WallTime now, IncludeObject = IncludeObject::Metadata,
                       bool withColumns = true);

// "5s", "2m10s", "3h", "5d": k8s.io/apimachinery/pkg/util/duration.HumanDuration.
std::string humanDuration(Duration);
// kubectl's AGE of an RFC 3339 time; "<unknown>" if empty.
std::string translateTimestamp(std::string_view rfc3339, WallTime now);

}  // namespace kubarium::api

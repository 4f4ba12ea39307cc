// metav1.Status of a failed request as an Error.
#pragma once

#include "core/base/result.h"

#include <boost/json/object.hpp>

namespace kubarium::client {

// `code`: of the HTTP answer.
Error errorFromStatus(const boost::json::object& status, int code);

}  // namespace kubarium::client

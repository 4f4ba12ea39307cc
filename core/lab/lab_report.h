// What a session leaves behind: steps, time, hints used and the way taken, for a student (HTML), a teacher (CSV) and programs (JSON).
#pragma once

#include "core/lab/lab_session.h"

#include <string>

namespace kubarium::lab {

boost::json::object reportJson(const Lab& lab, const SessionState& state, const std::string& student);
// One line per step, with a header line when `header`.
std::string reportCsv(const Lab& lab, const SessionState& state, const std::string& student, bool header);
// A page of its own, without scripts or anything from elsewhere. `language` chooses the lab's texts.
std::string reportHtml(const Lab& lab, const SessionState& state, const std::string& student, const std::string& language);

}  // namespace kubarium::lab

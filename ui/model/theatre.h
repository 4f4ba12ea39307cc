// A SchedulingDecision as the theatre and the Why tab show it, whole or as far as the viewer has come: phase by phase, and within
// Filter and Score plugin by plugin. A decision is a pure function that is over when it can be read, so going back and forth in it
// only changes what is shown. Pure.
#pragma once

#include "ui/model/cluster_objects.h"
#include "ui/scene/stage_model.h"

namespace kubarium::model {

// `language` picks the explanations ("en", "zh_CN").
scene::TheatreState makeTheatre(const api::Object& decision, const QString& language);

// The plugins that judged in this phase, in the order in which they ran; empty for phases without any.
QStringList pluginsOf(const scene::TheatreState& whole, scene::TheatrePhase phase);

// How far one looks: everything up to `phase`; in it, the plugins up to `plugin` (-1: all of them).
struct TheatrePlace {
    scene::TheatrePhase phase = scene::TheatrePhase::Done;
    int plugin = -1;
    friend bool operator==(const TheatrePlace&, const TheatrePlace&) = default;
};
scene::TheatreState theatreAt(const scene::TheatreState& whole, const TheatrePlace& place);

// The place one plugin further, or back. At the end of what is known (whole.phase) nothing: what follows, the scheduler has yet to do.
std::optional<TheatrePlace> nextPlugin(const scene::TheatreState& whole, const TheatrePlace& place);
std::optional<TheatrePlace> previousPlugin(const scene::TheatreState& whole, const TheatrePlace& place);

// The text of a map by language (en, zh_CN) at a path; English where the language is missing.
QString inLanguage(const boost::json::value& value, std::initializer_list<std::string_view> path, const QString& language);

}  // namespace kubarium::model

// A walk over the object along its type. At each struct the constants of resources/api/defaults.json are filled in, then, where a
// default depends on other fields, the function of that type runs. Children come first for types whose function needs that.
#include "core/api/defaults.h"

#include "core/api/defaults_rules.h"
#include "core/api/schema.h"

#include <boost/json.hpp>

#include <unordered_map>

namespace kubarium::api {

namespace {

// What is to be done at a type, or below it. Types that lead to no rule are skipped whole.
struct Constant {
    std::string field;
    json::value value;
    bool insteadOfEmpty = false;  // a string that is no pointer: "" is the same as nothing
};

struct Rules {
    std::vector<Constant> constants;
    DefaultRule rule = nullptr;
    bool reaches = false;
};

const Type* nestedType(const Shape& shape) {
    const Shape* current = &shape;
    while (current->element) current = current->element;
    return current->kind == ValueKind::Struct ? current->type : nullptr;
}

class Table {
public:
    Table() {
        const auto& schema = Schema::builtin();
        const auto constants = json::parse(embeddedResource("defaults.json"));
        for (const auto* type : schema.types()) {
            auto& rules = rules_[type];
            if (const auto* fields = constants.as_object().if_contains(type->name))
                for (const auto& [name, value] : fields->as_object()) {
                    const auto* field = type->field(name);
                    rules.constants.push_back({std::string(name), value, value.is_string() && field && !field->pointer});
                }
            rules.rule = defaultRuleOf(type->name);
            rules.reaches = !rules.constants.empty() || rules.rule;
        }
        for (bool changed = true; changed;) {
            changed = false;
            for (auto& [type, rules] : rules_) {
                if (rules.reaches) continue;
                for (const auto& field : type->fields) {
                    const auto* nested = nestedType(field.shape);
                    if (nested && rules_.at(nested).reaches) rules.reaches = changed = true;
                }
            }
        }
    }
    const Rules* find(const Type* type) const {
        const auto it = rules_.find(type);
        return it != rules_.end() && it->second.reaches ? &it->second : nullptr;
    }

private:
    std::unordered_map<const Type*, Rules> rules_;
};

const Table& table() {
    static const Table instance;
    return instance;
}

void walk(const Type& type, json::object& object);

void walkValue(const Shape& shape, json::value& value) {
    if (shape.kind == ValueKind::Struct) {
        if (auto* object = value.if_object()) walk(*shape.type, *object);
    } else if (shape.kind == ValueKind::List) {
        if (auto* array = value.if_array())
            for (auto& element : *array) walkValue(*shape.element, element);
    } else if (shape.kind == ValueKind::Map) {
        if (auto* object = value.if_object())
            for (auto& member : *object) walkValue(*shape.element, member.value());
    }
}

void walk(const Type& type, json::object& object) {
    const auto* rules = table().find(&type);
    if (!rules) return;
    for (const auto& constant : rules->constants) {
        auto* present = object.if_contains(constant.field);
        if (!present) object.emplace(constant.field, constant.value);
        else if (present->is_null() || (constant.insteadOfEmpty && present->is_string() && present->get_string().empty())) *present = constant.value;
    }
    if (rules->rule) rules->rule(object);
    for (const auto& field : type.fields) {
        const auto* nested = nestedType(field.shape);
        if (!nested || !table().find(nested)) continue;
        if (auto* value = object.if_contains(field.name)) walkValue(field.shape, *value);
    }
}

}  // namespace

void applyDefaults(const GroupVersionKind& kind, json::object& object) {
    if (const auto* type = Schema::builtin().findType(kind)) walk(*type, object);
}

}  // namespace kubarium::api

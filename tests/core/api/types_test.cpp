// The small structs that components decode are read by hand-written declarations; the table is the truth.
#include "core/api/schema.h"
#include "core/api/types/config.h"
#include "core/api/types/node.h"
#include "core/api/types/pod.h"
#include "core/api/types/service.h"
#include "core/api/types/workloads.h"

#include <boost/describe.hpp>
#include <boost/mp11.hpp>
#include <gtest/gtest.h>

#include <set>

namespace kubarium::api {
namespace {

template <class T>
concept Described = boost::describe::has_describe_members<T>::value;

std::string jsonName(std::string_view member) {
    if (member == "nameSpace") return "namespace";
    if (member.ends_with('_')) member.remove_suffix(1);
    return std::string(member);
}

class TableCheck {
public:
    template <Described T>
    void structure(const Type& type) {
        if (!seen_.insert(type.name).second) return;
        boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_public>>([&](auto member) {
            const auto name = jsonName(member.name);
            const auto* field = type.field(name);
            // One Condition stands for the conditions of all kinds, whose fields differ.
            if (std::is_same_v<T, Condition> && !field) return;
            // Container also stands for EphemeralContainer, which has one field more.
            if (std::is_same_v<T, Container> && name == "targetContainerName") return;
            ASSERT_TRUE(field) << type.name << " has no field " << name;
            using Member = std::remove_cvref_t<decltype(std::declval<T>().*member.pointer)>;
            value(static_cast<const Member*>(nullptr), field->shape, type.name + "." + name);
        });
    }

private:
    static void kindIs(const Shape& shape, std::initializer_list<ValueKind> kinds, const std::string& path) {
        EXPECT_NE(std::ranges::find(kinds, shape.kind), kinds.end()) << path << " is declared as another kind of value";
    }
    void value(const std::string*, const Shape& shape, const std::string& path) {
        kindIs(shape, {ValueKind::String, ValueKind::Bytes, ValueKind::Time, ValueKind::MicroTime, ValueKind::Quantity}, path);
    }
    void value(const bool*, const Shape& shape, const std::string& path) { kindIs(shape, {ValueKind::Boolean}, path); }
    void value(const std::int32_t*, const Shape& shape, const std::string& path) { kindIs(shape, {ValueKind::Int32}, path); }
    void value(const std::int64_t*, const Shape& shape, const std::string& path) { kindIs(shape, {ValueKind::Int64, ValueKind::Int32}, path); }
    void value(const double*, const Shape& shape, const std::string& path) { kindIs(shape, {ValueKind::Double}, path); }
    void value(const json::value*, const Shape&, const std::string&) {}  // kept as it is
    template <class T>
    void value(const std::optional<T>*, const Shape& shape, const std::string& path) {
        value(static_cast<const T*>(nullptr), shape, path);
    }
    template <class T>
    void value(const std::vector<T>*, const Shape& shape, const std::string& path) {
        ASSERT_EQ(shape.kind, ValueKind::List) << path;
        value(static_cast<const T*>(nullptr), *shape.element, path + "[]");
    }
    template <class T>
    void value(const std::map<std::string, T>*, const Shape& shape, const std::string& path) {
        ASSERT_EQ(shape.kind, ValueKind::Map) << path;
        value(static_cast<const T*>(nullptr), *shape.element, path + "{}");
    }
    template <Described T>
    void value(const T*, const Shape& shape, const std::string& path) {
        ASSERT_EQ(shape.kind, ValueKind::Struct) << path;
        structure<T>(*shape.type);
    }

    std::set<std::string> seen_;
};

TEST(Types, everyFieldOfEveryStructStandsInTheTableWithTheSameType) {
    const auto& schema = Schema::builtin();
    TableCheck check;
    const auto kind = [&](const char* group, const char* version, const char* name) -> const Type& {
        const auto* type = schema.findType(GroupVersionKind{group, version, name});
        EXPECT_TRUE(type) << name;
        return *type;
    };
    check.structure<Pod>(kind("", "v1", "Pod"));
    check.structure<Node>(kind("", "v1", "Node"));
    check.structure<Service>(kind("", "v1", "Service"));
    check.structure<ConfigMap>(kind("", "v1", "ConfigMap"));
    check.structure<Secret>(kind("", "v1", "Secret"));
    check.structure<Namespace>(kind("", "v1", "Namespace"));
    check.structure<ServiceAccount>(kind("", "v1", "ServiceAccount"));
    check.structure<Event>(kind("", "v1", "Event"));
    check.structure<Lease>(kind("coordination.k8s.io", "v1", "Lease"));
    check.structure<PriorityClass>(kind("scheduling.k8s.io", "v1", "PriorityClass"));
    check.structure<EndpointSlice>(kind("discovery.k8s.io", "v1", "EndpointSlice"));
    check.structure<ReplicaSet>(kind("apps", "v1", "ReplicaSet"));
    check.structure<Deployment>(kind("apps", "v1", "Deployment"));
}

}  // namespace
}  // namespace kubarium::api

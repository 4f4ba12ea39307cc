// The request path through LocalClient in virtual time: what the components of a cluster rely on.
#include "core/apiserver/api_server.h"

#include "core/api/patch.h"
#include "core/simulation/simulated_loop.h"
#include "tests/support/memory_client.h"

#include <boost/algorithm/string/replace.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

namespace kubarium::apiserver {
namespace {

using client::WatchEventType;
using testing::parseObject;
namespace json = boost::json;

class ApiServerTest : public ::testing::Test {
protected:
    void SetUp() override {
        auto pki = pki::ClusterPki::ensure({}, loop.now());
        ASSERT_TRUE(pki.has_value());
        auto made = ApiServer::create(loop, loop, loop.random(), std::make_unique<store::MemoryStore>(loop, loop), *pki, {});
        ASSERT_TRUE(made.has_value()) << made.error().message;
        server = std::move(*made);
        client = server->localClient("test/1.0");
        ASSERT_TRUE(create(api::resources::serviceAccounts, "default", R"({"metadata":{"name":"default"}})").has_value());
    }

    template <class T, class Start>
    Result<T> await(Start start) {
        std::optional<Result<T>> result;
        start([&](Result<T> reply) { result = std::move(reply); });
        EXPECT_TRUE(loop.runUntil([&] { return result.has_value(); }));
        return result ? std::move(*result) : Result<T>(internalError("no reply"));
    }
    Result<api::ObjectPtr> create(const api::GroupVersionResource& resource, const std::string& nameSpace, std::string_view body, client::WriteOptions options = {},
                                  const std::string& name = {}, const std::string& subresource = {}) {
        return await<api::ObjectPtr>([&](auto reply) { client->create(resource, nameSpace, parseObject(body), options, std::move(reply), name, subresource); });
    }
    Result<api::ObjectPtr> get(const api::GroupVersionResource& resource, const std::string& nameSpace, const std::string& name) {
        return await<api::ObjectPtr>([&](auto reply) { client->get(resource, nameSpace, name, std::move(reply)); });
    }
    Result<client::ObjectList> list(const api::GroupVersionResource& resource, const std::string& nameSpace, client::ListOptions options = {}) {
        return await<client::ObjectList>([&](auto reply) { client->list(resource, nameSpace, options, std::move(reply)); });
    }
    Result<json::value> remove(const api::GroupVersionResource& resource, const std::string& nameSpace, const std::string& name, client::DeleteOptions options = {}) {
        return await<json::value>([&](auto reply) { client->remove(resource, nameSpace, name, options, std::move(reply)); });
    }
    Result<api::ObjectPtr> update(const api::GroupVersionResource& resource, json::object body, const std::string& subresource = {}) {
        const api::Object object(body);
        return await<api::ObjectPtr>([&](auto reply) {
            client->update(resource, std::string(object.nameSpace()), std::string(object.name()), std::move(body), {}, std::move(reply), subresource);
        });
    }

    static constexpr const char* podBody = R"({"metadata":{"name":"web","labels":{"app":"web"}},"spec":{"containers":[{"name":"c","image":"nginx"}]}})";

    SimulatedLoop loop;
    std::unique_ptr<ApiServer> server;
    std::unique_ptr<client::Client> client;
};

// What is remembered of the last Pod of a template gives the same as the whole way, which a dry run goes.
TEST_F(ApiServerTest, APodOfAKnownTemplateIsTheSameAsAnyOther) {
    const auto drawn = [](api::ObjectPtr pod) {
        auto text = json::serialize(pod->tree());
        if (const auto at = text.find("kube-api-access-"); at != std::string::npos) boost::algorithm::replace_all(text, text.substr(at, 21), "TOKEN");
        auto tree = parseObject(text);
        for (const auto* field : {"uid", "resourceVersion"}) tree["metadata"].as_object().erase(field);
        return tree;
    };
    api::ObjectPtr last;
    // Whether its members stand in the order of the first Pod, whose name is in front: then it was made from that.
    const auto check = [&](std::string_view body, client::WriteOptions options = {}) {
        auto dry = options;
        dry.dryRun = true;
        const auto expected = create(api::resources::pods, "default", body, dry), created = create(api::resources::pods, "default", body, options);
        EXPECT_EQ(expected.has_value(), created.has_value()) << body;
        if (!expected || !created) {
            EXPECT_EQ(expected.error().message, created.error().message);
            return false;
        }
        EXPECT_EQ(drawn(*expected), drawn(*created)) << body;
        EXPECT_EQ(drawn(*get(api::resources::pods, "default", std::string((*created)->name()))), drawn(*created));
        last = *created;
        const auto& metadata = last->find({"metadata"})->get_object();
        return metadata.find("name") < metadata.find("labels");
    };
    const auto pod = [](std::string_view name, std::string_view more = "{}") {
        auto patched = api::applyMergePatch(parseObject(podBody), parseObject(more));
        auto& metadata = patched->as_object()["metadata"].as_object();
        metadata.erase("name");
        metadata["name"] = name;
        return json::serialize(*patched);
    };
    EXPECT_TRUE(check(podBody));
    EXPECT_TRUE(check(pod("second")));
    EXPECT_TRUE(check(pod("third")));
    EXPECT_FALSE(check(pod("third")));     // is there already
    EXPECT_FALSE(check(pod("Not_Valid")));
    EXPECT_FALSE(check(pod("")));
    EXPECT_TRUE(check(pod("fourth")));
    // Others.
    EXPECT_FALSE(check(pod("labelled", R"({"metadata":{"labels":{"app":"db"}}})")));
    EXPECT_FALSE(check(pod("image", R"({"spec":{"containers":[{"name":"c","image":"busybox"}]}})")));
    EXPECT_FALSE(check(pod("bare", R"({"spec":{"automountServiceAccountToken":false}})")));
    client::WriteOptions manager;
    manager.fieldManager = "somebody";
    EXPECT_FALSE(check(pod("managed"), manager));
    // What admission has read has changed.
    for (int i = 0; i < 3; ++i) check(pod(fmt::format("again-{}", i)));
    ASSERT_TRUE(create({"scheduling.k8s.io", "v1", "priorityclasses"}, "", R"({"metadata":{"name":"usual"},"value":7,"globalDefault":true})").has_value());
    check(pod("usual"));
    EXPECT_EQ(last->find({"spec", "priority"})->to_number<int>(), 7);
    for (int i = 0; i < 3; ++i) check(pod(fmt::format("more-{}", i)));
    auto account = (*get(api::resources::serviceAccounts, "default", "default"))->tree();
    account["automountServiceAccountToken"] = false;
    ASSERT_TRUE(update(api::resources::serviceAccounts, account).has_value());
    check(pod("tokenless"));
    EXPECT_EQ(last->find({"spec", "volumes"}), nullptr);
    // The time goes on.
    for (int i = 0; i < 5; ++i) {
        loop.advance(std::chrono::milliseconds{700});
        check(pod(fmt::format("timed-{}", i)));
    }
    // Names that the server draws.
    std::set<std::string> names;
    for (int i = 0; i < 20; ++i) {
        const auto created = create(api::resources::pods, "default", R"({"metadata":{"generateName":"web-"},"spec":{"containers":[{"name":"c","image":"nginx"}]}})");
        ASSERT_TRUE(created.has_value());
        EXPECT_TRUE((*created)->name().starts_with("web-"));
        EXPECT_TRUE(names.emplace((*created)->name()).second && names.emplace((*created)->uid()).second);
    }
    // Nothing is created where the Namespace is on its way out.
    ASSERT_TRUE(create(api::resources::namespaces, "", R"({"metadata":{"name":"leaving","finalizers":["example.com/hold"]}})").has_value());
    ASSERT_TRUE(create(api::resources::serviceAccounts, "leaving", R"({"metadata":{"name":"default"}})").has_value());
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(create(api::resources::pods, "leaving", pod(fmt::format("there-{}", i))).has_value());
    ASSERT_TRUE(remove(api::resources::namespaces, "", "leaving").has_value());
    EXPECT_EQ(create(api::resources::pods, "leaving", pod("late")).error().reason, Reason::Forbidden);
}

TEST_F(ApiServerTest, AClusterBeginsWithItsNamespacesServiceAndPriorityClasses) {
    for (const auto* name : {"default", "kube-system", "kube-public", "kube-node-lease"}) EXPECT_TRUE(get(api::resources::namespaces, "", name).has_value()) << name;
    const auto service = get(api::resources::services, "default", "kubernetes");
    ASSERT_TRUE(service.has_value());
    EXPECT_EQ((*service)->string({"spec", "clusterIP"}), "10.96.0.1");
    const auto critical = get(api::resources::priorityClasses, "", "system-node-critical");
    ASSERT_TRUE(critical.has_value());
    EXPECT_EQ((*critical)->find({"value"})->to_number<std::int64_t>(), 2000001000);
}

TEST_F(ApiServerTest, TheServiceKubernetesComesBackWhenItIsDeleted) {
    ASSERT_TRUE(remove(api::resources::services, "default", "kubernetes").has_value());
    EXPECT_FALSE(get(api::resources::services, "default", "kubernetes").has_value());
    loop.advance(std::chrono::seconds(11));
    const auto service = get(api::resources::services, "default", "kubernetes");
    ASSERT_TRUE(service.has_value());
    EXPECT_EQ((*service)->string({"spec", "clusterIP"}), "10.96.0.1");
}

TEST_F(ApiServerTest, APodIsCreatedWithDefaultsIdentityAndAdmission) {
    const auto pod = create(api::resources::pods, "default", podBody);
    ASSERT_TRUE(pod.has_value()) << pod.error().message;
    EXPECT_FALSE((*pod)->uid().empty());
    EXPECT_EQ((*pod)->apiVersion(), "v1");
    EXPECT_EQ((*pod)->kind(), "Pod");
    EXPECT_EQ((*pod)->string({"status", "phase"}), "Pending");
    EXPECT_EQ((*pod)->string({"spec", "serviceAccountName"}), "default");
    EXPECT_EQ((*pod)->string({"spec", "restartPolicy"}), "Always");
    EXPECT_EQ((*pod)->find({"spec", "priority"})->to_number<int>(), 0);
    EXPECT_EQ((*pod)->find({"spec", "tolerations"})->as_array().size(), 2u);
    EXPECT_EQ((*pod)->find({"spec", "volumes"})->as_array().size(), 1u);
}

TEST_F(ApiServerTest, ErrorsCarryTheReasonsOfTheApi) {
    ASSERT_TRUE(create(api::resources::pods, "default", podBody).has_value());
    EXPECT_EQ(create(api::resources::pods, "default", podBody).error().reason, Reason::AlreadyExists);
    EXPECT_EQ(create(api::resources::pods, "nowhere", podBody).error().reason, Reason::NotFound);
    EXPECT_EQ(create(api::resources::pods, "default", R"({"metadata":{"name":"x"},"spec":{"containers":[]}})").error().reason, Reason::Invalid);
    EXPECT_EQ(get(api::resources::pods, "default", "absent").error().message, "pods \"absent\" not found");
    EXPECT_EQ(get({"apps", "v1", "nonsense"}, "default", "x").error().reason, Reason::NotFound);
    EXPECT_EQ(remove(api::resources::namespaces, "", "default").error().reason, Reason::Forbidden);
}

TEST_F(ApiServerTest, AnUpdateOfAnOldRevisionIsAConflictAndOneThatChangesNothingKeepsTheRevision) {
    const auto first = create(api::resources::configMaps, "default", R"({"metadata":{"name":"c"},"data":{"a":"1"}})");
    ASSERT_TRUE(first.has_value());
    auto changed = (*first)->tree();
    changed["data"] = json::object{{"a", "2"}};
    const auto second = update(api::resources::configMaps, changed);
    ASSERT_TRUE(second.has_value()) << second.error().message;
    EXPECT_GT((*second)->revision(), (*first)->revision());
    EXPECT_EQ(update(api::resources::configMaps, changed).error().reason, Reason::Conflict);
    const auto same = update(api::resources::configMaps, (*second)->tree());
    ASSERT_TRUE(same.has_value());
    EXPECT_EQ((*same)->revision(), (*second)->revision());
}

TEST_F(ApiServerTest, AWatchFromAListMissesNothingAndSeesSelectorsCross) {
    ASSERT_TRUE(create(api::resources::pods, "default", podBody).has_value());
    const auto listed = list(api::resources::pods, "");
    ASSERT_TRUE(listed.has_value());
    EXPECT_EQ(listed->items.size(), 1u);
    std::vector<WatchEventType> events;
    client::WatchOptions options;
    options.resourceVersion = listed->resourceVersion;
    options.labelSelector = "app=web";
    const auto watch = client->watch(api::resources::pods, "", options, [&](client::WatchEvent event) { events.push_back(event.type); });
    auto relabelled = listed->items[0]->tree();
    relabelled["metadata"].as_object()["labels"] = json::object{{"app", "other"}};
    ASSERT_TRUE(update(api::resources::pods, relabelled).has_value());
    ASSERT_TRUE(loop.runUntil([&] { return events.size() >= 1; }));
    auto back = (*get(api::resources::pods, "default", "web"))->tree();
    back["metadata"].as_object()["labels"] = json::object{{"app", "web"}};
    ASSERT_TRUE(update(api::resources::pods, back).has_value());
    ASSERT_TRUE(loop.runUntil([&] { return events.size() >= 2; }));
    EXPECT_EQ(events, (std::vector{WatchEventType::Deleted, WatchEventType::Added}));
}

TEST_F(ApiServerTest, PagesOfAListShowOneMoment) {
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(create(api::resources::configMaps, "default", fmt::format(R"({{"metadata":{{"name":"c{}"}}}})", i)).has_value());
    client::ListOptions options;
    options.limit = 2;
    auto page = list(api::resources::configMaps, "default", options);
    ASSERT_TRUE(page.has_value());
    std::vector<std::string> names;
    const auto revision = page->resourceVersion;
    ASSERT_TRUE(remove(api::resources::configMaps, "default", "c4").has_value());
    for (;;) {
        EXPECT_EQ(page->resourceVersion, revision);
        for (const auto& item : page->items) names.emplace_back(item->name());
        if (page->continueToken.empty()) break;
        options.continueToken = page->continueToken;
        page = list(api::resources::configMaps, "default", options);
        ASSERT_TRUE(page.has_value()) << page.error().message;
    }
    EXPECT_EQ(names, (std::vector<std::string>{"c0", "c1", "c2", "c3", "c4"}));
}

TEST_F(ApiServerTest, APageOfAForgottenMomentIsGoneAndTheRestCanBeHadAsItIsNow) {
    for (int i = 0; i < 6; ++i) ASSERT_TRUE(create(api::resources::configMaps, "default", fmt::format(R"({{"metadata":{{"name":"c{}"}}}})", i)).has_value());
    client::ListOptions options;
    options.limit = 2;
    const auto first = list(api::resources::configMaps, "default", options);
    ASSERT_TRUE(first.has_value());
    ASSERT_FALSE(first->continueToken.empty());
    ASSERT_TRUE(create(api::resources::configMaps, "default", R"({"metadata":{"name":"c9"}})").has_value());
    server->store().compact(server->store().revision());
    options.continueToken = first->continueToken;
    const auto gone = list(api::resources::configMaps, "default", options);
    ASSERT_FALSE(gone.has_value());
    EXPECT_EQ(gone.error().reason, Reason::Expired);
    EXPECT_EQ(gone.error().status(), 410);
}

TEST_F(ApiServerTest, ABoundPodIsDeletedGracefullyAndAnUnboundOneAtOnce) {
    ASSERT_TRUE(create(api::resources::pods, "default", podBody).has_value());
    ASSERT_TRUE(create(api::resources::pods, "default", R"({"metadata":{"name":"web"},"target":{"kind":"Node","name":"a"}})", {}, "web", "binding").has_value());
    EXPECT_EQ(create(api::resources::pods, "default", R"({"metadata":{"name":"web"},"target":{"kind":"Node","name":"b"}})", {}, "web", "binding").error().reason, Reason::Conflict);
    ASSERT_TRUE(remove(api::resources::pods, "default", "web").has_value());
    const auto going = get(api::resources::pods, "default", "web");
    ASSERT_TRUE(going.has_value());
    EXPECT_TRUE((*going)->deleting());
    EXPECT_EQ((*going)->find({"metadata", "deletionGracePeriodSeconds"})->to_number<int>(), 30);
    client::DeleteOptions now;
    now.gracePeriodSeconds = 0;
    ASSERT_TRUE(remove(api::resources::pods, "default", "web", now).has_value());
    EXPECT_EQ(get(api::resources::pods, "default", "web").error().reason, Reason::NotFound);
}

TEST_F(ApiServerTest, FinalizersHoldAnObjectUntilTheLastIsGone) {
    ASSERT_TRUE(create(api::resources::configMaps, "default", R"({"metadata":{"name":"c","finalizers":["example.com/a"]}})").has_value());
    ASSERT_TRUE(remove(api::resources::configMaps, "default", "c").has_value());
    auto held = get(api::resources::configMaps, "default", "c");
    ASSERT_TRUE(held.has_value());
    EXPECT_TRUE((*held)->deleting());
    auto tree = (*held)->tree();
    tree["metadata"].as_object().erase("finalizers");
    ASSERT_TRUE(update(api::resources::configMaps, tree).has_value());
    EXPECT_EQ(get(api::resources::configMaps, "default", "c").error().reason, Reason::NotFound);
}

TEST_F(ApiServerTest, ServicesGetAddressesAndNodePortsOfTheirOwn) {
    const auto body = R"({"metadata":{"generateName":"s-"},"spec":{"type":"NodePort","selector":{"a":"b"},"ports":[{"port":80}]}})";
    const auto a = create(api::resources::services, "default", body);
    const auto b = create(api::resources::services, "default", body);
    ASSERT_TRUE(a && b) << a.error().message;
    EXPECT_NE((*a)->string({"spec", "clusterIP"}), (*b)->string({"spec", "clusterIP"}));
    const auto portOf = [](const api::ObjectPtr& service) { return service->find({"spec", "ports"})->as_array()[0].at("nodePort").to_number<int>(); };
    EXPECT_NE(portOf(*a), portOf(*b));
    EXPECT_GE(portOf(*a), 30000);
    EXPECT_LE(portOf(*a), 32767);
}

TEST_F(ApiServerTest, DryRunChangesNothing) {
    client::WriteOptions dry;
    dry.dryRun = true;
    EXPECT_TRUE(create(api::resources::configMaps, "default", R"({"metadata":{"name":"c"}})", dry).has_value());
    EXPECT_EQ(get(api::resources::configMaps, "default", "c").error().reason, Reason::NotFound);
}

TEST_F(ApiServerTest, AReviewIsAnsweredAndNotStored) {
    const api::GroupVersionResource reviews{"kubarium.dev", "v1alpha1", "schedulingreviews"};
    // A refusal comes at once, an answer later.
    server->addReviewer(reviews, [this](json::object review, ReviewReply reply) {
        if (api::stringAt(review, {"spec", "targetNode"}).empty()) return reply(badRequest("which Node?"));
        review["status"] = json::object{{"placed", 1}};
        loop.post([review = std::move(review), reply = std::move(reply)]() mutable { reply(std::move(review)); });
    });
    const auto answered = create(reviews, "", R"({"spec":{"targetNode":"a"}})");
    ASSERT_TRUE(answered.has_value()) << answered.error().message;
    EXPECT_EQ((*answered)->find({"status", "placed"})->to_number<int>(), 1);
    EXPECT_EQ(create(reviews, "", R"({"spec":{}})").error().message, "which Node?");
    EXPECT_EQ(list(reviews, "").error().reason, Reason::MethodNotAllowed);
}

TEST_F(ApiServerTest, AProvidedResourceIsListedAndReadOnly) {
    class Provider final : public ResourceProvider {
    public:
        const api::GroupVersionResource& resource() const override { return api::resources::schedulingDecisions; }
        void get(const std::string&, const std::string& name, std::move_only_function<void(api::ObjectPtr)> reply) override { reply(name == "d" ? object : nullptr); }
        ProvidedList list(const std::string&) override { return {{object}, 7}; }
        std::unique_ptr<client::Watch> watch(const std::string&, std::uint64_t, std::function<void(client::WatchEvent)>) override { return std::make_unique<client::Watch>(); }
        api::ObjectPtr object = api::Object::make(parseObject(R"({"apiVersion":"kubarium.dev/v1alpha1","kind":"SchedulingDecision","metadata":{"name":"d","namespace":"default"}})"));
    };
    server->addResourceProvider(std::make_shared<Provider>());
    const auto listed = list(api::resources::schedulingDecisions, "");
    ASSERT_TRUE(listed.has_value()) << listed.error().message;
    EXPECT_EQ(listed->items.size(), 1u);
    EXPECT_EQ(listed->resourceVersion, "7");
    EXPECT_TRUE(get(api::resources::schedulingDecisions, "default", "d").has_value());
    EXPECT_EQ(get(api::resources::schedulingDecisions, "default", "x").error().reason, Reason::NotFound);
    EXPECT_EQ(remove(api::resources::schedulingDecisions, "default", "d").error().reason, Reason::MethodNotAllowed);
}

TEST_F(ApiServerTest, ServerSideApplyCreatesMergesAndReportsConflicts) {
    const auto apply = [&](const char* manager, std::string_view body, bool force) {
        client::WriteOptions options;
        options.fieldManager = manager;
        options.force = force;
        return await<api::ObjectPtr>([&](auto reply) {
            client->patch(api::resources::configMaps, "default", "c", client::PatchType::Apply, json::value(parseObject(body)), options, std::move(reply));
        });
    };
    constexpr const char* one = R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"},"data":{"a":"1"}})";
    constexpr const char* two = R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"},"data":{"a":"2"}})";
    ASSERT_TRUE(apply("first", one, false).has_value());
    EXPECT_EQ(apply("second", two, false).error().reason, Reason::Conflict);
    const auto forced = apply("second", two, true);
    ASSERT_TRUE(forced.has_value());
    EXPECT_EQ((*forced)->string({"data", "a"}), "2");
}

}  // namespace
}  // namespace kubarium::apiserver
